// @ts-check
// What the seeds alone change in an experiment: its noise floor, for numbers of runs.
import { get } from "./api.js";

/** @typedef {{name: string, among: number, floor: number | null, runs: number, configurations: number, text: string}} Noise */

const PLAIN = /^[A-Za-z_]\w*$/;

/** The field of a metric's roll-up, as queries write it. @param {string} name such as loss.min */
export function metricField(name) {
  return ["metrics", ...name.split(".").map((step) => (PLAIN.test(step) ? step : JSON.stringify(step)))].join(".");
}

/** The noise floors of some fields, by their names. @param {string} run STORE/KEY of a run of the experiment @param {string[]} fields @param {AbortSignal} signal @param {number} [runs] how many are compared with each other @returns {Promise<Map<string, Noise>>} */
export async function readNoise(run, fields, signal, runs = 2) {
  if (!run || !fields.length) return new Map();
  const found = await get("noise", { run, value: fields, among: Math.max(2, runs) }, signal).catch(() => ({ numbers: [] }));
  return new Map(found.numbers.map((/** @type {Noise} */ one) => [one.name, one]));
}
