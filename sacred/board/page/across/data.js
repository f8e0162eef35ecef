// @ts-check
// The runs of the query as columns: what differs between them, and one number that is looked at.
import { get } from "../api.js";
import { state } from "../state.js";

/** @typedef {{key: string, id: string, start: number, y: number | null, experiment: any, x: any, z: any, entries: any[]}} Row */
/** @typedef {{rows: Row[], total: number, entries: string[], targets: string[], y: string, x: string, z: string, noise: import("../noise.js").Noise | null}} AcrossData rows: the oldest first */

const MOST = 2000;
const PAGE = 1000;
const MOST_ENTRIES = 10;

/** @param {AbortSignal} signal @returns {Promise<AcrossData>} */
export async function readAcross(signal) {
  const { q, stores, trash, px, py, pz, picked, kind } = state();
  const fields = (await get("fields", { store: stores }, signal)).fields;
  const varying = fields.filter((/** @type {any} */ field) => field.varies && field.kind === "entry" && field.name.startsWith("config.") && !field.name.endsWith(".seed")).map((/** @type {any} */ field) => field.name);
  const metrics = fields.filter((/** @type {any} */ field) => field.kind === "metric" && !field.name.startsWith("metrics.system.")).map((/** @type {any} */ field) => field.name);
  const targets = ["result", ...metrics.slice(0, 100)];
  const y = py || "result";
  // A front is of two numbers.
  const x = kind === "pareto" && !targets.includes(px) && px !== "duration" ? targets.find((name) => name !== y) ?? "duration" : px || varying[0] || "start_time";
  const z = pz || varying.find((name) => name !== x) || "name";
  const entries = varying.slice(0, MOST_ENTRIES);
  const column = [...new Set(["id", "start_time", "name", y, x, z, ...entries])];
  /** @type {Row[]} */
  const rows = [];
  let [snapshot, total] = ["", 0];
  for (let offset = 0; offset < MOST; offset += PAGE) {
    const page = await get("runs", { q, store: stores, trash: trash || null, column, limit: PAGE, offset, snapshot }, signal);
    [snapshot, total] = [page.snapshot, page.total];
    page.runs.forEach((/** @type {any} */ run, /** @type {number} */ n) => {
      const key = `${run.store}/${run.key}`;
      if (picked.length && !picked.includes(key)) return;
      const value = (/** @type {string} */ name) => page.data[name][n];
      rows.push({ key, id: String(value("id")), start: Date.parse(`${value("start_time")}Z`) / 1000, y: typeof value(y) === "number" ? value(y) : null, experiment: value("name"), x: value(x), z: value(z), entries: entries.map(value) });
    });
    if (offset + PAGE >= total) break;
  }
  return { rows: rows.reverse(), total, entries, targets, y, x, z, noise: null };
}
