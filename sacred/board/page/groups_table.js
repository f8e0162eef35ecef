// @ts-check
// The table while runs are grouped: a row for each group, which unfolds to its runs.
import { Problem, get } from "./api.js";
import { hovered, onHovered, setHovered } from "./charts/hovered.js";
import { button, el, fill, icon, statusMark } from "./dom.js";
import { cell, number, whole } from "./format.js";
import { markCell, markTools, markedField, pinButton, readMarks } from "./group_marks.js";
import { onStoreChange } from "./live.js";
import { chosenGroups, queryOf, readGroups, showRuns } from "./run_groups.js";
import { nextSort, sortKeys } from "./sorting.js";
import { change, onChange, state } from "./state.js";

/** @typedef {import("./run_groups.js").Groups} Groups */
/** @typedef {import("./run_groups.js").Group} Group */

const MOST_GROUPS = 500;
const MOST_MEMBERS = 100;
const SHOWN = 10;
const WAIT_MS = 2000;

export class GroupsTable {
  /**
   * @param {HTMLElement} root @param {() => import("./table_data.js").Column[]} columns of the table of runs
   * @param {(groups: Groups | null) => void} told called with the groups
   */
  constructor(root, columns, told) {
    this.columns = columns;
    this.told = told;
    this.element = el("div.groups", { hidden: true });
    root.append(this.element);
    /** @type {Groups | null} */
    this.groups = null;
    /** @type {Map<string, HTMLElement[]>} */
    this.open = new Map();
    /** @type {import("./group_marks.js").Marks | null} */
    this.marks = null;
    this.abort = new AbortController();
    /** @type {number | undefined} */
    this.timer = undefined;
    onChange((now, before) => {
      const names = /** @type {const} */ (["by", "q", "stores", "trash", "columns"]);
      if (names.some((name) => String(now[name]) !== String(before[name]))) void this.load();
      else if (now.groups !== before.groups || now.groupSort !== before.groupSort || now.panel !== before.panel) this.draw();
      const marked = /** @type {const} */ (["mark", "groupBase", "lower", "groups"]);
      if (marked.some((name) => String(now[name]) !== String(before[name]))) void this.mark();
    });
    onStoreChange(() => {
      clearTimeout(this.timer);
      if (state().by.length) this.timer = window.setTimeout(() => this.load(), WAIT_MS);
    });
    onHovered(() => this.link());
  }

  /** The numbers of which each group shows the mean. */
  values() {
    const names = this.columns().filter(({ kind, path }) => kind === "metric" || path === "result").map(({ name }) => name);
    return names.length ? names : ["result"];
  }

  async load() {
    const isOn = state().by.length > 0;
    document.body.classList.toggle("grouped", isOn);
    this.element.hidden = !isOn;
    this.abort.abort();
    this.abort = new AbortController();
    if (!isOn) { this.groups = null; this.told(null); return; }
    const { signal } = this.abort;
    try {
      this.groups = await readGroups(this.values(), signal);
    } catch (error) {
      if (!signal.aborted && error instanceof Problem) fill(this.element, el("div.empty", {}, el("h2", {}, error.details.title), error.message, button("No groups", () => change({ by: [] }), { text: true })));
      return;
    }
    if (signal.aborted) return;
    this.open.clear();
    this.marks = null;
    this.draw();
    this.told(this.groups);
    void this.mark();
  }

  /** Tell groups apart. */
  async mark() {
    const { groups, abort } = this;
    if (!groups || groups.groups.length < 2) return;
    this.draw();
    const marks = await readMarks(groups, abort.signal).catch(() => null);
    if (!marks || groups !== this.groups || marks.field !== markedField(groups)) return;
    this.marks = marks;
    this.draw();
  }

  draw() {
    const { groups } = this;
    if (!groups || !state().by.length) return;
    const looked = new Map(state().panel ? chosenGroups(groups, SHOWN).map((group) => [group.key, group]) : []);
    const rows = this.sorted(groups).slice(0, MOST_GROUPS).flatMap((group) => [this.row(group, looked.get(group.key)), ...(this.open.get(group.key) ?? [])]);
    const heads = [...groups.fields.map((n) => this.head(groups.by[n], false)), this.head("runs", true), ...groups.values.flatMap((name) => [this.head(name, true), name === this.marked() ? el("th", { scope: "col" }, state().groupBase ? "against the baseline" : "against the best") : null])].filter((head) => head !== null);
    const warnings = groups.problems.slice(0, 1).map((text) => el("div.warning", {}, icon("warn"), el("span.grow", {}, text)));
    fill(this.element, ...warnings, this.marked() ? markTools(groups, this.marks) : null, groups.groups.length ? el("table", { "aria-label": "Groups of runs" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)) : el("div.empty", {}, el("h2", {}, "No runs match"), "Change the query, or show all runs."));
    this.link();
  }

  /** @param {string} name @param {boolean} isNumber */
  head(name, isNumber) {
    const key = sortKeys(state().groupSort).find((one) => one.name === name);
    const text = name.replace(/^(config|metrics)\./, "").replaceAll("_", " ");
    return el("th", { scope: "col", class: isNumber ? "number" : "", "aria-sort": key ? (key.descending ? "descending" : "ascending") : "none" },
      el("button", { type: "button", title: name, onclick: (/** @type {MouseEvent} */ event) => change({ groupSort: nextSort(state().groupSort, name, event.shiftKey) }) }, text, key ? icon(key.descending ? "down" : "up") : null));
  }

