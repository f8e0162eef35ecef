// @ts-check
// Small pictures as SVG: scales, axes, points.
import { hovered, setHovered } from "../charts/hovered.js";
import { el } from "../dom.js";
import { number } from "../format.js";
import { change, state } from "../state.js";
import { svg } from "../svg.js";

export const SIZE = { width: 640, height: 360, left: 60, right: 16, top: 16, bottom: 40 };

/** @typedef {{at: (value: any) => number | null, back: (place: number) => number, ticks: {place: number, label: string, value: any}[], isCategorical: boolean}} Scale */

/** A scale for what a column has: numbers, or texts one beside the other. @param {any[]} values @param {number} from @param {number} to @param {boolean} [isLog] @returns {Scale} */
export function scaleOf(values, from, to, isLog = false) {
  const present = values.filter((value) => value !== null && value !== undefined);
  if (present.length && present.every((value) => typeof value === "number")) return numericScale(present, from, to, isLog);
  const names = [...new Set(present.map(textOf))].sort().slice(0, 40);
  const place = (/** @type {number} */ n) => from + ((to - from) * (n + 0.5)) / Math.max(1, names.length);
  return {
    at: (value) => (names.includes(textOf(value)) && value !== null ? place(names.indexOf(textOf(value))) : null), back: (where) => ((where - from) / (to - from)) * names.length - 0.5,
    ticks: names.map((name, n) => ({ place: place(n), label: name.length > 14 ? `${name.slice(0, 13)}…` : name, value: present.find((value) => textOf(value) === name) })), isCategorical: true,
  };
}

/** @param {any} value */
export function textOf(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @param {number[]} values @param {number} from @param {number} to @param {boolean} isLog @returns {Scale} */
export function numericScale(values, from, to, isLog) {
  const usable = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  const change = isLog ? Math.log10 : (/** @type {number} */ value) => value;
  let low = Math.min(...usable.map(change));
  let high = Math.max(...usable.map(change));
  if (!(low < high)) { low = (Number.isFinite(low) ? low : 0) - 0.5; high = low + 1; }
  const margin = (high - low) * 0.04;
  [low, high] = [low - margin, high + margin];
  const at = (/** @type {any} */ value) => (typeof value === "number" && Number.isFinite(value) && (!isLog || value > 0) ? from + ((to - from) * (change(value) - low)) / (high - low) : null);
  const back = (/** @type {number} */ place) => { const value = low + ((place - from) / (to - from)) * (high - low); return isLog ? 10 ** value : value; };
  const marks = isLog ? decades(low, high) : steps(low, high);
  return { at, back, ticks: marks.map((value) => ({ place: /** @type {number} */ (at(value)), label: number(value), value })), isCategorical: false };
}

/** @param {number} low @param {number} high */
function steps(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((one) => one >= rough) ?? rough;
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high; n += 1) found.push(Number((n * step).toPrecision(12)));
  return found;
}

/** @param {number} low @param {number} high */
function decades(low, high) {
  const found = [];
  for (let n = Math.floor(low); n <= Math.ceil(high); n += 1) {
    for (const part of high - low < 2 ? [1, 2, 5] : [1]) {
      const value = part * 10 ** n;
      if (Math.log10(value) >= low && Math.log10(value) <= high) found.push(value);
    }
  }
  return found;
}

/** Both axes with their names. @param {Scale} x @param {Scale} y @param {string} nameX @param {string} nameY @param {number} [left] */
export function axes(x, y, nameX, nameY, left = SIZE.left) {
  const { width, height, right, top, bottom } = SIZE;
  return svg("g", { class: "axes" },
    ...x.ticks.map(({ place, label }) => svg("g", {}, svg("path", { d: `M${place} ${top}V${height - bottom}` }), svg("text", { x: place, y: height - bottom + 15, "text-anchor": "middle" }, label))),
    ...y.ticks.map(({ place, label }) => svg("g", {}, svg("path", { d: `M${left} ${place}H${width - right}` }), svg("text", { x: left - 6, y: place + 4, "text-anchor": "end" }, label))),
    svg("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle", class: "name" }, nameX),
    svg("text", { x: left, y: top - 5, class: "name" }, nameY));
}

/** @param {string} label @param {...(Node | null)} children */
export function picture(label, ...children) {
  return svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": label, class: "picture" }, ...children);
}

/** The last part of the name of a field. @param {string} name */
export function short(name) {
  return name.replace(/^(config|metrics)\./, "");
}

/** A run, which a click opens. @param {import("./data.js").Row} row @param {number} x @param {number} y @param {string} text */
export function point(row, x, y, text) {
  return svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 3.5, "data-key": row.key, class: row.key === hovered() ? "linked" : null, onclick: () => change({ run: row.key, item: "" }), onpointerenter: () => setHovered(row.key), onpointerleave: () => setHovered("") },
    svg("title", {}, `#${row.id}  ${text}`));
}

/** What the seeds alone change, from the best run on. @param {import("./data.js").AcrossData} data @param {Scale} y @returns {{band: SVGElement | null, note: HTMLElement | null}} */
export function noiseBand({ noise, rows }, y) {
  const values = rows.map((row) => row.y).filter((value) => value !== null && Number.isFinite(value)).map(Number);
  if (!noise?.floor || !values.length) return { band: null, note: null };
  const best = state().lower ? Math.min(...values) : Math.max(...values);
  const { width, height, left, right, top, bottom } = SIZE;
  const other = y.at(best + (state().lower ? noise.floor : -noise.floor));
  // Beyond the picture, or no number of a logarithm.
  const edge = Math.max(top, Math.min(height - bottom, other ?? height - bottom));
  const start = y.at(best) ?? edge;
  const band = svg("rect", { class: "noise", x: left, width: width - left - right, y: Math.min(start, edge), height: Math.abs(edge - start) }, svg("title", {}, noise.text));
  const within = values.filter((value) => Math.abs(value - best) <= Number(noise.floor)).length - 1;
  return { band, note: el("p.dim", {}, `Shaded from the best run on: ${noise.text}. The best run is not distinguishable from ${within} other${within === 1 ? "" : "s"}.`) };
}
