// @ts-check
// Any JSON value as a tree; large parts are made when they are opened.
import { el } from "./dom.js";
import { copy } from "./notices.js";

const OPEN_DEPTH = 2;
const MOST = 200;

/**
 * @param {any} value
 * @param {string} path of the value, as queries write it
 * @param {(path: string, value: any) => HTMLElement | null} [action] something to do with a leaf
 */
export function valueTree(value, path, action = () => null) {
  const root = el("div.tree");
  root.append(...children(value, path, 0, action));
  return root;
}

/** @param {any} value @param {string} path @param {number} depth @param {(path: string, value: any) => HTMLElement | null} action @returns {HTMLElement[]} */
function children(value, path, depth, action) {
  const entries = Array.isArray(value) ? value.map((item, n) => /** @type {[string, any]} */ ([String(n), item])) : Object.entries(value ?? {});
  const shown = entries.slice(0, MOST).map(([key, item]) => node(key, item, joined(path, key), depth, action));
  if (entries.length > MOST) shown.push(el("div.leaf.dim", {}, `and ${entries.length - MOST} more; the tab Record has all`));
  return shown;
}

/** @param {string} path @param {string} key */
function joined(path, key) {
  return `${path}.${/^(?:[\p{L}_][\p{L}\p{N}_/-]*|\d+)$/u.test(key) ? key : JSON.stringify(key)}`;
}

/** @param {string} key @param {any} value @param {string} path @param {number} depth @param {(path: string, value: any) => HTMLElement | null} action @returns {HTMLElement} */
function node(key, value, path, depth, action) {
  const isTree = value !== null && typeof value === "object";
  if (!isTree || isShort(value)) {
    return el("div.leaf", { "data-path": path }, el("span.key", {}, key), leaf(value), action(path, value),
      el("button", { type: "button", title: `Copy ${path}`, onclick: () => copy(typeof value === "string" ? value : JSON.stringify(value)) }, "copy"));
  }
  const size = Array.isArray(value) ? `[${value.length}]` : `{${Object.keys(value).length}}`;
  const inner = el("div.children");
  const details = /** @type {HTMLDetailsElement} */ (el("details", {}, el("summary", {}, key, " ", el("span.dim", {}, size)), inner));
  const make = () => { if (!inner.childElementCount) inner.append(...children(value, path, depth + 1, action)); };
  if (depth < OPEN_DEPTH && Object.keys(value).length <= 40) { details.open = true; make(); }
  details.addEventListener("toggle", () => { if (details.open) make(); });
  return details;
}

/** Whether a list fits into a line. @param {any} value */
function isShort(value) {
  const items = Object.values(value);
  return items.length === 0 || (Array.isArray(value) && items.every((item) => item === null || typeof item !== "object") && JSON.stringify(value).length < 80);
}

/** @param {any} value */
function leaf(value) {
  const kind = typeof value === "string" ? "text" : typeof value === "number" ? "num" : value === null || typeof value === "boolean" ? "const" : "";
  return el("span.value", { class: kind }, typeof value === "string" ? value : JSON.stringify(value));
}
