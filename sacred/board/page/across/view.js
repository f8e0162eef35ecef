// @ts-check
// What all runs of the query have reached, and by which entries.
import { check, choice } from "../charts/settings.js";
import { onHovered } from "../charts/hovered.js";
import { el, fill } from "../dom.js";
import { readNoise } from "../noise.js";
import { change, onChange, setChart, state } from "../state.js";
import { box, boxRows, heat, heatRows } from "./categories.js";
import { readAcross } from "./data.js";
import { short } from "./drawing.js";
import { importance, importanceRows } from "./importance.js";
import { pareto, paretoRows } from "./pareto.js";
import { history, parallel, scatter } from "./pictures.js";
import { saveMenu } from "./saving.js";
import { SUMMARIES } from "./statistics.js";

/** @typedef {import("./data.js").AcrossData} AcrossData */

/** @typedef {{label: string, draw: (data: AcrossData) => Node[], rows: (data: AcrossData) => any[][], x?: "entry" | "number", z?: boolean, log?: string, isBetter?: string}} Kind x, z: what can be chosen; log, isBetter: of which axes */
/** @type {Record<string, Kind>} */
const KINDS = {
  scatter: { label: "Scatter", draw: scatter, rows: runRows, x: "entry", log: "xy", isBetter: "y" }, box: { label: "Box by category", draw: box, rows: boxRows, x: "entry", log: "y", isBetter: "y" },
  heat: { label: "Map of two entries", draw: heat, rows: heatRows, x: "entry", z: true }, parallel: { label: "Parallel coordinates", draw: parallel, rows: runRows },
  importance: { label: "Importance", draw: importance, rows: importanceRows }, history: { label: "History", draw: history, rows: runRows, log: "y", isBetter: "y" },
  pareto: { label: "Pareto front", draw: pareto, rows: paretoRows, x: "number", log: "xy", isBetter: "xy" },
};
const READ = /** @type {const} */ (["q", "stores", "trash", "px", "py", "pz", "kind", "picked"]);

export class AcrossRuns {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.tools = el("div.tools");
    this.place = el("div.across");
    root.append(this.tools, this.place);
    /** @type {AcrossData | null} */
    this.data = null;
    this.abort = new AbortController();
    this.holdWhileDragged();
    this.stop = onChange((now, before) => {
      if (READ.some((name) => String(now[name]) !== String(before[name]))) void this.load();
      else if (now.cell !== before.cell || now.lower !== before.lower || now.lowerX !== before.lowerX || now.chart !== before.chart) this.draw();
    });
    this.endHover = onHovered((key) => {
      for (const one of this.place.querySelectorAll("[data-key]")) one.classList.toggle("linked", /** @type {SVGElement} */ (one).dataset.key === key);
    });
    void this.load();
  }

  show() {}

  /** What is being dragged is not drawn anew under the pointer; what has come meanwhile is drawn when it is let go. */
  holdWhileDragged() {
    this.isDragged = false;
    this.isDue = false;
    const letGo = () => {
      this.isDragged = false;
      // Later: the click that follows is meant for what is still there.
      if (this.isDue) setTimeout(() => this.draw());
    };
    this.place.addEventListener("pointerdown", () => { this.isDragged = true; });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) this.place.addEventListener(end, letGo);
  }

  refresh() {
    void this.load();
  }

  async load() {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    if (!this.data) fill(this.place, el("div.empty", {}, "Reading the runs …"));
    const data = await readAcross(signal).catch((error) => { if (!signal.aborted) fill(this.place, el("div.empty", {}, error.message)); });
    if (!data || signal.aborted) return;
    this.data = data;
    this.draw();
    const compared = data.rows.filter(({ y }) => y !== null);
    // Several experiments have no noise in common.
    if (new Set(compared.map(({ experiment }) => experiment)).size !== 1) return;
    const noise = await readNoise(compared[0].key, [data.y], signal, compared.length);
    if (signal.aborted || !noise.get(data.y)?.floor) return;
    data.noise = noise.get(data.y) ?? null;
    this.draw();
  }

  draw() {
    const { data } = this;
    this.isDue = this.isDragged;
    if (!data || this.isDragged) return;
    const inUse = this.place.contains(document.activeElement) ? document.activeElement?.getAttribute("data-name") : null;
    const kind = KINDS[state().kind] ? state().kind : "scatter";
    const { log } = state().chart;
    const named = (/** @type {string[]} */ names, /** @type {string} */ chosen) => [...new Set([chosen, ...names])].map((name) => [name, short(name)]);
    const setLog = (/** @type {string} */ axis, /** @type {boolean} */ isOn) => setChart({ log: ["x", "y"].filter((one) => (one === axis ? isOn : log.includes(one))).join("") });
    const { x, z, log: logs = "", isBetter = "" } = KINDS[kind];
    const entries = [...data.entries, "name", "command", "status", "start_time", "duration"];
    fill(this.tools,
      choice("Picture", Object.entries(KINDS).map(([name, { label }]) => [name, label]), kind, (value) => change({ kind: value })),
      choice(kind === "heat" ? "Value" : "y", named(data.targets, data.y), data.y, (value) => change({ py: value })),
      x ? choice("x", named(x === "number" ? [...data.targets, "duration"] : kind === "scatter" ? [...entries, ...data.targets] : entries, data.x), data.x, (value) => change({ px: value })) : null,
      z ? choice("Second entry", named(entries, data.z), data.z, (value) => change({ pz: value })) : null,
      z ? choice("What a field shows", Object.keys(SUMMARIES).map((name) => [name, name]), state().cell || "mean", (value) => change({ cell: value })) : null,
      ...["x", "y"].filter((axis) => logs.includes(axis)).map((axis) => check(`log ${axis}`, log.includes(axis), (isOn) => setLog(axis, isOn))),
      isBetter.includes("x") ? check(`lower ${short(data.x)} is better`, state().lowerX, (isOn) => change({ lowerX: isOn })) : null,
      isBetter ? check(isBetter === "y" ? "lower is better" : `lower ${short(data.y)} is better`, state().lower, (isOn) => change({ lower: isOn })) : null,
      saveMenu(() => this.place.querySelector("svg.picture"), () => (this.data ? KINDS[kind].rows(this.data) : []), `${KINDS[kind].label} of ${short(data.y)}`));
    const count = data.rows.filter(({ y }) => y !== null).length;
    const limit = data.total > data.rows.length && !state().picked.length ? el("p.dim", {}, `The newest ${data.rows.length} of ${data.total} runs.`) : null;
    if (!count) fill(this.place, el("div.empty", {}, el("h2", {}, `No run has a number ${data.y}`), "Choose another one above, or change the query."));
    else fill(this.place, ...KINDS[kind].draw(data), limit);
    const again = inUse ? [...this.place.querySelectorAll("[data-name]")].find((one) => one.getAttribute("data-name") === inUse) : null;
    if (again instanceof SVGElement) again.focus();
  }

  close() {
    this.stop();
    this.endHover();
    this.abort.abort();
  }
}

/** A line for each run. @param {AcrossData} data */
function runRows(data) {
  return [["run", "start", short(data.y), short(data.x), ...data.entries.map(short)], ...data.rows.map((row) => [row.key, new Date(row.start * 1000).toISOString(), row.y, row.x, ...row.entries])];
}
