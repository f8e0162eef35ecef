// @ts-check
// A chart for each metric, made when it comes into view.
import { el, fill } from "../dom.js";
import { number } from "../format.js";
import { Chart, syncKey } from "./chart.js";
import { saveButton } from "./export.js";
import { zoomOf } from "./settings.js";

/** @typedef {import("./settings.js").ChartSettings} ChartSettings */
/** @typedef {import("./sources.js").Source} Source */
/** @typedef {{place: HTMLElement, chart: Chart | null, found: import("./sources.js").Found | null}} Known */

const BUCKETS = 400;
const MOST_CURVES_AT_ONCE = 40;
const MOST_CHARTS = 300;

export class ChartGrid {
  /**
   * @param {HTMLElement} scrolled what the charts are scrolled in
   * @param {(changes: Partial<ChartSettings>) => void} set
   * @param {(known: Known) => void} [told] called when the curves of a metric are there
   */
  constructor(scrolled, set, told = () => undefined) {
    this.set = set;
    this.told = told;
    this.element = el("div.charts");
    /** @type {Source} */
    this.source = { key: "", count: 0, read: async () => new Map() };
    /** @type {string[]} */
    this.metrics = [];
    /** @type {ChartSettings} */
    this.settings = /** @type {any} */ (null);
    /** The noise floors of last values, by metrics. @type {Map<string, import("../noise.js").Noise>} */
    this.noise = new Map();
    /** @type {Map<string, Known>} */
    this.known = new Map();
    /** @type {Set<string>} */
    this.wanted = new Set();
    this.abort = new AbortController();
    this.sync = syncKey();
    this.drawnNames = "";
    this.observer = new IntersectionObserver((entries) => this.seen(entries), { root: scrolled, rootMargin: "200px" });
  }

  /** @param {Source} source @param {string[]} metrics @param {ChartSettings} settings */
  show(source, metrics, settings) {
    const before = this.settings;
    const isOther = !before || before.x !== settings.x || before.zoom !== settings.zoom || source.key !== this.source.key;
    [this.source, this.metrics, this.settings] = [source, metrics, settings];
    this.element.className = `charts ${settings.size}`;
    this.draw();
    if (isOther) {
      // What is still coming is of other runs, or of another x.
      this.abort.abort();
      this.abort = new AbortController();
      this.refresh();
    } else for (const known of this.known.values()) this.showCurves(known);
  }

  draw() {
    const typed = this.settings.find.toLowerCase();
    const found = this.metrics.filter((name) => name.toLowerCase().includes(typed));
    const names = found.slice(0, MOST_CHARTS);
    if (this.drawnNames === JSON.stringify([names, found.length])) return;
    this.drawnNames = JSON.stringify([names, found.length]);
    this.observer.disconnect();
    const places = names.map((name) => this.place(name));
    const more = found.length > names.length ? el("span.dim", {}, `and ${found.length - names.length} more: find them by name`) : null;
    fill(this.element, ...places, more, names.length ? null : el("span.dim", {}, "No metric has this in its name."));
    for (const place of places) this.observer.observe(place);
  }

  /** @param {string} name */
  place(name) {
    let known = this.known.get(name);
    if (!known) {
      const place = el("figure.chart", { "data-metric": name, "aria-label": name });
      const one = { place, chart: null, found: null };
      place.append(el("h3", {}, el("span.name", { title: name }, name), el("span.last", {}, "…"), saveButton(name, () => one.chart)));
      this.known.set(name, one);
      known = one;
    }
    return known.place;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  seen(entries) {
    for (const entry of entries) {
      const name = /** @type {HTMLElement} */ (entry.target).dataset.metric ?? "";
      if (entry.isIntersecting && !this.known.get(name)?.found) this.wanted.add(name);
    }
    // All that come into view together are asked for together.
    queueMicrotask(() => {
      const names = [...this.wanted];
      this.wanted.clear();
      this.read(names);
    });
  }

  /** Read again what has been read. */
  refresh() {
    this.read([...this.known].filter(([, { found, place }]) => found && place.isConnected).map(([name]) => name));
  }

  /** @param {string[]} names */
  read(names) {
    const most = Math.max(1, Math.floor(MOST_CURVES_AT_ONCE / Math.max(1, this.source.count)));
    for (let n = 0; n < names.length; n += most) void this.readSome(names.slice(n, n + most));
  }

  /** @param {string[]} names */
  async readSome(names) {
    if (!names.length || !this.source.count) return;
    const { signal } = this.abort;
    const [from, to] = zoomOf(this.settings) ?? [null, null];
    // Beyond a few runs, fewer points each are as many in all.
    const buckets = Math.round(BUCKETS / Math.max(1, Math.sqrt(this.source.count / 10)));
    const found = await this.source.read(names, { x: this.settings.x, buckets, from, to }, signal).catch((error) => { if (!signal.aborted) this.showProblem(names, error); });
    if (!found || signal.aborted) return;
    for (const name of names) {
      const known = this.known.get(name);
      if (!known) continue;
      known.found = found.get(name) ?? { lines: [], error: null };
      this.showCurves(known);
    }
  }

  /** @param {string[]} names @param {Error} error */
  showProblem(names, error) {
    for (const name of names) this.known.get(name)?.place.querySelector(".last")?.replaceChildren(error.message);
  }

  /** @param {Known} known */
  showCurves(known) {
    if (!known.found) return;
    const { lines, error } = known.found;
    const last = /** @type {HTMLElement} */ (known.place.querySelector(".last"));
    last.textContent = lines.length ? "" : error ?? (this.settings.zoom ? "nothing here" : "no numbers");
    if (lines.length || known.chart) {
      known.chart ??= new Chart(known.place, this.sync, (from, to) => this.set({ zoom: `${from}..${to}` }), () => this.set({ zoom: "" }));
      const noise = this.noise.get(known.place.dataset.metric ?? "");
      known.chart.noise = noise?.floor ?? 0;
      known.chart.show(lines, this.settings);
      if (noise?.floor && lines.length) { last.textContent = `noise ± ${number(Number(noise.floor.toPrecision(2)))}`; last.title = `${noise.text}. The bracket is that around the end of the line that is pointed at.`; }
      const hidden = known.chart.shapes.reduce((sum, shape) => sum + shape.hidden, 0);
      if (hidden) last.textContent = `${hidden} ≤ 0 not shown`;
    }
    this.told(known);
  }

  /** @param {Map<string, import("../noise.js").Noise>} noise */
  setNoise(noise) {
    this.noise = noise;
    for (const known of this.known.values()) this.showCurves(known);
  }

  close() {
    this.abort.abort();
    this.observer.disconnect();
    for (const { chart } of this.known.values()) chart?.close();
  }
}
