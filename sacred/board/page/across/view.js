// @ts-check
// What all runs of the query have reached, and by which entries.
import { check, choice } from "../charts/settings.js";
import { onHovered } from "../charts/hovered.js";
import { button, el, fill } from "../dom.js";
import { change, onChange, setChart, state } from "../state.js";
import { readAcross } from "./data.js";
import { savePicture } from "./drawing.js";
import { history, importance, parallel, scatter } from "./pictures.js";

/** @typedef {import("./data.js").AcrossData} AcrossData */

/** @type {Record<string, {label: string, draw: (data: AcrossData) => Node[]}>} */
const KINDS = {
  scatter: { label: "Scatter", draw: scatter }, parallel: { label: "Parallel coordinates", draw: parallel },
  importance: { label: "Importance", draw: importance }, history: { label: "History", draw: history },
};
const READ = /** @type {const} */ (["q", "stores", "trash", "px", "py", "picked"]);

export class AcrossRuns {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.tools = el("div.tools");
    this.place = el("div.across");
    root.append(this.tools, this.place);
    /** @type {AcrossData | null} */
    this.data = null;
    this.abort = new AbortController();
    this.stop = onChange((now, before) => {
      if (READ.some((name) => String(now[name]) !== String(before[name]))) void this.load();
      else if (now.kind !== before.kind || now.lower !== before.lower || now.chart !== before.chart) this.draw();
    });
    this.endHover = onHovered((key) => {
      for (const one of this.place.querySelectorAll("[data-key]")) one.classList.toggle("linked", /** @type {SVGElement} */ (one).dataset.key === key);
    });
    void this.load();
  }

  show() {}

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
  }

  draw() {
    const { data } = this;
    if (!data) return;
    const kind = KINDS[state().kind] ? state().kind : "scatter";
    const { log } = state().chart;
    const named = (/** @type {string[]} */ names, /** @type {string} */ chosen) => [...new Set([chosen, ...names])].map((name) => [name, name.replace(/^(config|metrics)\./, "")]);
    const setLog = (/** @type {string} */ axis, /** @type {boolean} */ isOn) => setChart({ log: ["x", "y"].filter((one) => (one === axis ? isOn : log.includes(one))).join("") });
    fill(this.tools,
      choice("Picture", Object.entries(KINDS).map(([name, { label }]) => [name, label]), kind, (value) => change({ kind: value })),
      choice("y", named(data.targets, data.y), data.y, (value) => change({ py: value })),
      kind === "scatter" ? choice("x", named([...data.entries, ...data.targets, "start_time", "duration"], data.x), data.x, (value) => change({ px: value })) : null,
      kind === "scatter" ? check("log x", log.includes("x"), (isOn) => setLog("x", isOn)) : null,
      kind === "scatter" || kind === "history" ? check("log y", log.includes("y"), (isOn) => setLog("y", isOn)) : null,
      kind === "history" ? check("lower is better", state().lower, (isOn) => change({ lower: isOn })) : null,
      kind === "importance" ? null : button("Save as SVG", () => this.save(), { icon: "save", plain: true }));
    const count = data.rows.filter(({ y }) => y !== null).length;
    const limit = data.total > data.rows.length && !state().picked.length ? el("p.dim", {}, `The newest ${data.rows.length} of ${data.total} runs.`) : null;
    if (!count) fill(this.place, el("div.empty", {}, el("h2", {}, `No run has a number ${data.y}`), "Choose another one above, or change the query."));
    else fill(this.place, ...KINDS[kind].draw(data), limit);
  }

  save() {
    const drawn = /** @type {SVGElement | null} */ (this.place.querySelector("svg.picture"));
    if (drawn) savePicture(drawn, drawn.getAttribute("aria-label") ?? "runs");
  }

  close() {
    this.stop();
    this.endHover();
    this.abort.abort();
  }
}
