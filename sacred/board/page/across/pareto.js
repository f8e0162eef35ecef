// @ts-check
// Two numbers of each run, and the runs that no other one beats in both.
import { el } from "../dom.js";
import { number } from "../format.js";
import { change, state } from "../state.js";
import { svg } from "../svg.js";
import { SIZE, axes, numericScale, picture, point, short } from "./drawing.js";
import { front } from "./statistics.js";

/** @typedef {import("./data.js").AcrossData} AcrossData */

const { width, height, left, right, top, bottom } = SIZE;

/** @param {AcrossData} data */
function found(data) {
  const rows = data.rows.filter(({ x, y }) => typeof x === "number" && Number.isFinite(x) && y !== null && Number.isFinite(y));
  const points = rows.map((row) => ({ x: Number(row.x), y: Number(row.y) }));
  const best = front(points, state().lowerX, state().lower);
  return { rows, points, best, isBest: new Set(best) };
}

/** @param {AcrossData} data */
export function pareto(data) {
  const { rows, points, best, isBest } = found(data);
  const { log } = state().chart;
  const x = numericScale(points.map((one) => one.x), left, width - right, log.includes("x"));
  const y = numericScale(points.map((one) => one.y), height - bottom, top, log.includes("y"));
  const placed = rows.map((row, n) => ({ row, n, x: x.at(points[n].x), y: y.at(points[n].y) })).filter((one) => one.x !== null && one.y !== null);
  const line = best.map((n) => placed.find((one) => one.n === n)).filter((one) => one !== undefined);
  // From one to the next: what is worse than either is beaten.
  const path = line.map((one, n) => (n ? `H${one.x}V${one.y}` : `M${one.x} ${one.y}`)).join("");
  const text = (/** @type {number} */ n) => `${short(data.x)} = ${number(points[n].x)}, ${short(data.y)} = ${number(points[n].y)}`;
  const drawn = placed.map((one) => {
    const mark = point(one.row, Number(one.x), Number(one.y), text(one.n));
    mark.classList.add(isBest.has(one.n) ? "front" : "beaten");
    return mark;
  });
  const ways = `${state().lowerX ? "lower" : "higher"} ${short(data.x)} and ${state().lower ? "lower" : "higher"} ${short(data.y)} are better`;
  const list = best.slice(0, 30).map((n) => el("button.button", { type: "button", title: text(n), onclick: () => change({ run: rows[n].key, item: "" }) }, `#${rows[n].id}`));
  return [picture(`${short(data.y)} and ${short(data.x)}: runs that no other beats`, axes(x, y, short(data.x), short(data.y)), svg("path", { class: "trend", d: path }), ...drawn),
    el("p.dim", {}, `${best.length} of ${rows.length} runs are not beaten: for each other run, one of these is as good in both and better in one (${ways}).`), el("p.front", {}, ...list)];
}

/** @param {AcrossData} data */
export function paretoRows(data) {
  const { rows, points, isBest } = found(data);
  return [["run", short(data.x), short(data.y), "front"], ...rows.map((row, n) => [row.key, String(points[n].x), String(points[n].y), isBest.has(n) ? "yes" : "no"])];
}
