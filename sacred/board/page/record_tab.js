// @ts-check
// The record as its store has it.
import { get, runPath } from "./api.js";
import { button, el, fill } from "./dom.js";
import { copy } from "./notices.js";

/** @param {HTMLElement} root @param {any} run */
export function recordTab(root, run) {
  const place = el("div.pad");
  root.append(place);
  const abort = new AbortController();
  get(`${runPath(run.store, run.key)}/record`, {}, abort.signal).then((record) => {
    const text = JSON.stringify(record, null, 2);
    fill(place, el("div.copyable", {}, el("pre.code", {}, text), button("Copy", () => copy(text), { text: true })));
  }, (error) => { if (!abort.signal.aborted) fill(place, el("span.dim", {}, error.message)); });
  return { close: () => abort.abort() };
}
