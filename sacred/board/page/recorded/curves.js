// @ts-check
// Curves of a static copy, in the form in which the API sends them.
import { NotCopied } from "./problems.js";
import { groupsFor, ofGroups } from "./tables.js";

/** @typedef {import("./transport.js").Copied} Copied */
/** @typedef {{x: number[], first: number[], last: number[], low: number[], high: number[], gaps: number[], points: number, error: string | null}} Columns */

const NAMES = /** @type {const} */ (["x", "first", "last", "low", "high"]);

/** @param {string} text base64 @returns {Float64Array} */
function numbers(text) {
  return new Float64Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

/** A column that is left out equals `last`. @param {any} curve @returns {Columns} */
function unpacked(curve) {
  const last = numbers(curve.last);
  const column = (/** @type {string} */ name) => Array.from(curve[name] === undefined ? last : numbers(curve[name]));
  return { x: column("x"), first: column("first"), last: Array.from(last), low: column("low"), high: column("high"), gaps: curve.gaps ?? [], points: curve.points, error: curve.error ?? null };
}

/** @param {URLSearchParams} query @param {Columns} found */
function zoomed(query, found) {
  const [from, to] = [Number(query.get("from") ?? -Infinity), Number(query.get("to") ?? Infinity)];
  const places = found.x.map((_, n) => n).filter((n) => found.x[n] >= from && found.x[n] <= to);
  const gaps = found.gaps.map((n) => places.indexOf(n)).filter((n) => n >= 0);
  return { ...found, gaps, .../** @type {any} */ (Object.fromEntries(NAMES.map((name) => [name, places.map((n) => found[name][n])]))) };
}

/** @param {{about: any, found: Columns}[]} curves */
function packed(curves) {
  const about = curves.map(({ about: named, found }) => ({ ...named, buckets: found.x.length, points: found.points, gaps: found.gaps, error: found.error }));
  let header = JSON.stringify({ series: about });
  const length = new TextEncoder().encode(header).length;
  header += " ".repeat((8 - ((length + 4) % 8)) % 8);
  const bytes = new TextEncoder().encode(header);
  const columns = new Float64Array(curves.flatMap(({ found }) => NAMES.flatMap((name) => found[name])));
  const whole = new Uint8Array(4 + bytes.length + columns.byteLength);
  new DataView(whole.buffer).setUint32(0, bytes.length, true);
  whole.set(bytes, 4);
  whole.set(new Uint8Array(columns.buffer), 4 + bytes.length);
  return whole;
}

/** @type {Columns} */
const NOTHING = { x: [], first: [], last: [], low: [], high: [], gaps: [], points: 0, error: null };

/** @param {Copied} data @param {string} key @param {string} name @param {string} x @returns {Columns} */
function curveOf(data, key, name, x) {
  const run = data.runs[key];
  const known = run?.curves[name];
  if (!known) return { ...NOTHING, error: run?.run.metrics.includes(name) ? "not in this copy" : `no metric ${name}` };
  if (x === "step") return unpacked(known.step);
  if (x === "relative" || x === "time") {
    const found = unpacked(known.relative);
    const start = x === "time" ? Date.parse(`${run.run.start_time}Z`) / 1000 : 0;
    return { ...found, x: found.x.map((value) => value + start) };
  }
  const other = run.curves[x.replace(/^metric:/, "")];
  if (!other || other.step.points > unpacked(other.step).x.length) return { ...NOTHING, error: "not in this copy" };
  const [places, own] = [unpacked(other.step), unpacked(known.step)];
  const at = new Map(places.x.map((step, n) => [step, places.last[n]]));
  const both = own.x.map((_, n) => n).filter((n) => at.has(own.x[n])).sort((a, b) => Number(at.get(own.x[a])) - Number(at.get(own.x[b])));
  return { ...own, gaps: [], .../** @type {any} */ (Object.fromEntries(NAMES.map((column) => [column, both.map((n) => (column === "x" ? at.get(own.x[n]) : own[column][n]))]))) };
}

/** @param {Copied} data @param {URLSearchParams} query */
export function curvesOf(data, query) {
  return packed(query.getAll("run").flatMap((key) => query.getAll("name").map((name) => {
    const [store, ...rest] = key.split("/");
    return { about: { store, key: rest.join("/"), name }, found: zoomed(query, curveOf(data, key, name, query.get("x") ?? "step")) };
  })));
}

/** @param {Copied} data @param {URLSearchParams} query */
export function groupCurves(data, query) {
  const [statistic, x] = [query.get("statistic") ?? "ci", query.get("x") ?? "step"];
  const { answer } = groupsFor(data, query);
  const known = ofGroups(data.groupCurves, query).find((one) => one.statistic === statistic && one.x === x);
  if (!known) throw new NotCopied("This copy does not have the means of groups in this form; it has 95 % intervals by step, and those of its views.");
  const groups = query.getAll("group").map(Number);
  const wanted = groups.length ? groups : answer.groups.map((/** @type {any} */ _, /** @type {number} */ n) => n);
  return packed(wanted.flatMap((/** @type {number} */ group) => query.getAll("name").map((name) => {
    const curve = known.curves.find((/** @type {any} */ one) => one.group === group && one.name === name);
    return { about: { group, name }, found: curve ? zoomed(query, unpacked(curve)) : { ...NOTHING, error: "not in this copy" } };
  })));
}
