// @ts-check
// Runs that are looked at together: what tells them apart, and a colour for each.
import { get } from "./api.js";
import { looks } from "./charts/colours.js";
import { machineLast, middle, plain } from "./format.js";
import { change } from "./state.js";

/** @typedef {{key: string, id: string | number, name: string | null, status: string | null, active: boolean, label: string, about: string, tone: number, dash: number, open: () => void}} ComparedRun */
/** @typedef {{name: string, values: any[], origins?: (string | null)[]}} ComparedEntry of each run, in their order */
/** @typedef {{runs: ComparedRun[], metrics: string[], parts: Record<string, ComparedEntry[]>, problems: string[]}} ComparedRuns */

const MOST_IN_LABEL = 3;

/**
 * @param {string[]} keys STORE/KEY of runs @param {string[]} [parts] that are compared @param {AbortSignal} [signal]
 * @returns {Promise<ComparedRuns>}
 */
export async function compareRuns(keys, parts = [], signal) {
  const found = keys.length ? await get("comparison", { run: keys, part: parts }, signal) : { runs: [], metrics: [], labels: [], parts: {}, problems: [] };
  const stores = new Set(found.runs.map((/** @type {any} */ run) => run.store));
  const names = found.runs.map((/** @type {any} */ run) => `${run.store}/${run.key}`);
  const looked = looks(names);
  const runs = found.runs.map((/** @type {any} */ run, /** @type {number} */ n) => {
    const entries = telling(found.labels).map((/** @type {ComparedEntry} */ entry) => ({ name: entry.name, value: entry.values[n] }));
    const id = `${stores.size > 1 ? `${run.store} ` : ""}#${run.id}`;
    return { ...run, key: names[n], open: () => change({ run: names[n], item: "" }), label: [id, ...labelParts(entries)].join("  "), about: about(run, found.labels.map((/** @type {ComparedEntry} */ entry) => ({ name: entry.name, value: entry.values[n] }))), ...looked.get(names[n]) };
  });
  return { runs, metrics: ordered(found.metrics), parts: found.parts, problems: found.problems };
}

/** A few entries that tell the runs apart; one that goes with another adds nothing. @param {ComparedEntry[]} entries */
function telling(entries) {
  const missing = (/** @type {ComparedEntry} */ entry) => entry.values.filter((value) => value === null).length;
  /** @type {ComparedEntry[]} */
  const kept = [];
  let distinct = 1;
  for (const entry of [...entries].sort((a, b) => missing(a) - missing(b))) {
    const count = new Set(entry.values.map((_, n) => JSON.stringify([...kept, entry].map(({ values }) => values[n])))).size;
    if (count > distinct && kept.length < MOST_IN_LABEL) { kept.push(entry); distinct = count; }
  }
  return entries.filter((entry) => kept.includes(entry));
}

/** @param {{name: string, value: any}[]} entries */
function labelParts(entries) {
  return entries.filter(({ value }) => value !== null)
    .map(({ name, value }) => (name === "name" ? String(value) : `${shortName(name, entries)}=${middle(plain(value), 24)}`));
}

/** The last part of a name, if no other ends so. @param {string} name @param {{name: string}[]} entries */
function shortName(name, entries) {
  const last = name.split(".").at(-1) ?? name;
  return entries.filter((entry) => entry.name.split(".").at(-1) === last).length === 1 ? last : name;
}

/** @param {any} run @param {{name: string, value: any}[]} entries */
function about(run, entries) {
  return [`${run.name ?? "run"} #${run.id} ${run.status ?? ""}`, ...entries.slice(0, 30).map(({ name, value }) => `${name} = ${plain(value)}`)].join("\n");
}

/** Those that most runs have first; those of the machine last. @param {{name: string, runs: number}[]} metrics */
function ordered(metrics) {
  return machineLast([...metrics].sort((a, b) => b.runs - a.runs || (a.name < b.name ? -1 : 1)).map(({ name }) => name));
}
