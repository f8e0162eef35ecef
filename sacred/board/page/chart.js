// @ts-check
// One curve, drawn by uPlot: the range of each bucket behind, its last values in front.
import { duration, fullTime, number } from "./format.js";
import { el } from "./dom.js";

const uPlot = /** @type {any} */ (window).uPlot;
const HEIGHT = 190;
let synced = 0;

/** A key of charts whose cursors move together. */
export function syncKey() {
  synced += 1;
  return `charts-${synced}`;
}

/** @typedef {{x: string, log: boolean, smooth: number}} Settings */

export class Chart {
  /** @param {HTMLElement} root @param {string} sync @param {(from: number | null, to: number | null) => void} zoom */
  constructor(root, sync, zoom) {
    this.root = root;
    this.sync = sync;
    this.zoom = zoom;
    this.isZoomed = false;
    /** @type {any} */
    this.plot = null;
    /** @type {import("./api.js").Curve | null} */
    this.curve = null;
    /** @type {Settings} */
    this.settings = { x: "step", log: false, smooth: 0 };
    this.holder = el("div");
    this.readout = el("div.readout");
    root.append(this.holder, this.readout);
    this.resize = new ResizeObserver(() => this.plot?.setSize({ width: this.width(), height: HEIGHT }));
    this.resize.observe(root);
    this.theme = new MutationObserver(() => this.make());
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  width() {
    return Math.max(160, this.root.clientWidth - 16);
  }

  /** @param {import("./api.js").Curve} curve @param {Settings} settings */
  show(curve, settings) {
    this.curve = curve;
    this.set(settings);
  }

  /** @param {Settings} settings */
  set(settings) {
    const isOther = !this.plot || settings.log !== this.settings.log || settings.x !== this.settings.x;
    this.settings = settings;
    if (!this.curve) return;
    if (isOther) this.make();
    else this.plot.setData(this.data());
  }

  data() {
    const { x, last, low, high } = /** @type {import("./api.js").Curve} */ (this.curve);
    const fits = (/** @type {number} */ value) => (Number.isFinite(value) && !(this.settings.log && value <= 0) ? value : null);
    const values = Array.from(last, fits);
    const front = this.settings.smooth ? smoothed(values, this.settings.smooth) : values;
    return [x, Array.from(high, fits), Array.from(low, fits), this.settings.smooth ? values : values.map(() => null), front];
  }

  make() {
    this.plot?.destroy();
    if (!this.curve) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const accent = colour("--accent");
    const axis = { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    const isTime = this.settings.x === "time";
    this.plot = new uPlot({
      width: this.width(), height: HEIGHT, legend: { show: false }, padding: [10, 8, 0, 0],
      cursor: { sync: { key: this.sync }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      scales: { x: { time: isTime }, y: { distr: this.settings.log ? 3 : 1 } },
      axes: [
        { ...axis, size: 28, values: isTime ? undefined : (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map((tick) => this.place(tick)) },
        { ...axis, size: 52, values: (/** @type {any} */ _, /** @type {(number | null)[]} */ ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))) },
      ],
      series: [{}, { stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } },
        { stroke: `${accent}66`, width: 1, points: { show: false } },
        { stroke: accent, width: 1.5, spanGaps: true, points: { show: this.curve.buckets < 3 } }],
      bands: [{ series: [1, 2], fill: `${accent}2e` }],
      hooks: {
        setCursor: [(/** @type {any} */ plot) => this.read(plot)],
        setSelect: [(/** @type {any} */ plot) => this.selected(plot)],
      },
    }, this.data(), this.holder);
    this.plot.over.addEventListener("dblclick", () => this.reset());
  }

  /** @param {number} x */
  place(x) {
    if (this.settings.x === "relative") return duration(x);
    if (this.settings.x === "time") return fullTime(new Date(x * 1000).toISOString());
    return number(x);
  }

  /** @param {any} plot */
  read(plot) {
    const n = plot.cursor.idx;
    const isOn = n !== null && n !== undefined && this.curve;
    this.readout.classList.toggle("on", Boolean(isOn));
    if (!isOn || !this.curve) return;
    const range = this.curve.low[n] === this.curve.high[n] ? "" : ` (${number(this.curve.low[n])} … ${number(this.curve.high[n])})`;
    this.readout.textContent = `${this.place(this.curve.x[n])}: ${number(this.curve.last[n])}${range}`;
  }

  /** @param {any} plot */
  selected(plot) {
    if (plot.select.width < 4) return;
    const from = plot.posToVal(plot.select.left, "x");
    const to = plot.posToVal(plot.select.left + plot.select.width, "x");
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.isZoomed = true;
    this.zoom(from, to);
  }

  reset() {
    this.isZoomed = false;
    this.zoom(null, null);
  }

  close() {
    this.resize.disconnect();
    this.theme.disconnect();
    this.plot?.destroy();
  }
}

/** Exponential moving average, without the bias of its beginning. @param {(number | null)[]} values @param {number} weight */
function smoothed(values, weight) {
  let sum = 0;
  let total = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = sum * weight + (1 - weight) * value;
    total = total * weight + (1 - weight);
    return sum / total;
  });
}
