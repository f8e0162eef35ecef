// @ts-check
// Scatter, history and parallel coordinates of what runs have reached.
import { hovered, setHovered } from "../charts/hovered.js";
import { asValue } from "../completion.js";
import { el } from "../dom.js";
import { fullTime, number } from "../format.js";
import { partsOf, withPart } from "../query_parts.js";
import { change, state } from "../state.js";
import { svg } from "../svg.js";
import { SIZE, axes, noiseBand, picture, point, scaleOf, short, textOf } from "./drawing.js";
import { line } from "./statistics.js";

/** @typedef {import("./data.js").AcrossData} AcrossData */
/** @typedef {import("./data.js").Row} Row */

const { width, height, left, right, top, bottom } = SIZE;
/** @param {AcrossData} data */
export function scatter(data) {
  const { log } = state().chart;
  const rows = data.rows.filter(({ x, y }) => x !== null && y !== null && Number.isFinite(y));
  const x = scaleOf(rows.map((row) => row.x), left, width - right, log.includes("x"));
  const y = scaleOf(rows.map((row) => row.y), height - bottom, top, log.includes("y"));
  const placed = rows.map((row) => ({ row, x: x.at(row.x), y: y.at(row.y) })).filter((one) => one.x !== null && one.y !== null);
  const [xs, ys] = [placed.map((one) => Number(one.x)), placed.map((one) => Number(one.y))];
  const trend = x.isCategorical ? null : line(xs, ys);
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const noise = noiseBand(data, y);
  const note = trend ? `Line of least squares${log ? " in these axes" : ""}: r² = ${trend.r2.toFixed(3)}, n = ${placed.length}.` : `n = ${placed.length}.`;
  return [picture(`${short(data.y)} by ${short(data.x)}`, noise.band, axes(x, y, short(data.x), short(data.y)),
    trend ? svg("path", { class: "trend", d: `M${from} ${trend.start + trend.slope * from}L${to} ${trend.start + trend.slope * to}` }) : svg("g"),
    ...placed.map((one) => point(one.row, Number(one.x), Number(one.y), `${short(data.x)} = ${textOf(one.row.x)}, ${short(data.y)} = ${number(Number(one.row.y))}`))), el("p.dim", {}, note), ...(noise.note ? [noise.note] : [])];
}

/** @param {AcrossData} data */
export function history(data) {
  const rows = data.rows.filter(({ start, y }) => Number.isFinite(start) && y !== null && Number.isFinite(y));
  const x = scaleOf(rows.map(({ start }) => start), left, width - right);
  const y = scaleOf(rows.map((row) => row.y), height - bottom, top, state().chart.log.includes("y"));
  x.ticks = x.ticks.filter((_, n) => n % 2 === 0).map((tick) => ({ ...tick, label: fullTime(new Date(tick.value * 1000).toISOString()).slice(5, 16) }));
  const sign = state().lower ? -1 : 1;
  let best = /** @type {Row | null} */ (null);
  let path = "";
  for (const row of rows) {
    if (best && sign * Number(row.y) <= sign * Number(best.y)) continue;
    path += `${path ? `H${x.at(row.start)}V` : `M${x.at(row.start)} `}${y.at(row.y)}`;
    best = row;
  }
  if (best) path += `H${width - right}`;
  const noise = noiseBand(data, y);
  return [picture(`${short(data.y)} of runs in the order of their start`, noise.band, axes(x, y, "start", short(data.y)), svg("path", { class: "trend", d: path }),
    ...rows.map((row) => point(row, Number(x.at(row.start)), Number(y.at(row.y)), `${short(data.y)} = ${number(Number(row.y))}`))),
  el("p.dim", {}, best ? `The line is the best so far; the best is #${best.id} with ${number(Number(best.y))}. n = ${rows.length}.` : "No run has such a number."), ...(noise.note ? [noise.note] : [])];
}

