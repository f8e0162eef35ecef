// @ts-check
// The metrics of a run.
import { ChartGrid } from "./charts/grid.js";
import { chartTools } from "./charts/settings.js";
import { runSource } from "./charts/sources.js";
import { el, fill } from "./dom.js";
import { machineLast, number } from "./format.js";
import { showEmpty } from "./notices.js";
import { onChange, setChart, state } from "./state.js";

/** @param {HTMLElement} root @param {any} run */
export function chartsTab(root, run) {
  if (!run.metrics.length) {
    showEmpty(root, "No metrics", run.active ? "They appear here as soon as the run logs one:" : "The run has logged none. To log one:", { code: '_run.log_scalar("loss", value, step)' });
    return { update: (/** @type {any} */ now) => { if (now.metrics.length) { fill(root); return chartsTab(root, now); } return undefined; } };
  }
  return new ChartsTab(root, run);
}

class ChartsTab {
  /** @param {HTMLElement} root @param {any} run */
  constructor(root, run) {
    this.run = run;
    this.tools = el("div.tools");
    this.grid = new ChartGrid(root, setChart, showLast);
    root.append(this.tools, this.grid.element);
    this.drawTools();
    this.stop = onChange((now, before) => {
      if (now.chart === before.chart) return;
      if (!this.tools.contains(document.activeElement) || now.chart.zoom !== before.chart.zoom) this.drawTools();
      this.draw();
    });
    this.draw();
  }

  drawTools() {
    fill(this.tools, ...chartTools(state().chart, machineLast(this.run.metrics), setChart));
  }

  draw() {
    this.grid.show(runSource([{ key: `${this.run.store}/${this.run.key}`, label: `#${this.run.id}`, tone: -1, dash: 0 }]), machineLast(this.run.metrics), state().chart);
  }

  /** @param {any} run */
  update(run) {
    const isOther = String(run.metrics) !== String(this.run.metrics);
    this.run = run;
    if (isOther) { this.drawTools(); this.draw(); }
    this.grid.refresh();
  }

  close() {
    this.stop();
    this.grid.close();
  }
}

/** @param {import("./charts/grid.js").Known} known */
function showLast({ place, found }) {
  const curve = found?.lines[0]?.curve;
  const last = /** @type {HTMLElement} */ (place.querySelector(".last"));
  if (!curve?.buckets || last.textContent) return;
  last.textContent = number(curve.last[curve.buckets - 1]);
  last.title = `the last of ${curve.points} points; least ${number(least(curve.low))}, largest ${number(largest(curve.high))}`;
}

/** @param {Float64Array} numbers */
function least(numbers) {
  return numbers.reduce((a, b) => (b < a || Number.isNaN(a) ? b : a), NaN);
}

/** @param {Float64Array} numbers */
function largest(numbers) {
  return numbers.reduce((a, b) => (b > a || Number.isNaN(a) ? b : a), NaN);
}
