// @ts-check
// Output with the colours that terminals know; all other sequences are left out.
import { el } from "./dom.js";

const SEQUENCE = /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g;
const STYLES = /** @type {Record<number, string>} */ ({ 1: "a-bold", 2: "a-dim", 3: "a-italic", 4: "a-under" });

/** @typedef {Set<string>} Style classes */

/** @param {Style} style @param {string} codes @returns {Style} */
function after(style, codes) {
  const next = new Set(style);
  const numbers = codes === "" ? [0] : codes.split(/[;:]/).map(Number);
  for (let n = 0; n < numbers.length; n += 1) {
    const code = numbers[n];
    if (code === 0) next.clear();
    else if (code in STYLES) next.add(STYLES[code]);
    else if (code === 22) { next.delete("a-bold"); next.delete("a-dim"); }
    else if (code === 38 || code === 48) n += numbers[n + 1] === 5 ? 2 : 4; // more colours than are told apart here
    else if ((code >= 30 && code <= 37) || code === 39 || (code >= 90 && code <= 97)) {
      for (const name of next) if (/^a-\d/.test(name)) next.delete(name);
      if (code !== 39) next.add(`a-${code}`);
    }
  }
  return next;
}

/** A line without sequences. @param {string} line */
export function bare(line) {
  return line.replace(SEQUENCE, "");
}

/** What a progress bar has left of a line. @param {string} line */
export function settled(line) {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  const place = text.lastIndexOf("\r");
  return place < 0 ? text : text.slice(place + 1);
}

/** @param {string} line @returns {Node[]} */
export function coloured(line) {
  if (!/[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]/.test(line)) return [document.createTextNode(line)];
  /** @type {Node[]} */
  const nodes = [];
  /** @type {Style} */
  let style = new Set();
  let place = 0;
  /** @param {string} text */
  const add = (text) => {
    if (text) nodes.push(style.size ? el("span", { class: [...style].join(" ") }, text) : document.createTextNode(text));
  };
  for (const found of line.matchAll(SEQUENCE)) {
    add(line.slice(place, found.index));
    place = found.index + found[0].length;
    if (found[1] !== undefined) style = after(style, found[1]);
  }
  add(line.slice(place));
  return nodes;
}