/** @param {AcrossData} data */
export function parallel(data) {
  const rows = data.rows.filter(({ y }) => y !== null && Number.isFinite(y));
  // An entry that all these runs agree in has no axis, unless the query asks for it: a brush has narrowed it.
  const isOfUse = (/** @type {string} */ name, /** @type {number} */ n) => state().q.includes(short(name)) || new Set(rows.map(({ entries }) => JSON.stringify(entries[n]))).size > 1;
  const shown = data.entries.map((name, n) => (isOfUse(name, n) ? n : -1)).filter((n) => n >= 0).slice(0, 8);
  const names = [...shown.map((n) => data.entries[n]), data.y];
  const values = (/** @type {Row} */ row) => [...shown.map((n) => row.entries[n]), row.y];
  const scales = names.map((_, n) => scaleOf(rows.map((row) => values(row)[n]), height - bottom, top + 12));
  const place = (/** @type {number} */ n) => left + ((width - left - right - 40) * n) / Math.max(1, names.length - 1);
  const share = scaleOf(rows.map(({ y }) => y), 0, 100);
  const lines = rows.map((row) => {
    const path = values(row).map((value, n) => ({ n, y: scales[n].at(value) })).filter(({ y }) => y !== null).map(({ n, y }, k) => `${k ? "L" : "M"}${place(n).toFixed(1)} ${Number(y).toFixed(1)}`).join("");
    const stroke = svg("path", { d: path, "data-key": row.key, class: "run", onclick: () => change({ run: row.key, item: "" }), onpointerenter: () => setHovered(row.key), onpointerleave: () => setHovered("") }, svg("title", {}, `#${row.id}  ${names.map((name, n) => `${short(name)} = ${textOf(values(row)[n])}`).join(", ")}`));
    /** @type {SVGElement & ElementCSSInlineStyle} */ (stroke).style.stroke = `color-mix(in oklab, var(--tone-1) ${Math.round(share.at(row.y) ?? 0)}%, var(--tone-0))`;
    return stroke;
  });
  const columns = names.map((name, n) => svg("g", { class: "column" }, svg("path", { d: `M${place(n)} ${top + 12}V${height - bottom}` }),
    ...scales[n].ticks.map((tick) => svg("text", { x: place(n) + 5, y: tick.place + 4 }, tick.label)),
    svg("text", { x: place(n), y: n % 2 && names.length > 6 ? height - 8 : height - 22, "text-anchor": "middle", class: "name" }, short(name)), brush(name, scales[n], place(n))));
  const drawn = picture(`Entries and ${short(data.y)} of ${rows.length} runs`, ...lines, ...columns);
  // Not one image: its axes can be reached by keys.
  drawn.setAttribute("role", "group");
  return [drawn, el("p.dim", {}, `Drag along an axis: the query then asks for this range. The colour goes with ${short(data.y)}. n = ${rows.length}.`)];
}

/** What is dragged along an axis becomes a part of the query. @param {string} name @param {import("./drawing.js").Scale} scale @param {number} x */
function brush(name, scale, x) {
  const mark = svg("rect", { x: x - 8, width: 16, y: 0, height: 0, class: "mark" });
  const area = svg("rect", { x: x - 10, width: 20, y: top, height: height - bottom - top, class: "brush", "data-name": name, tabindex: 0, role: "button", "aria-label": `Range of ${short(name)}: arrow keys move it, with Shift they change its height, Enter asks for it` });
  const at = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {SVGSVGElement} */ (area.ownerSVGElement).getBoundingClientRect();
    return ((event.clientY - box.top) / box.height) * height;
  };
  brushByKeys(name, area, mark, (upper, lower) => ask(name, scale, upper, lower));
  area.addEventListener("pointerdown", (event) => {
    const first = at(event);
    area.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ moved) => {
      mark.setAttribute("y", String(Math.min(first, at(moved))));
      mark.setAttribute("height", String(Math.abs(at(moved) - first)));
    };
    area.addEventListener("pointermove", move);
    area.addEventListener("pointerup", (ended) => {
      area.removeEventListener("pointermove", move);
      if (Math.abs(at(ended) - first) > 4) ask(name, scale, Math.min(first, at(ended)), Math.max(first, at(ended)));
    }, { once: true });
  });
  return svg("g", {}, mark, area);
}

/** Ranges that keys are moving now: they stay where they are when all is drawn anew, for runs that come meanwhile. @type {Map<string, [number, number]>} */
const ranges = new Map();

/** The same by keys. @param {string} name @param {SVGElement} area @param {SVGElement} mark @param {(upper: number, lower: number) => void} ask */
function brushByKeys(name, area, mark, ask) {
  const step = (height - bottom - top) / 20;
  let [upper, size] = ranges.get(name) ?? [top, 6 * step];
  const draw = () => {
    ranges.set(name, [upper, size]);
    mark.setAttribute("y", String(upper));
    mark.setAttribute("height", String(size));
  };
  area.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -step, ArrowDown: step }[event.key];
    if (by && event.shiftKey) size = Math.max(step, Math.min(height - bottom - upper, size + by));
    else if (by) upper = Math.max(top, Math.min(height - bottom - size, upper + by));
    else if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    draw();
    if (event.key !== "Enter") return;
    ranges.delete(name);
    ask(upper, upper + size);
  });
  if (ranges.has(name)) draw();
  area.addEventListener("focus", draw);
  area.addEventListener("blur", () => {
    // A window that loses the focus keeps its range, and so does what is just drawn anew: browsers differ in when they say so.
    setTimeout(() => {
      if (!area.isConnected || document.activeElement === area) return;
      mark.setAttribute("height", "0");
      ranges.delete(name);
    });
  });
}

/** @param {string} name @param {import("./drawing.js").Scale} scale @param {number} upper @param {number} lower places in the picture */
function ask(name, scale, upper, lower) {
  const field = name.replace(/^config\./, "");
  const rest = partsOf(state().q).filter((part) => !["=", ">=", "<=", "in ("].some((sign) => part.startsWith(`${field} ${sign}`))).join(" and ");
  const chosen = scale.ticks.filter(({ place }) => place >= upper && place <= lower).map(({ value }) => asValue(value));
  const round = (/** @type {number} */ value) => Number(value.toPrecision(4));
  const part = scale.isCategorical ? (chosen.length ? `${field} in (${chosen.join(", ")})` : "") : `${field} >= ${round(scale.back(lower))} and ${field} <= ${round(scale.back(upper))}`;
  if (part) change({ q: withPart(rest, part) });
}
