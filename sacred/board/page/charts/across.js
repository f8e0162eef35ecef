// @ts-check
// Charts of several runs: one for each metric, with a legend of what differs between the runs.
import { el, fill } from "../dom.js";
import { metricField, readNoise } from "../noise.js";
import { showEmpty } from "../notices.js";
import { onChange, setChart, state } from "../state.js";
import { ChartGrid } from "./grid.js";
import { hovered, onHovered, setHovered } from "./hovered.js";
import { chartTools } from "./settings.js";

/** @typedef {{key: string, label: string, about: string, tone: number, dash: number, open: () => void}} Entry of the legend */
/** @typedef {{entries: Entry[], metrics: string[], source: import("./sources.js").Source, isGrouped: boolean}} Shown */

const MOST_NOISE = 40;

export class ChartsAcross {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.tools = el("div.tools");
    this.legend = el("div.legend", { role: "list", "aria-label": "Runs" });
    this.blank = el("div", { hidden: true });
    this.grid = new ChartGrid(root, setChart);
    root.append(this.tools, this.legend, this.blank, this.grid.element);
    /** @type {Shown | null} */
    this.shown = null;
    this.noiseOf = "";
    this.abort = new AbortController();
    this.stop = onChange((now, before) => {
      if (now.chart === before.chart || !this.shown) return;
      if (!this.tools.contains(document.activeElement) || now.chart.zoom !== before.chart.zoom) this.drawTools(this.shown);
      this.grid.show(this.shown.source, this.shown.metrics, now.chart);
    });
    this.endHover = onHovered((key) => {
      for (const item of this.legend.children) item.classList.toggle("linked", /** @type {HTMLElement} */ (item).dataset.key === key);
    });
  }

  /** @param {Shown} shown */
  show(shown) {
    const isOther = JSON.stringify([this.shown?.metrics, this.shown?.isGrouped]) !== JSON.stringify([shown.metrics, shown.isGrouped]);
    this.shown = shown;
    const isEmpty = !shown.metrics.length;
    for (const part of [this.tools, this.legend, this.grid.element]) part.hidden = isEmpty;
    this.blank.hidden = !isEmpty;
    if (isEmpty) {
      showEmpty(this.blank, "No metrics", "None of these runs has logged any. To log one:", { code: '_run.log_scalar("loss", value, step)' });
      return;
    }
    if (isOther && !this.tools.contains(document.activeElement)) this.drawTools(shown);
    fill(this.legend, ...shown.entries.map((entry) => legendItem(entry)));
    this.grid.show(shown.source, shown.metrics, state().chart);
    void this.learnNoise(shown);
  }

  /** What seeds alone change, in the experiment of these runs; groups show it themselves. @param {Shown} shown */
  async learnNoise(shown) {
    const experiment = shown.isGrouped ? "" : shown.entries[0]?.key ?? "";
    const metrics = shown.metrics.filter((name) => !name.startsWith("system.")).slice(0, MOST_NOISE);
    const wanted = JSON.stringify([experiment, metrics]);
    if (wanted === this.noiseOf) return;
    this.noiseOf = wanted;
    const fields = metrics.map((name) => metricField(`${name}.last`));
    const found = await readNoise(experiment, fields, this.abort.signal);
    if (wanted === this.noiseOf && !this.abort.signal.aborted) this.grid.setNoise(new Map(metrics.flatMap((name, n) => { const one = found.get(fields[n]); return one ? [[name, one]] : []; })));
  }

  /** @param {Shown} shown */
  drawTools(shown) {
    fill(this.tools, ...chartTools(state().chart, shown.metrics, setChart, shown.isGrouped));
  }

  refresh() {
    this.grid.refresh();
  }

  close() {
    this.abort.abort();
    this.stop();
    this.endHover();
    this.grid.close();
  }
}

/** @param {Entry} run */
function legendItem(run) {
  const item = el("button.item", { type: "button", title: run.about, onclick: run.open }, el("span", { class: `swatch tone-${run.tone} dash-${run.dash}` }), run.label);
  const place = el("div.entry", { role: "listitem", "data-key": run.key, class: run.key === hovered() ? "linked" : "" }, item);
  place.addEventListener("pointerenter", () => setHovered(run.key));
  place.addEventListener("pointerleave", () => setHovered(""));
  return place;
}
