// @ts-check
// One run, beside the list: its head, and a tab for each part.
import { Problem, get, runPath } from "./api.js";
import { chartsTab } from "./charts_tab.js";
import { configTab } from "./config_tab.js";
import { button, el, fill, icon, isReadOnly, statusMark } from "./dom.js";
import { Editor } from "./editor.js";
import { filesTab, otherArtifacts } from "./files_tab.js";
import { onStoreChange } from "./live.js";
import { lineageTab } from "./lineage_tab.js";
import { mediaTab } from "./media_tab.js";
import { showEmpty } from "./notices.js";
import { outputTab } from "./output_tab.js";
import { overviewTab } from "./overview_tab.js";
import { recordTab } from "./record_tab.js";
import { sourcesTab } from "./sources_tab.js";
import { change, onChange, state } from "./state.js";

/** @typedef {any} Run what `GET runs/STORE/KEY` gives */
/** @typedef {{update?: (run: Run) => void, close?: () => void}} Tab */

/** @type {{id: string, label: string, make: (root: HTMLElement, run: Run, editor: Editor) => Tab | void, count?: (run: Run) => number, hidden?: (run: Run) => boolean}[]} */
const TABS = [
  { id: "overview", label: "Overview", make: overviewTab },
  { id: "metrics", label: "Metrics", make: chartsTab, count: (run) => run.metrics.length },
  { id: "media", label: "Media", make: mediaTab, count: (run) => run.media.length, hidden: (run) => !run.media.length },
  { id: "config", label: "Config", make: configTab },
  { id: "output", label: "Output", make: outputTab },
  { id: "files", label: "Files", make: filesTab, count: (run) => otherArtifacts(run).length + run.resources.length },
  { id: "lineage", label: "Lineage", make: lineageTab, hidden: (run) => !run.artifacts.length && !run.resources.length },
  { id: "sources", label: "Sources", make: sourcesTab, count: (run) => run.sources.length },
  { id: "record", label: "Record", make: recordTab },
];

export class RunPanel {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Run | null} */
    this.run = null;
    this.asked = 0;
    this.name = "";
    /** @type {Tab | void} */
    this.tab = undefined;
    this.shownTab = "";
    this.head = el("div.title");
    this.tabs = el("div.tabs", { role: "tablist" });
    this.warnings = el("div");
    this.body = el("div.body", { role: "tabpanel", tabindex: "-1" });
    root.append(this.head, this.tabs, this.warnings, this.body);
    this.editor = new Editor((run) => this.changed(run));
    onChange((now, before) => {
      if (now.run !== before.run) this.load();
      else if (now.tab !== before.tab) this.showTab();
      if (now.alone !== before.alone && this.run) this.drawHead();
    });
    onStoreChange((found) => {
      if (!this.run) return;
      const isThis = found === null || (found.store === this.run.store && found.changed.includes(this.run.key));
      if (isThis) this.refresh();
    });
    this.load();
  }

  async load() {
    const name = state().run;
    this.name = name;
    if (!name) { this.closeTab(); this.run = null; return; }
    const run = await this.fetch(name);
    if (!run || this.name !== name) return;
    this.run = run;
    this.editor.run = run;
    this.drawHead();
    this.closeTab();
    this.showTab();
  }

  async refresh() {
    const name = this.name;
    this.asked += 1;
    const asked = this.asked;
    const run = await this.fetch(name);
    // An answer that was overtaken by a later one is out of date.
    if (run && this.name === name && asked === this.asked) this.changed(run);
  }

  /** @param {Run} run */
  changed(run) {
    this.run = run;
    this.editor.run = run;
    this.drawHead();
    this.tab?.update?.(run);
  }

  /** @param {string} name */
  async fetch(name) {
    const [store, ...key] = name.split("/");
    try {
      return await get(runPath(store, key.join("/")));
    } catch (error) {
      if (!(error instanceof Problem) || this.name !== name) return null;
      if (this.run && error.status === 0) return null; // what is shown stays
      this.closeTab();
      fill(this.head, el("h2.grow", {}, key.join("/")), this.closeButton());
      fill(this.tabs);
      fill(this.warnings);
      showEmpty(this.body, error.details.title, error.message, { label: "Close", act: () => change({ run: "" }) });
      return null;
    }
  }

  closeButton() {
    return button("Close (Esc)", () => change({ run: "", tab: state().tab, alone: "" }), { icon: "close", plain: true });
  }

  drawHead() {
    const run = this.run;
    document.title = `${run.id} ${run.name ?? ""} – sacred board`;
    const isAlone = state().alone === "run";
    const tools = isReadOnly() ? [] : this.editor.tools();
    fill(this.head, statusMark(run.status), el("h2", { title: `${run.name ?? ""} ${run.id}` }, `${run.name ?? "run"} `, el("span.dim", {}, `#${run.id}`)),
      el("span.grow"), ...tools,
      button(isAlone ? "With the list (f)" : "Alone (f)", () => change({ alone: isAlone ? "" : "run" }), { icon: "full", plain: true }), this.closeButton());
    fill(this.tabs, ...this.shownTabs().map((tab) => {
      const isShown = this.current() === tab.id;
      const count = tab.count?.(run);
      return el("button", { type: "button", role: "tab", "aria-selected": String(isShown), tabindex: isShown ? "0" : "-1", "data-tab": tab.id,
        onclick: () => change({ tab: tab.id, item: "" }), onkeydown: (/** @type {KeyboardEvent} */ event) => this.tabKey(event) },
        tab.label, count ? el("span.count", {}, String(count)) : null);
    }));
    fill(this.warnings, ...run.problems.slice(0, 3).map((/** @type {string} */ text) => el("div.warning", {}, icon("warn"), el("span.grow", {}, text))),
      run.in_trash ? el("div.warning", {}, icon("trash"), el("span.grow", {}, "This run is in the trash."), ...this.editor.restoreTool()) : null);
  }

  /** @param {KeyboardEvent} event */
  tabKey(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    this.step(by);
    /** @type {HTMLElement | null} */ (this.tabs.querySelector('[aria-selected="true"]'))?.focus();
  }

  /** Show the next tab, or the one before. @param {number} by */
  step(by) {
    const tabs = this.shownTabs();
    const n = tabs.findIndex((tab) => tab.id === this.current());
    change({ tab: tabs[(n + by + tabs.length) % tabs.length].id, item: "" });
  }

  shownTabs() {
    return TABS.filter((tab) => !this.run || !tab.hidden?.(this.run));
  }

  current() {
    return this.shownTabs().some((tab) => tab.id === state().tab) ? state().tab : "overview";
  }

  showTab() {
    if (!this.run) return;
    if (this.shownTab !== this.current() || !this.tab) {
      this.closeTab();
      this.shownTab = this.current();
      const tab = TABS.find((one) => one.id === this.shownTab);
      this.body.scrollTop = 0;
      this.tab = tab?.make(this.body, this.run, this.editor) ?? {};
    }
    this.drawHead();
  }

  closeTab() {
    this.tab?.close?.();
    this.tab = undefined;
    this.shownTab = "";
    fill(this.body);
    if (!this.name) document.title = "Runs – sacred board";
  }
}
