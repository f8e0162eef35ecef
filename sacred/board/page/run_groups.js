// @ts-check
// Runs folded into groups of equal values, with a colour for each group that is shown.
import { get } from "./api.js";
import { looks } from "./charts/colours.js";
import { middle, plain } from "./format.js";
import { change, state } from "./state.js";
import { both } from "./status_query.js";

/** @typedef {{count: number, mean: number | string, deviation: number | null, margin: number | null}} Mean */
/**
 * @typedef {object} Group
 * @property {string} key stands for it in the address
 * @property {number} place in the list of the API
 * @property {any[]} values of the fields
 * @property {number} runs
 * @property {Record<string, number>} statuses
 * @property {(Mean | null)[]} numbers
 * @property {string | null} where a query for its runs
 * @property {string[]} members STORE/KEY of the first ones
 * @property {string} label
 * @property {string} about
 */
/** @typedef {{by: string[], fields: number[], values: string[], groups: Group[], total: number, problems: string[]}} Groups fields: places of those in `by` that differ */

/** What the API is asked for. @param {import("./state.js").State} state */
export function groupRequest({ by, q, stores, trash }) {
  return { by, q, store: stores, trash: trash || null };
}

/** @param {string[]} values fields of which the means are wanted @param {AbortSignal} signal @returns {Promise<Groups>} */
export async function readGroups(values, signal) {
  const found = await get("groups", { ...groupRequest(state()), value: values }, signal);
  const short = found.by.map((/** @type {string} */ name) => name.replace(/^config\./, ""));
  const differs = (/** @type {number} */ n) => new Set(found.groups.map((/** @type {any} */ group) => JSON.stringify(group.values[n]))).size > 1;
  const varying = short.map((/** @type {string} */ _, /** @type {number} */ n) => n).filter(differs);
  const fields = varying.length ? varying : short.map((/** @type {string} */ _, /** @type {number} */ n) => n);
  const groups = found.groups.map((/** @type {any} */ group, /** @type {number} */ place) => {
    const parts = fields.map((/** @type {number} */ n) => `${short[n]}=${group.values[n] === null ? "–" : middle(plain(group.values[n]), 24)}`);
    return { ...group, place, key: JSON.stringify(group.values), label: `${parts.slice(0, 4).join("  ") || "all"}  n=${group.runs}`, about: [...parts, `${group.runs} runs`].join("\n") };
  });
  return { ...found, fields, groups };
}

/** The groups that charts show. @param {Groups} found @param {number} most if none is selected */
export function chosenGroups(found, most) {
  const { groups } = state();
  const chosen = groups.length ? found.groups.filter(({ key }) => groups.includes(key)) : found.groups.slice(0, most);
  const looked = looks(chosen.map(({ key }) => key));
  return chosen.map((group) => ({ ...group, .../** @type {import("./charts/colours.js").Look} */ (looked.get(group.key)), open: () => showRuns(group) }));
}

/** The runs of a group, by themselves. @param {Group} group */
export function showRuns(group) {
  if (group.where !== null) change({ q: queryOf(group), by: [], groups: [] });
}

/** @param {Group} group */
export function queryOf(group) {
  return both(state().q, group.where ?? "");
}
