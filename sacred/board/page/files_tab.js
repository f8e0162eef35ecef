// @ts-check
// Artifacts and resources, with a preview that runs nothing of them.
import { address, runPath } from "./api.js";
import { el, fill, icon } from "./dom.js";
import { preview } from "./preview.js";
import { showEmpty } from "./notices.js";
import { change, state } from "./state.js";

/** @typedef {{name: string, content_type: string, md5: string | null, metadata: any}} StoredFile */

/** @param {any} run @param {string} kind @param {string} name @param {boolean} show */
export function fileAddress(run, kind, name, show) {
  return address(`${runPath(run.store, run.key)}/files`, { kind, name, show: show || null });
}

/** The artifacts that are not shown as media. @param {any} run @returns {StoredFile[]} */
export function otherArtifacts(run) {
  const media = new Set(run.media.flatMap((/** @type {any} */ series) => series.artifacts));
  return run.artifacts.filter((/** @type {StoredFile} */ file) => !media.has(file.name));
}

/** @param {HTMLElement} root @param {any} whole the run */
export function filesTab(root, whole) {
  const run = { ...whole, artifacts: otherArtifacts(whole) };
  if (!run.artifacts.length && !run.resources.length) {
    showEmpty(root, "No files", "Files that a run makes or opens are kept with it:", { code: '_run.add_artifact("model.pt")\n_run.open_resource("data.csv")' });
    return {};
  }
  const names = el("div.names");
  const place = el("div.preview");
  root.append(el("div.files", {}, names, place));
  let abort = new AbortController();

  function draw() {
    fill(names, ...group("artifacts", "Artifacts"), ...group("resources", "Resources"));
  }

  /** @param {"artifacts" | "resources"} kind @param {string} title */
  function group(kind, title) {
    if (!run[kind].length) return [];
    return [el("div.heading", {}, title), ...run[kind].map((/** @type {StoredFile} */ file) => {
      const item = `${kind}/${file.name}`;
      return el("button", { type: "button", title: file.name, "aria-current": String(state().item === item), onclick: () => { change({ item }, { replace: true }); show(kind, file); } },
        icon("file"), el("span", {}, file.name.split(/[/\\]/).at(-1) || file.name));
    })];
  }

  /** @param {string} kind @param {StoredFile} file */
  function show(kind, file) {
    abort.abort();
    abort = new AbortController();
    draw();
    preview(place, file, fileAddress(run, kind, file.name, true), fileAddress(run, kind, file.name, false), abort.signal);
  }

  const [kind, ...rest] = state().item.split("/");
  const asked = run[kind]?.find?.((/** @type {StoredFile} */ file) => file.name === rest.join("/"));
  draw();
  if (asked) show(kind, asked);
  else if (run.artifacts.length) { change({ item: `artifacts/${run.artifacts[0].name}` }, { replace: true }); show("artifacts", run.artifacts[0]); }
  return { close: () => abort.abort() };
}
