// @ts-check
// Runs by the values of entries: a box for each, or a map of two entries.
import { el } from "../dom.js";
import { number, plain } from "../format.js";
import { change, state } from "../state.js";
import { svg } from "../svg.js";
import { SIZE, axes, noiseBand, numericScale, picture, point, short, textOf } from "./drawing.js";
import { SUMMARIES, boxOf, quantile } from "./statistics.js";

/** @typedef {import("./data.js").AcrossData} AcrossData */
/** @typedef {import("./data.js").Row} Row */
/** @typedef {{label: string, has: (value: any) => boolean}} Category */

const MOST = 24;
const BINS = 8;
const { width, height, left, right, top, bottom } = SIZE;

/** The categories of a column: its values, or ranges of its numbers if they are many. @param {any[]} values @returns {Category[]} */
function categoriesOf(values) {
  const present = values.filter((value) => value !== null && value !== undefined);
  const names = new Map(present.map((value) => [textOf(value), value]));
  const areNumbers = present.length > 0 && present.every((value) => typeof value === "number");
  if (areNumbers && names.size > MOST) return ranges(present);
  const order = (/** @type {any} */ a, /** @type {any} */ b) => (areNumbers ? a - b : textOf(a) < textOf(b) ? -1 : 1);
  return [...names.values()].sort(order).slice(0, MOST).map((value) => ({ label: plain(value) || '""', has: (other) => other !== null && textOf(other) === textOf(value) }));
}

/** Ranges with about as many values each. @param {number[]} values */
function ranges(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const edges = [...new Set(Array.from({ length: BINS + 1 }, (_, n) => quantile(sorted, n / BINS)))];
  return edges.slice(1).map((high, n) => ({
    label: `${number(edges[n])} … ${number(high)}`,
    has: (/** @type {any} */ value) => typeof value === "number" && value <= high && (n === 0 ? value >= edges[0] : value > edges[n]),
  }));
}

/** @param {Category[]} categories @param {number} from @param {number} to @param {number} room characters of a label */
function places(categories, from, to, room) {
  const step = (to - from) / Math.max(1, categories.length);
  const ticks = categories.map(({ label }, n) => ({ place: from + step * (n + 0.5), label: label.length > room ? `${label.slice(0, room - 1)}…` : label, value: label }));
  return { step, scale: { at: (/** @type {any} */ n) => ticks[n]?.place ?? null, back: () => 0, ticks, isCategorical: true } };
}

/** @param {AcrossData} data */
function boxes(data) {
  const rows = data.rows.filter(({ x, y }) => x !== null && y !== null && Number.isFinite(y));
  const categories = categoriesOf(rows.map(({ x }) => x));
  return categories.map((category) => ({ category, own: rows.filter(({ x }) => category.has(x)) })).filter(({ own }) => own.length).map(({ category, own }) => ({ category, own, box: boxOf(own.map(({ y }) => Number(y))) }));
}

/** @param {AcrossData} data */
export function box(data) {
  const found = boxes(data);
  const { step, scale } = places(found.map(({ category }) => category), left, width - right, Math.max(4, Math.floor(90 / Math.max(1, found.length))));
  const y = numericScale(found.flatMap(({ own }) => own.map((row) => Number(row.y))), height - bottom, top, state().chart.log.includes("y"));
  const half = Math.min(30, step * 0.32);
  const at = (/** @type {number} */ value) => y.at(value) ?? height - bottom;
  const noise = noiseBand(data, y);
  const drawn = found.flatMap(({ category, own, box: one }, n) => {
    const x = Number(scale.at(n));
    const about = `${category.label}: n = ${one.n}, median ${number(one.median)}, quartiles ${number(one.q1)} and ${number(one.q3)}, mean ${number(one.mean)}, least ${number(one.least)}, largest ${number(one.largest)}`;
    return [svg("g", { class: "box", role: "img", "aria-label": about },
      svg("path", { d: `M${x} ${at(one.low)}V${at(one.q1)}M${x} ${at(one.q3)}V${at(one.high)}M${x - half / 2} ${at(one.low)}h${half}M${x - half / 2} ${at(one.high)}h${half}` }),
      svg("rect", { x: x - half, width: 2 * half, y: Math.min(at(one.q3), at(one.q1)), height: Math.abs(at(one.q1) - at(one.q3)) }, svg("title", {}, about)),
      svg("path", { class: "median", d: `M${x - half} ${at(one.median)}h${2 * half}` })),
    ...own.map((row, k) => point(row, x + half * 0.8 * spread(k), at(Number(row.y)), `${short(data.x)} = ${textOf(row.x)}, ${short(data.y)} = ${number(Number(row.y))}`)),
    svg("text", { x, y: height - bottom + 27, "text-anchor": "middle" }, `n=${one.n}`)];
  });
  return [picture(`${short(data.y)} by ${short(data.x)}`, noise.band, axes(scale, y, "", short(data.y)), ...drawn),
    el("p.dim", {}, `By ${short(data.x)}: the box has the middle half of the runs, its line is the median; the whiskers end at the last run within 1.5 times the height of the box. Points are runs.`), ...(noise.note ? [noise.note] : [])];
}

