// @ts-check
// Which entries go with a number: rank correlation, and what Optuna says if it is installed.
import { get } from "../api.js";
import { el, fill } from "../dom.js";
import { state } from "../state.js";
import { short, textOf } from "./drawing.js";
import { rankCorrelation, sharedVariance } from "./statistics.js";

/** @typedef {import("./data.js").AcrossData} AcrossData */
/** @typedef {{method: string | null, about: string, runs: number, entries: {name: string, share: number}[]}} Explained */

/** @param {AcrossData} data */
function found(data) {
  const rows = data.rows.filter(({ y }) => y !== null && Number.isFinite(y));
  return data.entries.map((name, n) => {
    const known = rows.filter((row) => row.entries[n] !== null);
    const y = known.map((row) => Number(row.y));
    const isNumeric = known.length > 0 && known.every((row) => typeof row.entries[n] === "number");
    const value = isNumeric ? rankCorrelation(known.map((row) => row.entries[n]), y) : sharedVariance(known.map((row) => textOf(row.entries[n])), y);
    return { name, value, isNumeric, count: known.length, size: value === null ? -1 : isNumeric ? Math.abs(value) : Math.sqrt(value) };
  }).sort((a, b) => b.size - a.size);
}

/** @param {AcrossData} data */
export function importance(data) {
  const lines = found(data).map(({ name, value, isNumeric, count, size }) => el("tr", {}, el("th", { scope: "row" }, short(name)), el("td.number", {}, value === null ? "–" : `${isNumeric ? "ρ" : "η²"} = ${value.toFixed(3)}`), el("td", {}, share(Math.max(0, size), isNumeric && Number(value) < 0)), el("td.number.dim", {}, `n = ${count}`)));
  const others = el("div", {}, el("p.dim", {}, "Asking Optuna …"));
  void explain(data, others);
  return [el("table.data.importance", { "aria-label": `Importance for ${short(data.y)}` }, el("tbody", {}, ...lines)),
    el("p.dim", {}, `How each entry by itself goes with ${short(data.y)}: Spearman's rank correlation ρ of numbers, and of other values the share η² of the variance of ranks that lies between them. `
      + "This assumes that an entry acts in one direction, and whatever the others are: it sees no interactions, cannot tell entries apart that were changed together, and says nothing of values that were not tried."), others];
}

/** @param {number} size 0 to 1 @param {boolean} isMinus */
function share(size, isMinus) {
  const bar = el("span.share", { class: isMinus ? "minus" : "" });
  bar.style.width = `${Math.round(160 * size)}px`;
  return bar;
}

/** What Optuna says of the same entries. @param {AcrossData} data @param {HTMLElement} place */
async function explain(data, place) {
  const { q, stores, trash, picked } = state();
  try {
    /** @type {Explained} */
    const answer = await get("importance", { q, store: stores, trash: trash || null, value: data.y, entry: data.entries, run: picked });
    const lines = answer.entries.map((entry) => el("tr", {}, el("th", { scope: "row" }, short(entry.name)), el("td.number", {}, entry.share.toFixed(3)), el("td", {}, share(entry.share, false))));
    fill(place, answer.method ? el("h3", {}, answer.method) : null,
      lines.length ? el("table.data.importance", { "aria-label": `${answer.method} for ${short(data.y)}` }, el("tbody", {}, ...lines)) : null, el("p.dim", {}, answer.about));
  } catch (error) {
    fill(place, el("p.dim", {}, /** @type {Error} */ (error).message));
  }
}

/** @param {AcrossData} data */
export function importanceRows(data) {
  return [["entry", "measure", "value", "n"], ...found(data).map(({ name, value, isNumeric, count }) => [short(name), isNumeric ? "rho" : "eta squared", value === null ? "" : String(value), String(count)])];
}