  /** The number that groups are told apart by; empty: there is nothing to tell apart. */
  marked() {
    return this.groups && this.groups.groups.length > 1 ? markedField(this.groups) : "";
  }

  fields() {
    return this.groups?.fields ?? [];
  }

  /** @param {Groups} groups */
  sorted({ by, values, groups }) {
    const keys = sortKeys(state().groupSort);
    const value = (/** @type {Group} */ group, /** @type {string} */ name) => (name === "runs" ? group.runs : by.includes(name) ? group.values[by.indexOf(name)] : group.numbers[values.indexOf(name)]?.mean ?? null);
    return [...groups].sort((a, b) => {
      for (const { name, descending } of keys) {
        const [left, right] = [value(a, name), value(b, name)];
        if (left === right) continue;
        if (left === null) return 1;
        if (right === null) return -1;
        return (left < right ? -1 : 1) * (descending ? -1 : 1);
      }
      return a.place - b.place;
    });
  }

  /** @param {Group} group @param {import("./charts/colours.js").Look | undefined} look */
  row(group, look) {
    const isOpen = this.open.has(group.key);
    const box = /** @type {HTMLInputElement} */ (el("input.pick", { type: "checkbox", "aria-label": `Select the group ${group.label}`, class: look ? `shown tone-${look.tone}` : "" }));
    box.checked = state().groups.includes(group.key);
    box.addEventListener("change", () => change({ groups: box.checked ? [...state().groups, group.key] : state().groups.filter((key) => key !== group.key) }, { replace: true }));
    const fold = el("button.fold", { type: "button", "aria-expanded": String(isOpen), "aria-label": `Runs of ${group.label}`, onclick: () => this.toggle(group) }, isOpen ? "▾" : "▸");
    const cells = this.fields().map((place, n) => el("td", { title: whole(group.values[place], "entry") }, n === 0 ? el("span.first", {}, fold, box, this.marked() ? pinButton(group) : null, text(group.values[place])) : text(group.values[place])));
    const statuses = Object.entries(group.statuses).map(([status, count]) => el("span.status", { class: status, title: `${count} ${status}` }, statusMark(status, false), Object.keys(group.statuses).length > 1 ? String(count) : null));
    const row = el("tr.group", { "data-key": group.key }, ...cells, el("td.number", {}, el("span.statuses", {}, ...statuses, el("b", {}, String(group.runs)))), ...group.numbers.flatMap((one, n) => [mean(one), this.groups?.values[n] === this.marked() ? markCell(group, this.marks) : null]).filter((td) => td !== null));
    row.addEventListener("click", (event) => { if (!/** @type {Element} */ (event.target).closest("button, input")) void this.toggle(group); });
    row.addEventListener("pointerenter", () => setHovered(group.key));
    row.addEventListener("pointerleave", () => setHovered(""));
    return row;
  }

  /** @param {Group} group */
  async toggle(group) {
    const { groups } = this;
    if (!groups || this.open.delete(group.key) || group.where === null) { this.draw(); return; }
    const { stores, trash } = state();
    const found = await get("runs", { q: queryOf(group), store: stores, trash: trash || null, column: ["id", "seed", ...groups.values], limit: MOST_MEMBERS }, this.abort.signal).catch(() => null);
    if (!found || this.groups !== groups) return;
    this.open.set(group.key, found.runs.map((/** @type {any} */ run, /** @type {number} */ n) => {
      const seed = found.data.seed[n];
      const name = el("button.link", { type: "button", onclick: () => change({ run: `${run.store}/${run.key}`, item: "" }) }, statusMark(run.status, false), `#${found.data.id[n]}`);
      return el("tr.member", {}, el("td", { colspan: groups.fields.length }, name, seed === null ? null : el("span.dim", {}, ` seed ${cell(seed, "entry")}`)), el("td"),
        ...groups.values.flatMap((value) => [el("td.number", {}, cell(found.data[value][n], "entry")), value === this.marked() ? el("td") : null]));
    }).concat(found.total > MOST_MEMBERS ? [el("tr.member", {}, el("td", { colspan: groups.fields.length + 2 + groups.values.length }, button(`All ${found.total} runs`, () => showRuns(group), { text: true })))] : []));
    this.draw();
  }

  link() {
    for (const row of this.element.querySelectorAll("tr.group")) row.classList.toggle("linked", /** @type {HTMLElement} */ (row).dataset.key === hovered());
  }
}

/** @param {any} value */
function text(value) {
  return value === null ? el("span.dim", {}, "–") : cell(value, "entry");
}

/** @param {import("./run_groups.js").Mean | null} found */
function mean(found) {
  if (!found) return el("td.number");
  const value = typeof found.mean === "number" ? number(found.mean) : String(found.mean);
  const about = `mean of ${found.count} run${found.count > 1 ? "s" : ""} that completed (of runs with one seed, their mean)${found.deviation === null ? "" : `; standard deviation ${number(found.deviation)}`}${found.margin === null ? "" : "; ± is the 95 % interval of the mean (Student's t)"}`;
  return el("td.number", { title: about }, value, found.margin === null ? null : el("span.dim", {}, ` ± ${Number(found.margin.toPrecision(2))}`), el("span.dim.count", {}, ` n=${found.count}`));
}
