// @ts-check
// One sweep: its points with what they have reached, the best one, what matters.
import { get } from "../api.js";
import { button, el, fill, icon, statusMark } from "../dom.js";
import { number, plain } from "../format.js";
import { change } from "../state.js";
import { go, link } from "./navigation.js";
import { about, begunTitle, best, progress, sweepTools } from "./sweeps_view.js";

const STATES = /** @type {Record<string, string>} */ ({ active: "RUNNING", complete: "COMPLETED", failed: "FAILED", pruned: "PRUNED" });

export class SweepView {
  /** @param {HTMLElement} root @param {string} name STORE/NAME */
  constructor(root, name) {
    const [store, ...rest] = name.split("/");
    this.path = `sweeps/${encodeURIComponent(store)}/${encodeURIComponent(rest.join("/"))}`;
    this.body = el("div.pad");
    this.importance = el("section", { "aria-label": "Importance", hidden: true });
    root.append(el("div.body", { tabindex: "-1" }, this.body));
    fill(this.body, el("span.dim", {}, "Reading the sweep …"));
    /** @type {any} */
    this.sweep = null;
    /** What importance was asked for, so that it is not asked again: it takes a second. */
    this.judged = -1;
    this.sort = "";
  }

  async load() {
    this.sweep = await get(this.path);
    this.draw();
    const complete = this.sweep.states.complete ?? 0;
    if (this.sweep.objectives.length && complete > 1 && complete !== this.judged) void this.judge(complete);
  }

  draw() {
    const { sweep } = this;
    const back = link("All sweeps", () => go("sweeps"), "All sweeps");
    const runs = button("Its runs in the table", () => change({ page: "", sweep: "", q: sweep.query, off: [], stores: [], trash: false, run: "" }), { icon: "columns", text: true });
    fill(this.body, el("div.heading-row", {}, back, el("h2", { title: begunTitle(sweep) }, sweep.name), el("span.dim", {}, about(sweep)), el("span.grow"), runs, ...sweepTools(sweep, () => void this.load())),
      progress(sweep), best(sweep), sweep.space.length ? el("div.dim.mono", {}, sweep.space.join("   ")) : null,
      this.importance, this.points());
  }

  points() {
    const { sweep } = this;
    const rows = this.sorted();
    const heads = ["trial", ...sweep.dimensions, "state", ...sweep.objectives.map((/** @type {any} */ one) => one.field), "runs"];
    const head = el("tr", {}, ...heads.map((name, n) => {
      const key = n === 0 ? "trial" : n <= sweep.dimensions.length ? `v${n - 1}` : n > sweep.dimensions.length + 1 && n < heads.length - 1 ? `r${n - sweep.dimensions.length - 2}` : "";
      const isOn = this.sort.replace("-", "") === key && key !== "";
      const order = isOn ? (this.sort.startsWith("-") ? "descending" : "ascending") : undefined;
      const act = () => { this.sort = this.sort === key ? `-${key}` : key; this.draw(); };
      return el("th", { scope: "col", "aria-sort": order }, key ? el("button.sort", { type: "button", onclick: act }, name, isOn ? icon(order === "descending" ? "down" : "up") : null) : name);
    }));
    const more = sweep.total > sweep.points.length ? el("p.dim", {}, `The first ${sweep.points.length} of ${sweep.total} points.`) : null;
    return el("section", { "aria-label": "Points" }, el("h3", {}, "Points ", el("span.dim", {}, String(sweep.total))),
      el("div.scroll", {}, el("table.data.rows.points", {}, el("thead", {}, head), el("tbody", {}, ...rows.map((point) => this.row(point))))), more);
  }

  /** The points in the chosen order; those without a number come last. */
  sorted() {
    const { sweep } = this;
    const key = this.sort.replace("-", "");
    if (!key) return sweep.points;
    const sign = this.sort.startsWith("-") ? -1 : 1;
    const value = (/** @type {any} */ point) => (key === "trial" ? point.trial : key[0] === "v" ? point.values[sweep.dimensions[Number(key.slice(1))]] : point.reached[Number(key.slice(1))]) ?? null;
    const compare = (/** @type {any} */ a, /** @type {any} */ b) => (typeof a === "number" && typeof b === "number" ? a - b : plain(a).localeCompare(plain(b)));
    return [...sweep.points].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      return x === null || y === null ? Number(x === null) - Number(y === null) : sign * compare(x, y);
    });
  }

  /** @param {any} point */
  row(point) {
    const { sweep } = this;
    const runs = point.runs.map((/** @type {any} */ run) => link(`Open run ${run.key}`, () => change({ run: `${sweep.store}/${run.key}`, item: "" }), statusMark(run.status, false)));
    return el("tr", { class: point.best ? "best-row" : "" },
      el("td.number", { "data-label": "trial" }, point.best ? icon("star", true) : null, String(point.trial)),
      ...sweep.dimensions.map((/** @type {string} */ name) => el("td", { "data-label": name, title: plain(point.values[name]) }, plain(point.values[name]))),
      el("td", { "data-label": "state" }, mark(point.state)),
      ...sweep.objectives.map((/** @type {any} */ one, /** @type {number} */ n) => el("td.number", { "data-label": one.field, title: point.reached[n] }, point.reached[n] === undefined ? "" : number(point.reached[n]))),
      el("td", { "data-label": "runs" }, ...runs));
  }

  /** @param {number} complete how many points are */
  async judge(complete) {
    this.judged = complete;
    const { objectives, note } = await get(`${this.path}/importance`).catch((error) => ({ objectives: [], note: error.message }));
    const bars = objectives.flatMap((/** @type {any} */ one) => [objectives.length > 1 ? el("div.dim", {}, one.field) : null, ...one.entries.map(bar)]);
    fill(this.importance, el("h3", {}, "Importance ", el("span.dim", {}, objectives[0]?.method === "PED-ANOVA" ? "how much an entry differs between the best tenth and the others, by Optuna (PED-ANOVA)" : "share of the variance of what is reached, by Optuna (fANOVA)")), note ? el("div.dim", {}, note) : el("div.bars", {}, ...bars));
    this.importance.hidden = !note && !bars.length;
  }
}

/** @param {string} state of a point */
function mark(state) {
  const element = statusMark(STATES[state] ?? null, false);
  element.append(state);
  element.title = state;
  return element;
}

/** @param {{name: string, share: number}} entry */
function bar(entry) {
  const line = el("span.share");
  line.style.width = `${Math.round(100 * Math.max(0, Math.min(1, entry.share)))}%`;
  return el("div.bar-row", {}, el("span.name", { title: entry.name }, entry.name), el("span.track", {}, line), el("span.number", {}, entry.share.toFixed(2)));
}
