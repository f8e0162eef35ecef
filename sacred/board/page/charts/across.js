// @ts-check
// Charts of several runs: one for each metric, with a legend of what differs between the runs.
import { el, fill } from "../dom.js";
import { showEmpty } from "../notices.js";
import { change, onChange, setChart, state } from "../state.js";
import { ChartGrid } from "./grid.js";
import { hovered, onHovered, setHovered } from "./hovered.js";
import { chartTools } from "./settings.js";

/** @typedef {import("../compared_runs.js").ComparedRuns} ComparedRuns */

export class ChartsAcross {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.tools = el("div.tools");
    this.legend = el("div.legend", { role: "list", "aria-label": "Runs" });
    this.blank = el("div", { hidden: true });
    this.grid = new ChartGrid(root, setChart);
    root.append(this.tools, this.legend, this.blank, this.grid.element);
    /** @type {ComparedRuns | null} */
    this.runs = null;
    this.stop = onChange((now, before) => {
      if (now.chart === before.chart || !this.runs) return;
      if (!this.tools.contains(document.activeElement) || now.chart.zoom !== before.chart.zoom) this.drawTools(this.runs);
      this.grid.show(this.runs.runs, this.runs.metrics, now.chart);
    });
    this.endHover = onHovered((key) => {
      for (const item of this.legend.children) item.classList.toggle("linked", /** @type {HTMLElement} */ (item).dataset.key === key);
    });
  }

  /** @param {ComparedRuns} runs */
  show(runs) {
    const isOther = String(this.runs?.metrics) !== String(runs.metrics);
    this.runs = runs;
    const isEmpty = !runs.metrics.length;
    for (const part of [this.tools, this.legend, this.grid.element]) part.hidden = isEmpty;
    this.blank.hidden = !isEmpty;
    if (isEmpty) {
      showEmpty(this.blank, "No metrics", "None of these runs has logged any. To log one:", { code: '_run.log_scalar("loss", value, step)' });
      return;
    }
    if (isOther && !this.tools.contains(document.activeElement)) this.drawTools(runs);
    fill(this.legend, ...runs.runs.map((run) => legendItem(run)));
    this.grid.show(runs.runs, runs.metrics, state().chart);
  }

  /** @param {ComparedRuns} runs */
  drawTools(runs) {
    fill(this.tools, ...chartTools(state().chart, runs.metrics, setChart));
  }

  refresh() {
    this.grid.refresh();
  }

  close() {
    this.stop();
    this.endHover();
    this.grid.close();
  }
}

/** @param {import("../compared_runs.js").ComparedRun} run */
function legendItem(run) {
  const open = () => change({ run: run.key, item: "" });
  const item = el("button.item", { type: "button", title: run.about, onclick: open }, el("span", { class: `swatch tone-${run.tone} dash-${run.dash}` }), run.label);
  const place = el("div.entry", { role: "listitem", "data-key": run.key, class: run.key === hovered() ? "linked" : "" }, item);
  place.addEventListener("pointerenter", () => setHovered(run.key));
  place.addEventListener("pointerleave", () => setHovered(""));
  return place;
}
