// @ts-check
// Whether groups can be told from the best one, or from one that is pinned.
import { get } from "./api.js";
import { saveMenu } from "./across/saving.js";
import { check, choice } from "./charts/settings.js";
import { button, el } from "./dom.js";
import { number } from "./format.js";
import { groupRequest } from "./run_groups.js";
import { change, state } from "./state.js";

/** @typedef {import("./run_groups.js").Groups} Groups */
/** @typedef {import("./run_groups.js").Group} Group */
/** @typedef {{group: number, difference: number | null, low: number | null, high: number | null, interval: string, p: number | null, p_text: string, paired: boolean, counts: number[], differs: boolean, possible: boolean, text: string}} Mark */
/** @typedef {{field: string, base: number | null, better: string, comparisons: number, groups: Mark[], problem: string}} Marks */

const MOST = 40;

/** The number that groups are compared by. @param {Groups} groups */
export function markedField(groups) {
  return groups.values.includes(state().mark) ? state().mark : groups.values[0] ?? "";
}

/** @param {Groups} groups @param {AbortSignal} signal @returns {Promise<Marks>} */
export async function readMarks(groups, signal) {
  const { groups: chosen, groupBase, lower } = state();
  const field = markedField(groups);
  const base = groups.groups.find(({ key }) => key === groupBase);
  const wanted = groups.groups.filter(({ key }) => !chosen.length || chosen.includes(key) || key === groupBase);
  const nothing = { field, base: null, better: "", comparisons: 0, groups: [] };
  if (wanted.length > MOST) return { ...nothing, problem: `More than ${MOST} groups: select some of them to see which can be told apart.` };
  // Roll-ups say themselves what is better, unless somebody has.
  const better = lower ? "lower" : /\.(min|max)$/.test(field) ? null : "higher";
  try {
    const found = await get("groups/marks", { ...groupRequest(state()), value: field, group: wanted.map(({ place }) => place), base: base?.place, better }, signal);
    return { field, ...found, problem: found.groups.length ? "" : "Fewer than two groups have a run that completed with this number." };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...nothing, problem: /** @type {Error} */ (error).message };
  }
}

/** What is compared, and what it means. @param {Groups} groups @param {Marks | null} marks */
export function markTools(groups, marks) {
  const field = markedField(groups);
  const pinned = groups.groups.find(({ key }) => key === state().groupBase);
  const about = marks && (marks.problem || `Permutation tests over seeds, 5 % for all ${marks.comparisons} comparisons together (Holm)`);
  return el("div.tools.marks", {}, el("span", {}, "Told apart by"),
    choice("The number that groups are compared by", groups.values.map((name) => [name, name.replace(/^metrics\./, "")]), field, (value) => change({ mark: value })),
    check("lower is better", state().lower, (isOn) => change({ lower: isOn })),
    pinned ? button(`Against ${pinned.label}`, () => change({ groupBase: "" }), { icon: "close", text: true }) : el("span", {}, "against the best"),
    saveMenu(() => null, () => groupRows(groups, marks), "groups"), about ? el("span.dim", {}, about) : null);
}

/** Groups as a table. @param {Groups} groups @param {Marks | null} marks */
function groupRows({ by, values, groups }, marks) {
  const head = [...by, "runs", ...values.flatMap((name) => [`${name} mean`, `${name} margin`, `${name} n`]), "against", "difference", "low", "high", "p", "differs"];
  const against = groups.find(({ place }) => place === marks?.base)?.label ?? "";
  return [head, ...groups.map((group) => {
    const mark = marks?.groups.find((one) => one.group === group.place);
    return [...group.values, group.runs, ...group.numbers.flatMap((one) => [one?.mean, one?.margin, one?.count]), mark && against, mark?.difference, mark?.low, mark?.high, mark?.p, mark?.differs];
  })];
}

/** @param {Group} group @param {Marks | null} marks */
export function markCell(group, marks) {
  if (!marks || marks.base === null) return el("td.mark");
  if (group.place === marks.base) return el("td.mark", {}, el("b", {}, state().groupBase ? "baseline" : "best"), rivals(marks));
  const found = marks.groups.find((one) => one.group === group.place);
  if (!found) return el("td.mark.dim", {}, "–");
  const pairs = found.paired ? `${found.counts[0]} pairs of seeds` : `${found.counts.join(" + ")} runs`;
  if (found.differs && found.difference !== null) {
    return el("td.mark", { title: `${found.text}\n${pairs}` }, el("span", {}, signed(found.difference)), el("span.dim", {}, ` ${found.interval} p = ${found.p_text}`));
  }
  const why = found.p === null ? "no number" : found.possible ? "not distinguishable" : "too few runs to tell";
  return el("td.mark", { title: `${found.text}\n${pairs}` }, el("span.tied", {}, `≈ ${why}`), found.difference === null ? null : el("span.dim", {}, ` ${signed(found.difference)}${found.possible ? ` ${found.interval} p = ${found.p_text}` : ""}`));
}

/** @param {Marks} marks */
function rivals(marks) {
  const count = marks.groups.filter(({ differs }) => !differs).length;
  return count ? el("span.dim", {}, `, not distinguishable from ${count} other${count > 1 ? "s" : ""}`) : null;
}

/** @param {number} value */
function signed(value) {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${number(Math.abs(Number(value.toPrecision(3))))}`;
}

/** Pins a group, that others are compared with. @param {Group} group */
export function pinButton(group) {
  const isPinned = state().groupBase === group.key;
  return button(isPinned ? "This group is the baseline" : `Compare with ${group.label}`, () => change({ groupBase: isPinned ? "" : group.key }), { icon: "pin", plain: true, pressed: isPinned });
}
