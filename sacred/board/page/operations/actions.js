// @ts-check
// What is done with queued runs and sweeps, with one message, and undone where that makes sense.
import { Problem, send } from "../api.js";
import { button, el } from "../dom.js";
import { notify } from "../notices.js";

/** @typedef {{store: string, key: string}} RunName */

/** What undoes it. @type {Record<string, string>} */
const UNDO = { hold: "release", release: "hold", cancel: "requeue" };

/**
 * Do something with runs, and say so.
 * @param {string} action @param {RunName[]} runs @param {() => void} after @param {Record<string, any>} [more] @param {boolean} [isUndo]
 */
export async function act(action, runs, after, more = {}, isUndo = false) {
  try {
    const found = await send("POST", "queue", { action, runs: runs.map(({ store, key }) => ({ store, key })), ...more });
    const count = found.changed.length;
    const text = count ? `${named(found.changed)} ${found.done}` : `Not done: ${named(found.unchanged)} ${found.unchanged.length > 1 ? "are" : "is"} ${found.unchanged[0].state ?? "not queued"}`;
    const undo = !isUndo && count && UNDO[action] && !more.force ? { label: "Undo", act: () => void act(UNDO[action], found.changed, after, {}, true) } : undefined;
    notify(text, undo);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    notify(error.message);
  }
  after();
}

/** @param {{store: string, name: string}} sweep @param {string} action @param {() => void} after */
export async function actOnSweep(sweep, action, after) {
  try {
    const { changed } = await send("POST", `sweeps/${encodeURIComponent(sweep.store)}/${encodeURIComponent(sweep.name)}`, { action });
    notify(`${changed ? `${changed} run${changed > 1 ? "s" : ""}` : "No run"} of ${sweep.name} ${{ pause: "held back", resume: "let wait again", retry: "queued again" }[action]}`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    notify(error.message);
  }
  after();
}

/** @param {RunName[]} runs */
function named(runs) {
  return runs.length === 1 ? `Run ${runs[0].key}` : `${runs.length} runs`;
}

/** Ask before something that cannot be undone. @param {string} title @param {string} text @param {string} label @param {() => void} then */
export function confirmed(title, text, label, then) {
  const dialog = /** @type {HTMLDialogElement} */ (el("dialog", { "aria-label": title, onclose: () => dialog.remove() },
    el("h2", {}, title), el("p", {}, text),
    el("div.bar", {}, el("span.grow"), button("Leave it", () => dialog.close(), { text: true }),
      button(label, () => { dialog.close(); then(); }, { text: true, main: true }))));
  document.body.append(dialog);
  dialog.showModal();
}
