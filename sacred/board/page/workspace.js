// @ts-check
// Several runs beside the list: those that are selected, else the first ones of the list.
import { AcrossRuns } from "./across/view.js";
import { Problem } from "./api.js";
import { ChartsAcross } from "./charts/across.js";
import { groupSource, runSource } from "./charts/sources.js";
import { COMPARED, Compare } from "./compare.js";
import { compareRuns } from "./compared_runs.js";
import { button, el, fill } from "./dom.js";
import { onStoreChange } from "./live.js";
import { showEmpty } from "./notices.js";
import { chosenGroups, groupRequest } from "./run_groups.js";
import { change, onChange, state } from "./state.js";

/** @typedef {import("./compared_runs.js").ComparedRuns} ComparedRuns */
/** @typedef {{show: (shown: import("./charts/across.js").Shown & ComparedRuns) => void, refresh: () => void, close: () => void}} Part */

const FIRST = 10;
const WAIT_MS = 1500;

/** @type {{id: string, label: string, parts: string[], make: (root: HTMLElement) => Part}[]} */
const PARTS = [
  { id: "charts", label: "Charts", parts: [], make: (root) => new ChartsAcross(root) },
  { id: "compare", label: "Compare", parts: COMPARED, make: (root) => new Compare(root) },
  { id: "across", label: "Across", parts: [], make: (root) => new AcrossRuns(root) },
];

export class Workspace {
  /** @param {HTMLElement} root @param {(runs: ComparedRuns | null) => void} told called with what is shown */
  constructor(root, told) {
    this.root = root;
    this.told = told;
    this.head = el("div.title");
    this.tabs = el("div.tabs", { role: "tablist", "aria-label": "Several runs" });
    this.body = el("div.body", { role: "tabpanel", tabindex: "-1" });
    root.append(this.head, this.tabs, this.body);
    /** @type {string[]} */
    this.first = [];
    /** @type {Part | null} */
    this.part = null;
    this.partName = "";
    this.shown = "";
    /** @type {import("./run_groups.js").Groups | null} */
    this.groups = null;
    this.asked = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    onChange((now, before) => {
      if (now.panel !== before.panel || now.picked !== before.picked || String(now.groups) !== String(before.groups) || now.chart.band !== before.chart.band || now.chart.members !== before.chart.members || now.run !== before.run) this.update();
      else if (now.alone !== before.alone) this.drawHead();
    });
    onStoreChange((found) => {
      const keys = this.keys();
      const isOfAll = state().panel === "across" && !state().picked.length;
      const concerns = found === null || (isOfAll && found.new.length > 0) || found.changed.some((key) => keys.includes(`${found.store}/${key}`));
      if (!concerns || !this.isOn()) return;
      // Changes come in bursts.
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => { this.shown = ""; void this.update().then(() => this.part?.refresh()); }, WAIT_MS);
    });
    if (state().picked.length) void this.update();
  }

  isOn() {
    return state().panel !== "" && !state().run;
  }

  /** Whether what is shown can show groups: they have curves, but no one configuration. */
  isOfGroups() {
    return state().panel === "charts" || state().panel === "";
  }

  /** The runs that are shown. */
  keys() {
    if (this.groups && this.isOfGroups()) return chosenGroups(this.groups, FIRST).map(({ members }) => members[0]);
    return state().picked.length ? state().picked : this.first;
  }

  /** @param {{store: string, key: string}[]} rows the first ones of the list */
  setFirst(rows) {
    this.first = rows.slice(0, FIRST).map(({ store, key }) => `${store}/${key}`);
    void this.update();
  }

  /** @param {import("./run_groups.js").Groups | null} groups null: runs by themselves */
  setGroups(groups) {
    this.groups = groups;
    this.shown = "";
    void this.update();
  }

  /** What charts show: runs, or groups. @param {ComparedRuns} runs */
  view(runs) {
    const { chart } = state();
    if (!this.groups || !this.isOfGroups()) return { ...runs, entries: runs.runs, source: runSource(runs.runs.map(({ key, label, tone, dash }) => ({ key, label, tone, dash }))), isGrouped: false };
    const groups = chosenGroups(this.groups, FIRST);
    return { ...runs, entries: groups, source: groupSource(groups, groupRequest(state()), chart), isGrouped: true };
  }

  async update() {
    if (!state().panel) {
      this.closePart();
      this.told(null);
      return;
    }
    // Groups that are asked for come by themselves.
    if (!this.isOn() || Boolean(this.groups) !== state().by.length > 0) return;
    const part = PARTS.find(({ id }) => id === state().panel) ?? PARTS[0];
    this.drawHead();
    const keys = this.keys();
    const wanted = JSON.stringify([part.id, keys, this.groups && state().groups, this.groups && state().chart.band, state().chart.members]);
    if (wanted === this.shown) return;
    this.shown = wanted;
    const asked = (this.asked += 1);
    const runs = await compareRuns(keys, part.parts).catch((error) => {
      if (asked === this.asked && error instanceof Problem) this.showProblem(error);
      return null;
    });
    if (!runs || asked !== this.asked || !this.isOn()) return;
    if (!runs.runs.length) {
      this.closePart();
      showEmpty(this.body, "No runs", "Select some in the list (x), or change the query.");
      return;
    }
    if (!this.part || this.partName !== part.id) {
      this.closePart();
      this.part = part.make(this.body);
      this.partName = part.id;
    }
    this.shown = wanted;
    // Where all runs are drawn, no row has a line of its own.
    this.told((this.groups && this.isOfGroups()) || part.id === "across" ? null : runs);
    this.part.show(this.view(runs));
  }

  /** @param {Problem} problem */
  showProblem(problem) {
    this.closePart();
    showEmpty(this.body, problem.details.title, problem.message, { label: "Try again", act: () => this.update() });
  }

  closePart() {
    this.part?.close();
    this.part = null;
    this.partName = "";
    this.shown = "";
    fill(this.body);
  }

  drawHead() {
    const { picked, alone, panel } = state();
    const count = this.keys().length;
    const isGrouped = this.groups && this.isOfGroups();
    const chosen = isGrouped ? state().groups : picked;
    const text = panel === "across" && !picked.length ? "all runs of the query" : this.groups && isGrouped ? (chosen.length ? `${count} selected group${count > 1 ? "s" : ""}` : `the first ${count} of ${this.groups.groups.length} groups`) : picked.length ? `${picked.length} selected run${picked.length > 1 ? "s" : ""}` : `the first ${count} runs of the list`;
    fill(this.head, el("h2", {}, `${PARTS.find(({ id }) => id === panel)?.label ?? "Charts"} `, el("span.dim", {}, text)), el("span.grow"),
      isGrouped && chosen.length ? button("Clear the selection", () => change({ groups: [] }), { text: true }) : chosen.length || isGrouped ? null : el("span.dim.hint", {}, "select runs with ", el("kbd", {}, "x")),
      button(alone ? "With the list (f)" : "Alone (f)", () => change({ alone: alone ? "" : "run" }), { icon: "full", plain: true }),
      button("Close (Esc)", () => change({ panel: "", alone: "" }), { icon: "close", plain: true }));
    this.tabs.hidden = PARTS.length < 2;
    fill(this.tabs, ...PARTS.map(({ id, label }) => el("button", { type: "button", role: "tab", "aria-selected": String(id === panel), tabindex: id === panel ? "0" : "-1", onclick: () => change({ panel: id }) }, label)));
  }
}
