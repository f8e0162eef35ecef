// @ts-check
// A chart of lines: uPlot has the axes, the cursor and the selection; the lines are drawn here.
import { fill, el } from "../dom.js";
import { duration, fullTime, number, showsUtc, tick } from "../format.js";
import { DASHES, colour } from "./colours.js";
import { bandPath, markPath, nearest, noisePath, path, rangeOf, shapeOf, spaced } from "./curves.js";
import { listenToTouch, pressKey } from "./gestures.js";
import { hovered, onHovered, setHovered } from "./hovered.js";
import { USUAL, zoomOf } from "./settings.js";

const uPlot = /** @type {any} */ (window).uPlot;
/** @type {Record<string, number>} */
const HEIGHTS = { small: 140, "": 190, large: 340 };
let synced = 0;

/** A key of charts whose cursors move together. */
export function syncKey() {
  synced += 1;
  return `charts-${synced}`;
}

/** @typedef {import("./curves.js").Line} Line */
/** @typedef {import("./curves.js").Shape} Shape */
/** @typedef {{shape: Shape, band: string, raw: string, front: string}} Drawn */

export class Chart {
  /** @param {HTMLElement} root @param {string} sync @param {(from: number, to: number) => void} zoom @param {() => void} reset */
  constructor(root, sync, zoom, reset) {
    this.root = root;
    this.sync = sync;
    this.zoom = zoom;
    this.reset = reset;
    /** @type {any} */
    this.plot = null;
    /** @type {Line[]} */
    this.lines = [];
    /** @type {Shape[]} */
    this.shapes = [];
    /** @type {Drawn[]} */
    this.drawn = [];
    this.drawnFor = "";
    this.settings = USUAL;
    /** What seeds alone change in the last values; 0: that is not known. */
    this.noise = 0;
    /** @type {{x: [number, number], y: [number, number]} | null} */
    this.range = null;
    this.holder = el("div");
    this.readout = el("div.readout");
    root.append(this.holder, this.readout);
    this.resize = new ResizeObserver(() => this.plot?.setSize({ width: this.width(), height: this.height() }));
    this.resize.observe(root);
    root.tabIndex = 0;
    root.addEventListener("keydown", (event) => {
      if (event.target === root && this.plot) pressKey(event, { width: this.plot.over.clientWidth, cursor: this.plot.cursor.left ?? -1 }, this.gestures());
    });
    root.addEventListener("blur", () => this.plot?.setCursor({ left: -10, top: -10 }));
    this.theme = new MutationObserver(() => this.make());
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.endHover = onHovered(() => { if (this.plot) { this.plot.redraw(false); this.pointed(this.plot); } });
  }

  width() {
    return Math.max(160, this.root.clientWidth - 16);
  }

  height() {
    return HEIGHTS[this.settings.size] ?? HEIGHTS[""];
  }

  /** @param {Line[]} lines @param {import("./settings.js").ChartSettings} settings */
  show(lines, settings) {
    this.lines = lines;
    this.set(settings);
  }

  /** @param {import("./settings.js").ChartSettings} settings */
  set(settings) {
    const isOther = !this.plot || settings.log !== this.settings.log || settings.x !== this.settings.x || settings.size !== this.settings.size;
    this.settings = settings;
    this.shapes = this.lines.map((line) => shapeOf(line, settings));
    this.range = rangeOf(this.shapes, settings, zoomOf(settings));
    this.drawnFor = "";
    if (isOther || !this.range) this.make();
    else this.plot.setData(this.data());
  }

  data() {
    return this.range ? [[...this.range.x], [...this.range.y]] : [[0, 1], [0, 1]];
  }

