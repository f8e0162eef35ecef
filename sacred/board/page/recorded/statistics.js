// @ts-check
// What a static copy says of noise.
import { NotCopied } from "./problems.js";
import { ofGroups } from "./tables.js";

/** @typedef {import("./transport.js").Copied} Copied */

/** @param {Copied} data @param {URLSearchParams} query */
export function marks(data, query) {
  const value = query.get("value") ?? "";
  const better = query.get("better") ?? (value.endsWith(".min") ? "lower" : "higher");
  const known = ofGroups(data.marks, query).find((one) => one.value === value && one.better === better);
  const count = known ? known.answer.groups.length + 1 : 0;
  // Which groups are compared decides how sure one can be: those of the copy are all.
  const isAll = query.getAll("group").length >= count;
  if (!known || !isAll || query.has("base")) throw new NotCopied("This copy compares all groups with the best one, by the first numbers; the board itself does more.");
  return known.answer;
}

/** @param {Copied} data @param {URLSearchParams} query */
export function noise(data, query) {
  const name = data.runs[query.get("run") ?? ""]?.run.name;
  const found = data.noise.find((one) => one.experiment === name);
  const among = Number(query.get("among") ?? 2);
  const nothing = (/** @type {string} */ field) => ({ name: field, among, floor: null, runs: 0, configurations: 0, text: "" });
  return { experiment: name ?? null, numbers: query.getAll("value").map((field) => found?.numbers.find((/** @type {any} */ one) => one.name === field && one.among >= among) ?? nothing(field)) };
}

/** @param {Copied} data @param {URLSearchParams} query */
export function importanceOf(data, query) {
  const [q, value, entries] = [query.get("q") ?? "", query.get("value") ?? "", query.getAll("entry")];
  const known = data.importance.find((one) => one.q === q && one.value === value && String(one.entry) === String(entries) && String(one.store) === String(query.getAll("store")));
  if (!known || query.has("run")) throw new NotCopied("This copy has what Optuna says of the results of its views; the board itself asks it about any number and any runs.");
  return known.answer;
}
