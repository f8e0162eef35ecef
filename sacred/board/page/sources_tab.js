// @ts-check
// The sources of a run as they were.
import { beginning } from "./api.js";
import { el, fill, icon } from "./dom.js";
import { fileAddress } from "./files_tab.js";
import { highlighted } from "./highlight.js";
import { showEmpty } from "./notices.js";
import { change, state } from "./state.js";
import { fileUrl } from "./transport.js";

const MOST = 1 << 20;

/** @param {HTMLElement} root @param {any} run */
export function sourcesTab(root, run) {
  if (!run.sources.length) {
    showEmpty(root, "No sources", "The files that an experiment is made of are stored unless it says otherwise:", { code: 'ex.add_source_file("helpers.py")' });
    return {};
  }
  const names = el("div.names");
  const place = el("div.preview");
  root.append(el("div.files", {}, names, place));
  const abort = new AbortController();

  /** @param {string} name */
  async function show(name) {
    const saved = fileAddress(run, "sources", name, false);
    fill(names, el("div.heading", {}, "Sources"), ...run.sources.map((/** @type {any} */ file) => el("button", { type: "button", title: file.name, "aria-current": String(file.name === name), onclick: () => { change({ item: file.name }, { replace: true }); show(file.name); } }, icon("file"), el("span", {}, file.name))));
    try {
      const { bytes } = await beginning(saved, MOST, abort.signal);
      fill(place, el("div.cards", {}, el("strong", {}, name), el("a", { href: fileUrl(saved), download: "" }, icon("save"), " Save")), highlighted(new TextDecoder().decode(bytes), name));
    } catch (error) {
      if (!abort.signal.aborted) fill(place, el("span.dim", {}, /** @type {Error} */ (error).message));
    }
  }

  const asked = run.sources.find((/** @type {any} */ file) => file.name === state().item) ?? run.sources[0];
  show(asked.name);
  return { close: () => abort.abort() };
}
