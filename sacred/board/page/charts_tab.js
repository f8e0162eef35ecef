// @ts-check
// The metrics of a run: a chart for each, made when it comes into view.
import { series } from "./api.js";
import { Chart, syncKey } from "./chart.js";
import { el, fill } from "./dom.js";
import { number } from "./format.js";
import { showEmpty } from "./notices.js";

const KEPT = "sacred.charts";
const BUCKETS = 400;
const MOST_AT_ONCE = 12;

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
    this.settings = { x: "step", log: false, smooth: 0, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
    this.search = /** @type {HTMLInputElement} */ (el("input.input", { type: "search", placeholder: `Find among ${run.metrics.length} metrics`, "aria-label": "Find a metric" }));
    this.grid = el("div.charts");
    /** @type {Map<string, {place: HTMLElement, chart: Chart | null}>} */
    this.charts = new Map();
    /** @type {Set<string>} */
    this.wanted = new Set();
    this.abort = new AbortController();
    this.sync = syncKey();
    root.append(this.tools(), this.grid);
    this.observer = new IntersectionObserver((entries) => this.seen(entries), { root, rootMargin: "200px" });
    this.search.addEventListener("input", () => this.draw());
    this.draw();
  }

  tools() {
    const x = /** @type {HTMLSelectElement} */ (el("select.input", { "aria-label": "x" }, ...[["step", "by step"], ["relative", "by time since the start"], ["time", "by time"]].map(([value, label]) => el("option", { value }, label))));
    x.value = this.settings.x;
    x.addEventListener("change", () => this.set({ x: x.value }));
    const log = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox" }));
    log.checked = this.settings.log;
    log.addEventListener("change", () => this.set({ log: log.checked }));
    const smooth = /** @type {HTMLInputElement} */ (el("input", { type: "range", min: 0, max: 0.99, step: 0.01 }));
    smooth.value = String(this.settings.smooth);
    smooth.addEventListener("input", () => this.set({ smooth: Number(smooth.value) }));
    return el("div.tools", {}, this.search, x, el("label", {}, log, "log y"), el("label", { title: "Exponential moving average; the raw curve stays behind" }, "smooth", smooth));
  }

  /** @param {Partial<{x: string, log: boolean, smooth: number}>} changes */
  set(changes) {
    this.settings = { ...this.settings, ...changes };
    localStorage.setItem(KEPT, JSON.stringify(this.settings));
    if (changes.x) this.read([...this.charts.keys()].filter((name) => this.charts.get(name)?.chart));
    for (const { chart } of this.charts.values()) chart?.set(this.settings);
  }

  draw() {
    const typed = this.search.value.toLowerCase();
    const names = this.run.metrics.filter((/** @type {string} */ name) => name.toLowerCase().includes(typed));
    this.observer.disconnect();
    const places = names.map((/** @type {string} */ name) => this.place(name));
    fill(this.grid, ...places);
    if (!names.length) fill(this.grid, el("span.dim", {}, "No metric has this in its name."));
    for (const place of places) this.observer.observe(place);
  }

  /** @param {string} name */
  place(name) {
    let known = this.charts.get(name);
    if (!known) {
      const place = el("figure.chart", { "data-metric": name, "aria-label": name }, el("h3", {}, el("span", { title: name }, name), el("span.last")));
      place.style.margin = "0";
      known = { place, chart: null };
      this.charts.set(name, known);
    }
    return known.place;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  seen(entries) {
    for (const entry of entries) {
      const name = /** @type {HTMLElement} */ (entry.target).dataset.metric ?? "";
      if (entry.isIntersecting && !this.charts.get(name)?.chart) this.wanted.add(name);
    }
    // All that come into view together are asked for together.
    queueMicrotask(() => {
      const names = [...this.wanted];
      this.wanted.clear();
      for (let n = 0; n < names.length; n += MOST_AT_ONCE) this.read(names.slice(n, n + MOST_AT_ONCE));
    });
  }

  /** @param {string[]} names */
  async read(names) {
    if (!names.length) return;
    const parameters = { run: `${this.run.store}/${this.run.key}`, name: names, x: this.settings.x, buckets: BUCKETS };
    const curves = await series(parameters, this.abort.signal).catch(() => []);
    for (const curve of curves) this.show(curve);
  }

  /** @param {import("./api.js").Curve} curve */
  show(curve) {
    const known = this.charts.get(curve.name);
    if (!known) return;
    const last = /** @type {HTMLElement} */ (known.place.querySelector(".last"));
    if (curve.error || !curve.buckets) {
      last.textContent = curve.error ?? "no numbers";
      return;
    }
    last.textContent = `${number(curve.last[curve.buckets - 1])}`;
    last.title = `the last of ${curve.points} points; least ${number(least(curve.low))}, largest ${number(largest(curve.high))}`;
    known.chart ??= new Chart(known.place, this.sync, (from, to) => this.zoom(curve.name, from, to));
    known.chart.show(curve, this.settings);
  }

  /** Finer buckets of what is looked at. @param {string} name @param {number | null} from @param {number | null} to */
  async zoom(name, from, to) {
    const parameters = { run: `${this.run.store}/${this.run.key}`, name, x: this.settings.x, buckets: BUCKETS, from, to };
    const [curve] = await series(parameters, this.abort.signal).catch(() => []);
    if (curve?.buckets) this.charts.get(name)?.chart?.show(curve, this.settings);
  }

  /** @param {any} run */
  update(run) {
    const isOther = String(run.metrics) !== String(this.run.metrics);
    this.run = run;
    if (isOther) this.draw();
    // A curve that is looked at closely is not moved away.
    this.read([...this.charts].filter(([, { chart }]) => chart && !chart.isZoomed).map(([name]) => name));
  }

  close() {
    this.abort.abort();
    this.observer.disconnect();
    for (const { chart } of this.charts.values()) chart?.close();
  }
}

/** @param {Float64Array} numbers */
function least(numbers) {
  return numbers.reduce((a, b) => (b < a || Number.isNaN(a) ? b : a), NaN);
}

/** @param {Float64Array} numbers */
function largest(numbers) {
  return numbers.reduce((a, b) => (b > a || Number.isNaN(a) ? b : a), NaN);
}
