// @ts-check
// The queue: what runs and where, what waits in order, what is held back, what has failed; workers.
import { get } from "../api.js";
import { button, el, fill, icon, isReadOnly, statusMark } from "../dom.js";
import { ago, duration, fullTime, plain, zone } from "../format.js";
import { change, state } from "../state.js";
import { act, confirmed } from "./actions.js";
import { go, link } from "./navigation.js";

/** @typedef {any} QueuedRun a run of `GET queue` */

export class QueueView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.body = el("div.pad");
    root.append(el("div.body", { tabindex: "-1" }, this.body));
    fill(this.body, el("span.dim", {}, "Reading the queue …"));
    /** @type {any} */
    this.found = null;
  }

  async load() {
    this.found = await get("queue", { store: state().stores });
    this.draw();
  }

  draw() {
    const { stores, runs, workers, failed } = this.found;
    const of = (/** @type {string} */ name) => runs.filter((/** @type {QueuedRun} */ run) => run.state === name);
    const [leased, waiting, held] = [of("leased"), of("waiting"), of("held")];
    const total = (/** @type {string} */ name) => stores.reduce((/** @type {number} */ sum, /** @type {any} */ store) => sum + store[name], 0);
    const isEmpty = !runs.length && !failed.length;
    fill(this.body,
      el("div.heading-row", {}, el("h2", {}, "Queue"), el("span.dim", {}, summary(total("leased"), total("waiting"), total("held")))),
      ...stores.map(aboutStore),
      isEmpty ? this.nothing(stores) : null,
      total("waiting") && !workers.some((/** @type {any} */ one) => one.runs.length) ? el("div.hint-line", {}, icon("warn"), "No worker has a run. This starts one: ", el("code", {}, "sacred worker")) : null,
      this.section("Running", leased, leased.length, [], (run) => this.leasedRow(run), ["Run", "Worker", "Attempt", "Since", "Last beat"]),
      this.section("Waiting", waiting, total("waiting"), [["Hold all", "hold"], ["Cancel all", "cancel"]], (run) => this.waitingRow(run), ["Run", "Priority", "Queued", "Needs"]),
      this.section("Held back", held, total("held"), [["Release all", "release"]], (run) => this.waitingRow(run), ["Run", "Priority", "Queued", "Needs"]),
      this.section("Failed or cancelled", failed, failed.length, [], (run) => this.failedRow(run), ["Run", "Ended"]),
      workers.length ? el("section", { "aria-label": "Workers" }, el("h3", {}, "Workers"), table(["Worker", "Machine", "Runs", "Seen"], workers.map(workerRow))) : null);
  }

  /** @param {any[]} stores */
  nothing(stores) {
    if (stores.every((store) => store.reason || store.error)) return null;
    return el("div.empty.small", {}, el("h2", {}, "Nothing waits"), el("div", {}, "Queue a run, and let a worker run it:"), el("pre", {}, "python train.py -q with lr=0.1\nsacred worker"));
  }

  /** @param {string} title @param {QueuedRun[]} runs @param {number} total @param {string[][]} all @param {(run: QueuedRun) => HTMLElement} row @param {string[]} heads */
  section(title, runs, total, all, row, heads) {
    if (!runs.length) return null;
    const buttons = isReadOnly() ? [] : all.map(([label, action]) => button(label, () => this.actOnAll(label, action, runs), { text: true }));
    const more = total > runs.length ? el("p.dim", {}, `and ${total - runs.length} more`) : null;
    return el("section", { "aria-label": title }, el("div.heading-row", {}, el("h3", {}, title, " ", el("span.dim", {}, String(total))), el("span.grow"), ...buttons), table([...heads, ""], runs.map(row)), more);
  }

  /** @param {string} label @param {string} action @param {QueuedRun[]} runs */
  actOnAll(label, action, runs) {
    const then = () => void act(action, runs, () => void this.load());
    if (action === "cancel" && runs.length > 1) confirmed(label, `${runs.length} runs will never be run, unless they are queued again.`, label, then);
    else then();
  }

  /** @param {string} label @param {string} action @param {QueuedRun} run @param {Record<string, any>} [more] */
  tool(label, action, run, more) {
    return isReadOnly() ? null : button(label, () => void act(action, [run], () => void this.load(), more), { text: true, plain: true });
  }

  /** @param {QueuedRun} run */
  leasedRow(run) {
    const { lease } = run;
    const stop = () => confirmed(`Cancel run ${run.id}?`, `${lease?.worker ?? "A worker"} runs it. Its process is ended, and what it writes from now on is refused.`, "Cancel the run", () => void act("cancel", [run], () => void this.load(), { force: true }));
    return el("tr", {}, runCell(run),
      el("td", { "data-label": "Worker" }, lease ? `${lease.host} ` : "", el("span.dim", { title: lease?.worker }, lease?.by_hand ? "by hand" : lease ? shortWorker(lease) : "")),
      el("td.number", { "data-label": "Attempt" }, String(run.attempt), run.lost ? el("span.dim", { title: "Attempts that ended with their worker" }, ` (${run.lost} lost)`) : null),
      time("Since", lease?.start),
      el("td", { "data-label": "Last beat" }, lease ? beat(lease) : ""),
      el("td.tools-cell", {}, isReadOnly() ? null : button("Cancel", stop, { text: true, plain: true })));
  }

  /** @param {QueuedRun} run */
  waitingRow(run) {
    const action = run.state === "held" ? this.tool("Release", "release", run) : this.tool("Hold", "hold", run);
    return el("tr", {}, runCell(run), el("td.number", { "data-label": "Priority" }, this.priority(run)), time("Queued", run.queue_time),
      el("td", { "data-label": "Needs" }, needs(run.requirements)),
      el("td.tools-cell", {}, action, this.tool("Cancel", "cancel", run)));
  }

  /** @param {QueuedRun} run */
  priority(run) {
    if (isReadOnly()) return String(run.priority);
    const input = /** @type {HTMLInputElement} */ (el("input.input.narrow", { type: "number", step: "any", "aria-label": `Priority of run ${run.id}`, title: "A higher one is run earlier", value: run.priority }));
    input.addEventListener("change", () => {
      const priority = Number(input.value);
      if (input.value.trim() === "" || !Number.isFinite(priority)) { input.value = run.priority; return; }
      input.blur();
      void act("priority", [run], () => void this.load(), { priority });
    });
    return input;
  }

  /** @param {QueuedRun} run */
  failedRow(run) {
    return el("tr", {}, runCell(run), time("Ended", run.stop_time), el("td.tools-cell", {}, this.tool("Queue again", "requeue", run)));
  }
}