  make() {
    this.plot?.destroy();
    this.plot = null;
    if (!this.range) { fill(this.holder, el("div.nothing", {}, "no numbers that these axes can show")); return; }
    fill(this.holder);
    const style = getComputedStyle(document.documentElement);
    const variable = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const axis = { stroke: variable("--dim"), grid: { stroke: variable("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    const isTime = this.settings.x === "time";
    const distr = (/** @type {string} */ name) => (this.settings.log.includes(name) ? 3 : 1);
    this.plot = new uPlot({
      width: this.width(), height: this.height(), legend: { show: false }, padding: [10, 10, 0, 0],
      tzDate: (/** @type {number} */ seconds) => (showsUtc() ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000)),
      cursor: { y: false, sync: { key: this.sync }, drag: { x: true, y: false, setScale: false }, points: { show: false } },
      scales: { x: { time: isTime, distr: distr("x"), range: () => this.range?.x }, y: { distr: distr("y"), range: () => this.range?.y } },
      axes: [
        { ...axis, size: 28, values: isTime ? undefined : (/** @type {any} */ _, /** @type {(number | null)[]} */ ticks) => ticks.map((value) => (value === null ? "" : this.place(value, tick))) },
        { ...axis, size: 52, values: (/** @type {any} */ _, /** @type {(number | null)[]} */ ticks) => ticks.map((value) => (value === null ? "" : tick(value))) },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        draw: [(/** @type {any} */ plot) => this.draw(plot)],
        setCursor: [(/** @type {any} */ plot) => this.pointed(plot)],
        setSelect: [(/** @type {any} */ plot) => this.selected(plot)],
      },
    }, this.data(), this.holder);
    this.plot.over.addEventListener("dblclick", () => this.reset());
    listenToTouch(this.plot.over, this.gestures());
    this.plot.over.addEventListener("mouseleave", () => setHovered(""));
  }

  /** What fingers and keys do. @returns {import("./gestures.js").Actions} */
  gestures() {
    const { plot } = this;
    return {
      show: (left, width) => plot.setSelect({ left, top: 0, width, height: width ? plot.over.clientHeight : 0 }, false),
      zoom: (from, to) => this.zoom(plot.posToVal(from, "x"), plot.posToVal(to, "x")),
      reset: () => this.reset(), point: (left) => plot.setCursor({ left, top: plot.over.clientHeight / 2 }),
    };
  }

  /** @param {number} x @param {(value: number) => string} [text] of a number */
  place(x, text = number) {
    if (this.settings.x === "relative") return duration(x);
    if (this.settings.x === "time") return fullTime(new Date(x * 1000).toISOString());
    return text(x);
  }

  /** The lines as paths, from the upper left corner of the area of the plot. */
  paths() {
    const { plot } = this;
    const wanted = [plot.over.clientWidth, plot.over.clientHeight, this.range?.x, this.range?.y].join();
    if (wanted === this.drawnFor) return this.drawn;
    const toX = (/** @type {number} */ value) => plot.valToPos(value, "x");
    const toY = (/** @type {number} */ value) => plot.valToPos(value, "y");
    this.drawn = this.shapes.map((shape) => ({
      shape, band: shape.hasBand ? bandPath(shape, toX, toY) : "",
      raw: shape.raw ? path(shape.x, shape.raw, toX, toY) : "", front: path(shape.x, shape.front, toX, toY),
    }));
    this.drawnFor = wanted;
    return this.drawn;
  }

  /** @param {any} plot */
  draw(plot) {
    this.plot ??= plot;
    const { ctx, bbox } = plot;
    const ratio = bbox.width / plot.over.clientWidth;
    const on = this.lines.some((line) => line.key === hovered()) ? hovered() : "";
    ctx.save();
    ctx.translate(bbox.left, bbox.top);
    ctx.scale(ratio, ratio);
    ctx.beginPath();
    ctx.rect(0, -4, plot.over.clientWidth, plot.over.clientHeight + 8);
    ctx.clip();
    ctx.lineJoin = "round";
    const ordered = [...this.paths()].sort((a, b) => Number(a.shape.line.key === on) - Number(b.shape.line.key === on) || Number(b.shape.line.faint ?? 0) - Number(a.shape.line.faint ?? 0));
    for (const one of ordered) this.drawLine(plot, one, on);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = ctx.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--warn").trim();
    ctx.lineWidth = 1.5;
    ctx.stroke(new Path2D(this.noiseMark()));
    ctx.restore();
  }

  /** The noise floor around the end of the line that is pointed at, else of the first one. */
  noiseMark() {
    const { plot, noise } = this;
    const shape = this.shapes.find(({ line }) => line.key === hovered() && !line.faint) ?? this.shapes[0];
    return noise && shape ? noisePath(shape, noise, plot.over.clientWidth, (value) => plot.valToPos(value, "y")) : "";
  }

  /** @param {any} plot @param {Drawn} one @param {string} on */
  drawLine({ ctx, over, valToPos }, { shape, band, raw, front }, on) {
    const { line } = shape;
    ctx.strokeStyle = ctx.fillStyle = colour(line.tone);
    const weight = !on ? 1 : line.key === on ? 1 : 0.25;
    ctx.setLineDash(line.faint ? [] : DASHES[line.dash]);
    ctx.globalAlpha = 0.16 * weight;
    if (band) ctx.fill(new Path2D(band));
    ctx.globalAlpha = 0.35 * weight;
    ctx.lineWidth = 1;
    if (raw) ctx.stroke(new Path2D(raw));
    ctx.globalAlpha = (line.faint ? 0.3 : 1) * weight;
    ctx.lineWidth = line.faint ? 1 : line.key === on ? 2.5 : 1.5;
    ctx.stroke(new Path2D(front));
    ctx.setLineDash([]);
    for (const mark of spaced(shape.marks, (x) => valToPos(x, "x"))) ctx.fill(new Path2D(markPath(mark, valToPos(mark.x, "x"), over.clientHeight)));
  }

  /** @param {any} plot */
  pointed(plot) {
    const { left, top } = plot.cursor;
    if (left === undefined || left < 0) { this.readout.textContent = ""; this.root.classList.remove("read"); return; }
    const x = plot.posToVal(left, "x");
    if (this.root.matches(":hover, :focus")) setHovered(this.closest(plot, x, top)?.line.key ?? "");
    const shape = this.shapes.length === 1 ? this.shapes[0] : this.shapes.find(({ line }) => line.key === hovered() && !line.faint);
    const n = shape ? nearest(shape.x, x) : -1;
    this.root.classList.toggle("read", n >= 0);
    if (!shape || n < 0) return;
    const { curve, label } = shape.line;
    const isPoint = Number.isNaN(curve.low[n]) || curve.low[n] === curve.high[n];
    const range = isPoint ? "" : ` (${number(curve.low[n])} … ${number(curve.high[n])})`;
    fill(this.readout, this.shapes.length > 1 ? el("span", { class: `swatch tone-${shape.line.tone} dash-${shape.line.dash}` }) : null, el("b", {}, number(curve.last[n])), `${range}${shape.line.isMean ? ` n=${curve.first[n]}` : ""} at ${this.place(curve.x[n])}`, this.shapes.length > 1 ? el("span.dim", {}, `  ${label}`) : null);
  }

  /** The line nearest to the pointer. @param {any} plot @param {number} x @param {number} top */
  closest(plot, x, top) {
    let best = /** @type {Shape | undefined} */ (undefined);
    let least = Infinity;
    for (const shape of this.shapes) {
      if (shape.line.faint) continue;
      const n = nearest(shape.x, x);
      const value = n < 0 ? null : shape.front[n];
      const distance = value === null ? Infinity : Math.hypot(plot.valToPos(value, "y") - top, (plot.valToPos(shape.x[n], "x") - plot.valToPos(x, "x")) / 2);
      if (distance < least) { least = distance; best = shape; }
    }
    return best;
  }

  /** @param {any} plot */
  selected(plot) {
    if (plot.select.width < 4) return;
    const from = plot.posToVal(plot.select.left, "x");
    const to = plot.posToVal(plot.select.left + plot.select.width, "x");
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoom(from, to);
  }

  close() {
    this.endHover();
    this.resize.disconnect();
    this.theme.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }
}
