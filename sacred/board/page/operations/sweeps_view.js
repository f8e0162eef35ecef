// @ts-check
// All sweeps: how far each is, and what is best.
import { get } from "../api.js";
import { button, el, fill, icon, isReadOnly, statusMark } from "../dom.js";
import { ago, fullTime, number, plain, zone } from "../format.js";
import { state } from "../state.js";
import { actOnSweep } from "./actions.js";
import { go, link } from "./navigation.js";

const ORDER = ["COMPLETED", "PRUNED", "RUNNING", "QUEUED", "INTERRUPTED", "TIMEOUT", "CANCELLED", "FAILED", "DEAD"];

/** @typedef {any} Sweep a sweep of `GET sweeps` */

const WITHOUT = 'python train.py sweep with lr=0.1,0.01 --seeds 5\npython train.py sweep with "lr=loguniform(1e-5,1e-1)" \\\n    --trials 40 --sampler tpe --minimize metrics.loss.min';

export class SweepsView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.body = el("div.pad");
    root.append(el("div.body", { tabindex: "-1" }, this.body));
    fill(this.body, el("span.dim", {}, "Reading the sweeps …"));
  }

  async load() {
    const { sweeps, problems } = await get("sweeps", { store: state().stores });
    const cards = sweeps.map((/** @type {Sweep} */ sweep) => this.card(sweep));
    fill(this.body, el("div.heading-row", {}, el("h2", {}, "Sweeps"), el("span.dim", {}, sweeps.length ? String(sweeps.length) : "")),
      ...problems.map((/** @type {string} */ text) => el("div.hint-line", {}, icon("warn"), text)),
      sweeps.length ? el("div.sweeps", {}, ...cards) : problems.length ? null : el("div.empty.small", {}, el("h2", {}, "No sweeps yet"), el("div", {}, "Commas behind sweep mean alternatives:"), el("pre", {}, WITHOUT)));
  }

  /** @param {Sweep} sweep */
  card(sweep) {
    const open = link(`Open the sweep ${sweep.name}`, () => go("sweeps", `${sweep.store}/${sweep.name}`), icon("sweep"), el("b", {}, sweep.name));
    return el("article.sweep", { "aria-label": sweep.name }, el("div.heading-row", {}, open, el("span.dim", {}, about(sweep)), el("span.grow"), ...sweepTools(sweep, () => void this.load())),
      progress(sweep), best(sweep));
  }
}

/** Experiment, kind, time. @param {Sweep} sweep */
export function about(sweep) {
  const kind = sweep.guided ? `guided by ${sweep.sampler}` : sweep.sampler ?? "";
  return [sweep.experiment, kind, sweep.begun ? `begun ${ago(sweep.begun)}` : ""].filter(Boolean).join(" · ");
}

/** @param {Sweep} sweep @param {() => void} after */
export function sweepTools(sweep, after) {
  if (isReadOnly()) return [];
  const waits = (sweep.statuses.QUEUED ?? 0) > sweep.held;
  const failed = Object.entries(sweep.statuses).some(([status]) => ["FAILED", "DEAD", "CANCELLED", "INTERRUPTED", "TIMEOUT"].includes(status));
  return [
    waits ? button("Pause", () => void actOnSweep(sweep, "pause", after), { text: true }) : null,
    sweep.held ? button("Resume", () => void actOnSweep(sweep, "resume", after), { text: true }) : null,
    failed ? button("Retry what failed", () => void actOnSweep(sweep, "retry", after), { text: true }) : null,
  ].filter((one) => one !== null);
}

/** @param {string} status */
function place(status) {
  return ORDER.includes(status) ? ORDER.indexOf(status) : ORDER.length;
}

/** How many runs have ended, by status. @param {Sweep} sweep */
export function progress(sweep) {
  const { ended, planned, held } = sweep;
  const statuses = Object.fromEntries(Object.entries(sweep.statuses).sort(([a], [b]) => place(a) - place(b)));
  const parts = Object.entries(statuses).filter(([status]) => status !== "QUEUED").map(([status, count]) => el("span", { class: `part ${status}`, "data-share": String(count) }));
  for (const part of parts) part.style.flexGrow = part.dataset.share ?? "0";
  const rest = el("span.part.rest");
  rest.style.flexGrow = String(Math.max(0, planned - Object.entries(statuses).reduce((sum, [status, count]) => sum + (status === "QUEUED" ? 0 : Number(count)), 0)));
  return el("div.progress", {},
    el("div.progress-bar", { role: "progressbar", "aria-label": `Runs of ${sweep.name} that have ended`, "aria-valuemin": "0", "aria-valuemax": String(planned), "aria-valuenow": String(ended) }, ...parts, rest),
    el("div.marks", {}, el("span", {}, `${ended} of ${planned} runs`), ...Object.entries(statuses).map(([status, count]) => el("span.mark", {}, statusMark(status), el("span.dim", {}, String(count)))), held ? el("span.dim", {}, `${held} held back`) : null));
}

/** What is best, and whether that says anything. @param {Sweep} sweep */
export function best(sweep) {
  if (!sweep.objectives.length) return null;
  const goal = sweep.objectives.map((/** @type {any} */ one) => `${one.maximize ? "largest" : "smallest"} ${one.field}`).join(" and ");
  if (!sweep.best.length) return el("div.best.dim", {}, `Looks for the ${goal}; no point is complete yet.`);
  const lines = sweep.best.slice(0, 3).map((/** @type {any} */ point) => el("div", {}, el("b", {}, point.reached.map(number).join(", ")), ` with ${written(point.values)}`, el("span.dim", {}, ` · trial ${point.trial}, ${point.runs.length} run${point.runs.length > 1 ? "s" : ""}`)));
  const more = sweep.best.length > 3 ? el("div.dim", {}, `and ${sweep.best.length - 3} more that no other one beats`) : null;
  return el("div.best", {}, el("div.dim", {}, goal), ...lines, more, sweep.rivals ? el("div.rivals", {}, icon("warn"), sweep.rivals) : null);
}

/** @param {Record<string, any>} values */
function written(values) {
  return Object.entries(values).map(([name, value]) => `${name}=${plain(value)}`).join("  ");
}

/** @param {Sweep} sweep */
export function begunTitle(sweep) {
  return sweep.begun ? `${fullTime(sweep.begun)} ${zone()}` : "";
}
