// @ts-check
// Two texts side by side: lines that differ, and the words in them.
import { el } from "./dom.js";

/** @typedef {{left: string | null, right: string | null, leftNo: number, rightNo: number}} Pair null: the other side has a line here */

const MOST_CELLS = 4_000_000;
const CONTEXT = 3;
const MOST_ROWS = 2000;

/**
 * The items that both have, in order; each as its places in both.
 * @param {string[]} left @param {string[]} right @returns {[number, number][] | null} null: they are too long
 */
function common(left, right) {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < left.length - start && end < right.length - start && left[left.length - 1 - end] === right[right.length - 1 - end]) end += 1;
  const [rows, columns] = [left.length - start - end, right.length - start - end];
  if ((rows + 1) * (columns + 1) > MOST_CELLS) return null;
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i -= 1) {
    for (let j = columns - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = left[start + i] === right[start + j] ? lengths[(i + 1) * width + j + 1] + 1 : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  /** @type {[number, number][]} */
  const found = Array.from({ length: start }, (_, n) => [n, n]);
  for (let i = 0, j = 0; i < rows && j < columns;) {
    if (left[start + i] === right[start + j]) { found.push([start + i, start + j]); i += 1; j += 1; }
    else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
    else j += 1;
  }
  for (let n = end; n > 0; n -= 1) found.push([left.length - n, right.length - n]);
  return found;
}

/** @param {string[]} left @param {string[]} right @returns {Pair[] | null} */
export function pairs(left, right) {
  const same = common(left, right);
  if (!same) return null;
  /** @type {Pair[]} */
  const found = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...same, /** @type {[number, number]} */ ([left.length, right.length])]) {
    while (i < a || j < b) {
      found.push({ left: i < a ? left[i] : null, right: j < b ? right[j] : null, leftNo: i + 1, rightNo: j + 1 });
      if (i < a) i += 1;
      if (j < b) j += 1;
    }
    if (a < left.length && b < right.length) found.push({ left: left[a], right: right[b], leftNo: a + 1, rightNo: b + 1 });
    [i, j] = [a + 1, b + 1];
  }
  return found;
}

/** Both sides of a line, the words that differ marked. @param {string | null} left @param {string | null} right @returns {[Node[], Node[]]} */
function words(left, right) {
  if (left === null || right === null) return [[document.createTextNode(left ?? "")], [document.createTextNode(right ?? "")]];
  const split = (/** @type {string} */ text) => text.match(/\w+|\s+|[^\w\s]/g) ?? [];
  const [a, b] = [split(left), split(right)];
  const same = common(a, b) ?? [];
  const mark = (/** @type {string[]} */ parts, /** @type {Set<number>} */ kept) => parts.map((part, n) => (kept.has(n) || !part.trim() ? document.createTextNode(part) : el("mark", {}, part)));
  return [mark(a, new Set(same.map(([n]) => n))), mark(b, new Set(same.map(([, n]) => n)))];
}

/** @param {string} left @param {string} right @param {string} label */
export function sideBySide(left, right, label) {
  const found = pairs(left.split("\n"), right.split("\n"));
  if (!found) return el("div.dim", {}, "These are too long and too different to be compared line by line.");
  const differs = found.map((pair) => pair.left !== pair.right);
  if (!differs.includes(true)) return el("div.dim", {}, "No difference.");
  const near = found.map((_, n) => differs.slice(Math.max(0, n - CONTEXT), n + CONTEXT + 1).includes(true));
  /** @type {HTMLElement[]} */
  const rows = [];
  let skipped = 0;
  found.forEach((pair, n) => {
    if (!near[n]) { skipped += 1; return; }
    if (skipped) { rows.push(el("tr.skip", {}, el("td", { colspan: 4 }, `${skipped} equal line${skipped > 1 ? "s" : ""}`))); skipped = 0; }
    const [before, after] = differs[n] ? words(pair.left, pair.right) : [[document.createTextNode(pair.left ?? "")], [document.createTextNode(pair.right ?? "")]];
    const kind = (/** @type {string | null} */ text, /** @type {string} */ name) => (text === null ? "none" : differs[n] ? name : "");
    if (rows.length < MOST_ROWS) rows.push(el("tr", {}, el("td.no", {}, pair.left === null ? "" : pair.leftNo), el("td", { class: kind(pair.left, "before") }, ...before), el("td.no", {}, pair.right === null ? "" : pair.rightNo), el("td", { class: kind(pair.right, "after") }, ...after)));
  });
  if (skipped) rows.push(el("tr.skip", {}, el("td", { colspan: 4 }, `${skipped} equal lines`)));
  return el("div.scroll", { tabindex: "0", role: "region", "aria-label": label }, el("table.diff", {}, el("colgroup", {}, el("col.no"), el("col"), el("col.no"), el("col")), el("tbody", {}, ...rows)));
}
