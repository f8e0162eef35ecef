// @ts-check
// Which runs are selected, for charts and for what is done with several.
import { change, state } from "./state.js";

let last = -1;

/**
 * Select a run, or not any more; with Shift all from the last one.
 * @param {import("./table_data.js").TableData} data @param {number} place @param {boolean} [withShift]
 */
export function pick(data, place, withShift = false) {
  const from = withShift && last >= 0 ? last : place;
  const keys = [];
  for (let n = Math.min(from, place); n <= Math.max(from, place); n += 1) {
    const row = data.entry(n)?.row;
    if (row) keys.push(`${row.store}/${row.key}`);
  }
  last = place;
  const { picked } = state();
  const isOff = keys.length > 0 && keys.every((key) => picked.includes(key));
  change({ picked: isOff ? picked.filter((key) => !keys.includes(key)) : [...new Set([...picked, ...keys])] }, { replace: true });
}
