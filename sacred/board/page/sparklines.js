// @ts-check
// Small curves in the cells of metrics, read for the rows that are in view.
import { series } from "./api.js";
import { el } from "./dom.js";
import { cell } from "./format.js";
import { svg } from "./svg.js";

/** @typedef {import("./table_data.js").Column} Column */
/** @typedef {import("./table_data.js").Row} Row */

const [WIDTH, HEIGHT, BUCKETS] = [72, 18, 48];
const ROLLUPS = ["last", "min", "max", "mean", "count", "step"];
const MOST_KEPT = 5000;
const WAIT_MS = 60;

/** Paths of curves by STORE/KEY and metric; empty: there is no curve. @type {Map<string, string>} */
const known = new Map();
/** STORE/KEY of runs by the metric that is wanted of them. @type {Map<string, Set<string>>} */
const wanted = new Map();
/** @type {number | undefined} */
let timer;

/**
 * The name of the metric of a column.
 * @param {string} path such as metrics.loss.min, or metrics."val acc".last
 */
export function metricOf(path) {
  const parts = (path.replace(/^metrics\./, "").match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? []).map((part) => (part.startsWith('"') ? JSON.parse(part) : part));
  if (parts.length > 1 && ROLLUPS.includes(parts[parts.length - 1])) parts.pop();
  return parts.join(".");
}

/** @param {Row} row @param {Column} column @param {any} value @param {() => void} redraw */
export function sparkCell(row, column, value, redraw) {
  const metric = metricOf(column.path);
  const run = `${row.store}/${row.key}`;
  const curve = known.get(`${run} ${metric}`);
  if (curve === undefined && value !== null) want(run, metric, redraw);
  const picture = svg("svg", { class: "spark", width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" }, svg("path", { d: curve ?? "" }));
  return el("span.sparked", {}, picture, cell(value, column.kind));
}

/** Forget curves that have grown. @param {string} store @param {string[]} keys */
export function forgetSparks(store, keys) {
  const runs = new Set(keys.map((key) => `${store}/${key}`));
  for (const name of known.keys()) if ([...runs].some((run) => name.startsWith(`${run} `))) known.delete(name);
}

/** @param {string} run @param {string} metric @param {() => void} redraw */
function want(run, metric, redraw) {
  const runs = wanted.get(metric) ?? new Set();
  wanted.set(metric, runs.add(run));
  timer ??= window.setTimeout(() => { timer = undefined; void read(redraw); }, WAIT_MS);
}

/** @param {() => void} redraw */
async function read(redraw) {
  const asked = [...wanted];
  wanted.clear();
  if (known.size > MOST_KEPT) known.clear();
  for (const [metric, runs] of asked) {
    // At once, so that what is drawn meanwhile does not ask again.
    for (const run of runs) known.set(`${run} ${metric}`, "");
    const curves = await series({ run: [...runs], name: [metric], buckets: BUCKETS }).catch(() => []);
    for (const curve of curves) known.set(`${curve.store}/${curve.key} ${metric}`, pathOf(curve));
  }
  redraw();
}

/** @param {import("./api.js").Curve} curve */
function pathOf({ x, last, buckets }) {
  const values = [...last].filter(Number.isFinite);
  if (!values.length) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [from, to] = [x[0], x[buckets - 1]];
  const toX = (/** @type {number} */ value) => (to > from ? 1 + ((WIDTH - 2) * (value - from)) / (to - from) : WIDTH / 2);
  const toY = (/** @type {number} */ value) => (high > low ? HEIGHT - 2 - ((HEIGHT - 4) * (value - low)) / (high - low) : HEIGHT / 2);
  let isOn = false;
  let path = "";
  for (let n = 0; n < buckets; n += 1) {
    if (!Number.isFinite(last[n])) { isOn = false; continue; }
    path += `${isOn ? "L" : "M"}${toX(x[n]).toFixed(1)} ${toY(last[n]).toFixed(1)}`;
    isOn = true;
  }
  return values.length > 1 ? path : `${path}h2`;
}
