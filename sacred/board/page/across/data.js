// @ts-check
// The runs of the query as columns: what differs between them, and one number that is looked at.
import { get } from "../api.js";
import { state } from "../state.js";

/** @typedef {{key: string, id: string, start: number, y: number | null, x: any, entries: any[]}} Row */
/** @typedef {{rows: Row[], total: number, entries: string[], targets: string[], y: string, x: string}} AcrossData rows: the oldest first */

const MOST = 2000;
const PAGE = 1000;
const MOST_ENTRIES = 10;

/** @param {AbortSignal} signal @returns {Promise<AcrossData>} */
export async function readAcross(signal) {
  const { q, stores, trash, px, py, picked } = state();
  const fields = (await get("fields", { store: stores }, signal)).fields;
  const varying = fields.filter((/** @type {any} */ field) => field.varies && field.kind === "entry" && field.name.startsWith("config.") && !field.name.endsWith(".seed")).map((/** @type {any} */ field) => field.name);
  const metrics = fields.filter((/** @type {any} */ field) => field.kind === "metric" && !field.name.startsWith("metrics.system.")).map((/** @type {any} */ field) => field.name);
  const targets = ["result", ...metrics.slice(0, 100)];
  const y = py || "result";
  const x = px || varying[0] || "start_time";
  const entries = varying.slice(0, MOST_ENTRIES);
  const column = [...new Set(["id", "start_time", y, x, ...entries])];
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
      rows.push({ key, id: String(value("id")), start: Date.parse(`${value("start_time")}Z`) / 1000, y: typeof value(y) === "number" ? value(y) : null, x: value(x), entries: entries.map(value) });
    });
    if (offset + PAGE >= total) break;
  }
  return { rows: rows.reverse(), total, entries, targets, y, x };
}
