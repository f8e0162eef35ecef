// @ts-check
// The state of the page, all of which stands in its address.
import { keepSettings, keptSettings, readSettings, writeSettings } from "./charts/settings.js";
import { copy } from "./transport.js";

/**
 * @typedef {object} State
 * @property {string} q the query
 * @property {string[]} off parts of the query that are switched off
 * @property {string} sort fields, separated by commas
 * @property {string[]} columns names; none: the usual ones
 * @property {string[]} sparks columns of metrics that are shown as curves
 * @property {string[]} stores keys; none: all
 * @property {boolean} trash
 * @property {string} run STORE/KEY of the run that is open
 * @property {string} tab of the run
 * @property {string} item within the tab: a file, a line
 * @property {string} alone "run": without the list
 * @property {string[]} picked STORE/KEY of the runs that are selected
 * @property {string[]} by fields that runs are grouped by; none: runs by themselves
 * @property {string[]} groups keys of the groups that are selected
 * @property {string} groupSort fields of groups, as in `sort`; runs: how many they have
 * @property {string} base STORE/KEY of the run that others are compared with; empty: none
 * @property {string} kind of the picture of all runs
 * @property {string} px field that is its x; empty: the first entry that differs
 * @property {string} py field that is its y; empty: the result
 * @property {string} pz field that is the second axis of a map; empty: the second entry that differs
 * @property {string} cell what a field of a map shows: mean, median, min, max, runs
 * @property {boolean} lowerX whether lower values of x are better
 * @property {string} mark number that groups are told apart by; empty: the first one
 * @property {string} groupBase key of the group that others are compared with; empty: the best
 * @property {boolean} lower whether lower values are better
 * @property {string} page "queue", "sweeps" or "launch"; empty: the runs
 * @property {string} launch name of what is launched
 * @property {string} sweep STORE/NAME of the sweep that is open
 * @property {string} panel what is shown of several runs: "charts"; empty: nothing
 * @property {import("./charts/settings.js").ChartSettings} chart how charts are drawn
 */

/** @type {Set<(state: State, before: State) => void>} */
const listeners = new Set();

/** @param {URLSearchParams} query @returns {State} */
function fromQuery(query) {
  return {
    q: query.get("q") ?? "",
    off: query.getAll("off"),
    sort: query.get("sort") ?? "",
    columns: query.getAll("col"),
    sparks: query.getAll("spark"),
    stores: query.getAll("store"),
    trash: query.has("trash"),
    run: query.get("run") ?? "",
    tab: query.get("tab") ?? "",
    item: query.get("item") ?? "",
    alone: query.get("alone") ?? "",
    picked: query.getAll("pick"),
    by: query.getAll("by"),
    groups: query.getAll("group"),
    groupSort: query.get("groupsort") ?? "",
    base: query.get("base") ?? "",
    kind: query.get("kind") ?? "",
    px: query.get("px") ?? "",
    py: query.get("py") ?? "",
    pz: query.get("pz") ?? "",
    cell: query.get("cell") ?? "",
    lowerX: query.has("lowerx"),
    mark: query.get("mark") ?? "",
    groupBase: query.get("groupbase") ?? "",
    lower: query.has("lower"),
    page: query.get("page") ?? "",
    sweep: query.get("sweep") ?? "",
    launch: query.get("launch") ?? "",
    panel: query.get("panel") ?? "",
    chart: readSettings(query),
  };
}

/** @param {State} state */
export function asAddress(state) {
  const query = new URLSearchParams();
  if (state.q) query.set("q", state.q);
  for (const part of state.off) query.append("off", part);
  if (state.sort) query.set("sort", state.sort);
  for (const column of state.columns) query.append("col", column);
  for (const column of state.sparks) query.append("spark", column);
  for (const store of state.stores) query.append("store", store);
  if (state.trash) query.set("trash", "1");
  for (const run of state.picked) query.append("pick", run);
  for (const field of state.by) query.append("by", field);
  for (const group of state.groups) query.append("group", group);
  if (state.groupSort && state.by.length) query.set("groupsort", state.groupSort);
  if (state.base && state.panel) query.set("base", state.base);
  for (const name of /** @type {const} */ (["kind", "px", "py", "pz", "cell"])) if (state[name] && state.panel) query.set(name, state[name]);
  if (state.mark && state.by.length) query.set("mark", state.mark);
  if (state.groupBase && state.by.length) query.set("groupbase", state.groupBase);
  if (state.lower && (state.panel || state.by.length)) query.set("lower", "1");
  if (state.lowerX && state.panel) query.set("lowerx", "1");
  if (state.panel) query.set("panel", state.panel);
  if (state.page) query.set("page", state.page);
  if (state.page && state.sweep) query.set("sweep", state.sweep);
  if (state.page === "launch" && state.launch) query.set("launch", state.launch);
  if (state.run) query.set("run", state.run);
  if (state.run && state.tab) query.set("tab", state.tab);
  if (state.run && state.item) query.set("item", state.item);
  if ((state.run || state.panel) && state.alone) query.set("alone", state.alone);
  writeSettings(state.chart, query);
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return text ? `?${text}` : location.pathname;
}

/** @type {State} */
let current = fromQuery(new URLSearchParams(location.search || copy?.first || ""));
// Who comes without an address of something finds charts as they were left.
if (!location.search && !copy) current.chart = keptSettings();

export function state() {
  return current;
}

/**
 * Change a part of the state.
 * @param {Partial<State>} changes
 * @param {{replace?: boolean}} [how] replace: going back skips it
 */
export function change(changes, { replace = false } = {}) {
  const before = current;
  current = { ...current, ...changes };
  const text = asAddress(current);
  if (text === asAddress(before)) return;
  history[replace ? "replaceState" : "pushState"](null, "", text);
  for (const listen of listeners) listen(current, before);
}

/** Change how charts are drawn. @param {Partial<import("./charts/settings.js").ChartSettings>} changes */
export function setChart(changes) {
  const chart = { ...current.chart, ...changes };
  keepSettings(chart);
  change({ chart }, { replace: !("zoom" in changes) });
}

/** @param {(state: State, before: State) => void} listen @returns {() => void} ends it */
export function onChange(listen) {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

addEventListener("popstate", () => {
  const before = current;
  current = fromQuery(new URLSearchParams(location.search));
  for (const listen of listeners) listen(current, before);
});

/** Of a view: what restores the table and the charts, without the run that is open. @param {State} state */
export function viewAddress(state) {
  return asAddress({ ...state, run: "", tab: "", item: "", alone: "", page: "", sweep: "" }).replace(/^\?/, "").replace(location.pathname, "");
}

/** @param {string} text an address of `viewAddress` */
export function openView(text) {
  const { run, tab, item, alone, ...view } = fromQuery(new URLSearchParams(text));
  change(view);
}