/** @param {number} leased @param {number} waiting @param {number} held */
function summary(leased, waiting, held) {
  const parts = [leased && `${leased} running`, `${waiting} waiting`, held && `${held} held back`];
  return parts.filter(Boolean).join(" · ");
}

/** @param {any} store */
function aboutStore(store) {
  const text = store.reason ?? store.error;
  return text ? el("div.hint-line", {}, icon("warn"), el("span", {}, text)) : null;
}

/** @param {string[]} heads @param {HTMLElement[]} rows */
function table(heads, rows) {
  return el("div.scroll", {}, el("table.data.rows", {}, el("thead", {}, el("tr", {}, ...heads.map((head) => (head ? el("th", { scope: "col" }, head) : el("td"))))), el("tbody", {}, ...rows)));
}

/** The run, which opens beside. @param {QueuedRun} run */
function runCell(run) {
  const name = `${run.store}/${run.key}`;
  const open = link(`Open run ${run.id}`, () => change({ run: name, item: "" }), statusMark(run.status, false), el("b", {}, String(run.id)));
  const sweep = run.sweep ? link(`The sweep ${run.sweep}`, () => go("sweeps", `${run.store}/${run.sweep}`), icon("sweep"), el("span", {}, run.sweep)) : null;
  return el("td.run-cell", {}, open, " ", el("span", {}, [run.name, run.command === "main" ? null : run.command].filter(Boolean).join(" · ")), sweep);
}

/** @param {string} label @param {string | null | undefined} at */
function time(label, at) {
  return el("td", { "data-label": label, title: at ? `${fullTime(at)} ${zone()}` : undefined }, at ? ago(at) : "");
}

/** @param {any} lease */
function beat(lease) {
  if (lease.expired) return el("span.bad", { title: `No sign of life within ${duration(lease.seconds)}` }, icon("warn"), " expired");
  return el("span", { title: `Beat ${lease.beats}; the lease lasts ${duration(lease.seconds)}` }, `${Math.round(lease.silent)} s ago`);
}

/** What tells workers of a machine apart. @param {any} lease */
function shortWorker(lease) {
  return String(lease.worker).startsWith(`${lease.host}-`) ? String(lease.worker).slice(String(lease.host).length + 1) : lease.worker;
}

/** @param {any} requirements */
function needs(requirements) {
  if (!requirements || typeof requirements !== "object") return requirements ? plain(requirements) : "";
  return Object.entries(requirements).map(([name, value]) => `${name} ${plain(value)}`).join(", ");
}

/** @param {any} worker */
function workerRow(worker) {
  const runs = worker.runs.map((/** @type {string} */ key) => link(`Open run ${key}`, () => change({ run: `${worker.store}/${key}`, item: "" }), key));
  return el("tr", {}, el("td.mono", {}, worker.worker), el("td", { "data-label": "Machine" }, worker.host), el("td", { "data-label": "Runs" }, ...(runs.length ? runs : [el("span.dim", {}, "none now")])), el("td", { "data-label": "Seen" }, `${worker.seen < 90 ? `${Math.round(worker.seen)} s` : duration(worker.seen)} ago`));
}