/** Beside each other, always in the same way. @param {number} n */
function spread(n) {
  return 2 * ((n * 0.618034) % 1) - 1;
}

/** @param {AcrossData} data */
export function boxRows(data) {
  const head = [short(data.x), "n", "mean", "least", "low", "q1", "median", "q3", "high", "largest"];
  return [head, ...boxes(data).map(({ category, box: one }) => [category.label, one.n, one.mean, one.least, one.low, one.q1, one.median, one.q3, one.high, one.largest].map(String))];
}

/** @param {AcrossData} data */
function cells(data) {
  const rows = data.rows.filter(({ x, y, z }) => x !== null && z !== null && y !== null && Number.isFinite(y));
  const [across, up] = [categoriesOf(rows.map(({ x }) => x)), categoriesOf(rows.map(({ z }) => z))];
  const summary = SUMMARIES[state().cell] ?? SUMMARIES.mean;
  const found = across.flatMap((column, i) => up.map((line, j) => {
    const own = rows.filter(({ x, z }) => column.has(x) && line.has(z));
    return { i, j, column, line, own, value: own.length ? summary(own.map(({ y }) => Number(y))) : null };
  }));
  return { across, up, found };
}

/** @param {AcrossData} data */
export function heat(data) {
  const { across, up, found } = cells(data);
  const name = state().cell in SUMMARIES ? state().cell : "mean";
  const end = width - right - 52;
  const x = places(across, left + 40, end, Math.max(4, Math.floor(80 / Math.max(1, across.length))));
  const y = places(up, height - bottom, top + 6, 14);
  const known = found.map(({ value }) => value).filter((value) => value !== null).map(Number);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const share = (/** @type {number} */ value) => 8 + 84 * (high > low ? (value - low) / (high - low) : 0.5);
  const fill = (/** @type {number} */ value) => `color-mix(in oklab, var(--accent) ${Math.round(share(value))}%, var(--back))`;
  const [w, h] = [Math.abs(x.step), Math.abs(y.step)];
  const drawn = found.filter(({ value }) => value !== null).map(({ i, j, column, line, own, value }) => {
    const [cx, cy] = [Number(x.scale.at(i)), Number(y.scale.at(j))];
    const text = `${short(data.x)} ${column.label}, ${short(data.z)} ${line.label}: ${name} of ${short(data.y)} ${number(Number(value))}, n = ${own.length}`;
    const area = svg("rect", { x: cx - w / 2 + 1, y: cy - h / 2 + 1, width: Math.max(1, w - 2), height: Math.max(1, h - 2), role: "img", "aria-label": text, onclick: () => { if (own.length === 1) change({ run: own[0].key, item: "" }); } }, svg("title", {}, text));
    /** @type {SVGElement & ElementCSSInlineStyle} */ (area).style.fill = fill(Number(value));
    return svg("g", { class: "cell" }, area, w > 44 && h > 14 ? svg("text", { x: cx, y: cy + 4, "text-anchor": "middle", class: share(Number(value)) > 52 ? "strong" : "" }, shortNumber(Number(value))) : null);
  });
  const legend = Array.from({ length: 20 }, (_, n) => {
    const part = svg("rect", { x: width - right - 34, width: 12, y: height - bottom - ((n + 1) * (height - bottom - top)) / 20, height: (height - bottom - top) / 20 + 0.5 });
    /** @type {SVGElement & ElementCSSInlineStyle} */ (part).style.fill = fill(low + ((high - low) * n) / 19);
    return part;
  });
  const ends = known.length ? [svg("text", { x: width - right - 18, y: top + 10 }, shortNumber(high)), svg("text", { x: width - right - 18, y: height - bottom }, shortNumber(low))] : [];
  const count = found.reduce((sum, { own }) => sum + own.length, 0);
  return [picture(`${name} of ${short(data.y)} by ${short(data.x)} and ${short(data.z)}`, bare(axes(x.scale, y.scale, short(data.x), short(data.z), left + 40)), ...drawn, svg("g", { class: "scale" }, ...legend, ...ends)),
    el("p.dim", {}, `Each field is the ${name === "runs" ? "number of runs" : `${name} of ${short(data.y)}`}; where there is none, there is no run. n = ${count}.`)];
}

/** Without lines through the fields. @param {SVGElement} drawn */
function bare(drawn) {
  for (const line of drawn.querySelectorAll("path")) line.remove();
  return drawn;
}

/** @param {number} value */
function shortNumber(value) {
  return number(Number(value.toPrecision(3)));
}

/** @param {AcrossData} data */
export function heatRows(data) {
  const { found } = cells(data);
  const name = state().cell in SUMMARIES ? state().cell : "mean";
  return [[short(data.x), short(data.z), name, "n"], ...found.map(({ column, line, own, value }) => [column.label, line.label, value === null ? "" : String(value), String(own.length)])];
}
