// @ts-check
// Everything by the keyboard; `?` lists the keys.
import { button, el } from "./dom.js";

/** @typedef {{keys: string[], about: string, act: () => void}} Shortcut */

/** @param {Shortcut[]} shortcuts */
export function listenToKeys(shortcuts) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || document.querySelector("dialog[open]")) return;
    const found = shortcuts.find(({ keys }) => keys.includes(event.key));
    if (!found) return;
    event.preventDefault();
    found.act();
  });
}

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.matches("textarea, select") || target.isContentEditable) return true;
  if (target.matches("input:not([type=checkbox]):not([type=range])")) return true;
  // Buttons are pressed with these, and tabs changed.
  return (event.key === "Enter" && target.matches("button, a, summary")) || (event.key.startsWith("Arrow") && target.matches("[role=tab], input"));
}

/** @param {Shortcut[]} shortcuts */
export function showKeys(shortcuts) {
  const rows = shortcuts.map(({ keys, about }) => el("tr", {}, el("td", {}, ...keys.flatMap((key, n) => [n ? " " : null, el("kbd", {}, label(key))])), el("td", {}, about)));
  const dialog = /** @type {HTMLDialogElement} */ (el("dialog", { "aria-label": "Keys", onclose: () => dialog.remove() }, el("h2", {}, "Keys"), el("table", {}, ...rows),
    el("p.dim", {}, "Click a heading to sort, with Shift by several. Drag in a chart to look closer, double-click to see all; in a chart that has the focus: + − 0, arrows, Shift with arrows."),
    button("Close", () => dialog.close(), { text: true })));
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {string} key */
function label(key) {
  return /** @type {Record<string, string>} */ ({ ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" })[key] ?? key;
}
