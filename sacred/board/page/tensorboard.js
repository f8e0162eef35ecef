// @ts-check
// The log directories that a run has recorded, and TensorBoard over them, started on a click.
import { get, runPath, send } from "./api.js";
import { button, el, fill, isReadOnly } from "./dom.js";
import { copy } from "./notices.js";

/** @typedef {{directories: {path: string, exists: boolean}[], command: string, installed: boolean, allowed: boolean, address: string | null}} LogDirectories */

/** A section for a run that has recorded log directories; null: it has none. @param {any} run */
export function tensorboardSection(run) {
  if (!run.info?.tensorflow?.logdirs?.length) return null;
  const place = el("section", { "aria-label": "TensorBoard" });
  const path = `${runPath(run.store, run.key)}/tensorboard`;
  get(path).then((found) => draw(place, path, found), (error) => fill(place, el("h3", {}, "TensorBoard"), el("div.dim", {}, error.message)));
  return place;
}

/** @param {HTMLElement} place @param {string} path @param {LogDirectories} found */
function draw(place, path, found) {
  const isThere = found.directories.some(({ exists }) => exists);
  const said = el("div.dim", { role: "status" });
  const start = button("Start TensorBoard", async () => {
    /** @type {HTMLButtonElement} */ (start).disabled = true;
    said.textContent = "It starts …";
    try {
      const { address } = await send("POST", path, {});
      draw(place, path, { ...found, address });
    } catch (error) {
      /** @type {HTMLButtonElement} */ (start).disabled = false;
      said.textContent = /** @type {Error} */ (error).message;
    }
  }, { text: true });
  const canStart = found.allowed && found.installed && isThere && !isReadOnly();
  const hint = !isThere ? "None of these directories is on the machine of the board." : !found.installed && found.allowed ? "To start it with a click: pip install tensorboard" : "";
  fill(place, el("h3", {}, "TensorBoard"),
    el("ul.directories", {}, ...found.directories.map(({ path: name, exists }) => el("li.mono", { class: exists ? "" : "dim" }, name, exists ? "" : "  (not here)"))),
    el("div.copyable", {}, el("pre.code", {}, found.command), button("Copy", () => copy(found.command), { text: true })),
    found.address ? el("div", {}, "It runs at ", el("a", { href: found.address, target: "_blank", rel: "noopener noreferrer" }, found.address), " until the board ends.") : canStart ? start : null,
    hint && !found.address ? el("div.dim", {}, hint) : null, said);
}
