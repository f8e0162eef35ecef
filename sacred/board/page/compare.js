// @ts-check
// Runs side by side: only what differs, against a run that is pinned.
import { beginning, get, runPath } from "./api.js";
import { saveMenu } from "./across/saving.js";
import { compareMedia } from "./compare_media.js";
import { button, el, fill, icon, statusMark } from "./dom.js";
import { fileAddress } from "./files_tab.js";
import { cell, machineLast, number, whole } from "./format.js";
import { metricField, readNoise } from "./noise.js";
import { change, onChange, state } from "./state.js";
import { sideBySide } from "./text_diff.js";

/** @typedef {import("./compared_runs.js").ComparedRuns} ComparedRuns */
/** @typedef {import("./compared_runs.js").ComparedRun} ComparedRun */
/** @typedef {import("./compared_runs.js").ComparedEntry} ComparedEntry */

/** @type {[string, string][]} */
const SECTIONS = [["outcome", "Outcome"], ["metrics", "Metrics"], ["config", "Config"], ["experiment", "Experiment"], ["sources", "Sources"], ["resources", "Resources"], ["packages", "Packages"], ["host", "Host"]];
export const COMPARED = SECTIONS.map(([part]) => part);
const MOST_BYTES = 1 << 20;
const MOST_OUTPUT = 1 << 18;

export class Compare {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.search = /** @type {HTMLInputElement} */ (el("input.input", { type: "search", placeholder: "Find an entry", "aria-label": "Find an entry" }));
    this.place = el("div.compare");
    root.append(el("div.tools", {}, this.search, el("span.dim", {}, "Only what differs. Pin a run to see the differences from it."), saveMenu(() => null, () => this.rows(), "differences")), this.place);
    /** @type {ComparedRuns | null} */
    this.runs = null;
    /** @type {Map<string, import("./noise.js").Noise>} */
    this.noise = new Map();
    this.media = el("section.medias", { "aria-label": "Media of these runs" });
    this.mediaOf = "";
    this.texts = el("section");
    this.abort = new AbortController();
    this.search.addEventListener("input", () => this.draw());
    this.stop = onChange((now, before) => { if (now.base !== before.base) { this.draw(); this.showMedia(); void this.learnNoise(); } });
  }

  /** @param {ComparedRuns} runs */
  show(runs) {
    this.runs = runs;
    this.draw();
    this.showMedia();
    void this.learnNoise();
  }

  /** Images, tables, sounds, ... of the runs, the pinned one first. */
  showMedia() {
    const runs = this.runs?.runs ?? [];
    const ordered = this.order(runs).map((n) => runs[n]);
    const wanted = JSON.stringify(ordered.map(({ key, tone }) => [key, tone]));
    if (wanted === this.mediaOf || runs.length < 2) return;
    this.mediaOf = wanted;
    void compareMedia(this.media, ordered, this.abort.signal);
  }

  /** What the seeds alone change, in the experiment of the pinned run. */
  async learnNoise() {
    const { runs } = this;
    const base = runs?.runs.find(({ key }) => key === state().base);
    // Several experiments have no noise in common.
    if (!runs || !base || (runs.parts.experiment ?? []).some(({ name }) => name === "name")) return;
    const fields = [...(runs.parts.outcome ?? []).filter(({ name }) => name === "result").map(({ name }) => name), ...(runs.parts.metrics ?? []).slice(0, 100).map(({ name }) => metricField(name))];
    const noise = await readNoise(base.key, fields, this.abort.signal, runs.runs.length);
    if (this.abort.signal.aborted || runs !== this.runs) return;
    this.noise = noise;
    this.draw();
  }

  refresh() {}

  /** The differences as a table. */
  rows() {
    const { runs, parts } = this.runs ?? { runs: [], parts: /** @type {Record<string, ComparedEntry[]>} */ ({}) };
    return [["part", "entry", ...runs.map(({ key }) => key)], ...SECTIONS.flatMap(([part]) => (parts[part] ?? []).map(({ name, values }) => [part, name, ...values]))];
  }

  /** The places of the runs, the pinned one first. @param {ComparedRun[]} runs */
  order(runs) {
    const pinned = runs.findIndex(({ key }) => key === state().base);
    const places = runs.map((_, n) => n);
    return pinned < 0 ? places : [pinned, ...places.filter((n) => n !== pinned)];
  }

  draw() {
    if (!this.runs) return;
    const { runs, parts, problems } = this.runs;
    const typed = this.search.value.trim().toLowerCase();
    const order = this.order(runs);
    const shown = SECTIONS.map(([part, title]) => ({ part, title, entries: machineLastOf(parts[part] ?? []).filter(({ name }) => name.toLowerCase().includes(typed)) }));
    const same = shown.filter(({ entries, part }) => !entries.length && !(parts[part] ?? []).length).map(({ title }) => title.toLowerCase());
    const bodies = shown.filter(({ entries }) => entries.length).map(({ part, title, entries }) => el("tbody", {},
      el("tr.section", {}, el("th", { scope: "rowgroup", colspan: runs.length + 1 }, title, el("span.dim", {}, ` ${entries.length}`))),
      ...entries.map((entry) => this.row(part, entry, order))));
    const table = el("table", { "aria-label": "Differences" }, el("thead", {}, el("tr", {}, el("td"), ...order.map((n) => this.head(runs[n])))), ...bodies);
    fill(this.place, ...problems.slice(0, 1).map((text) => el("div.warning", {}, icon("warn"), el("span.grow", {}, text))),
      runs.length < 2 ? el("div.empty", {}, "Select two or more runs in the list (x).") : el("div.scroll.sides", { tabindex: "0", role: "region", "aria-label": "Differences" }, table),
      same.length && runs.length > 1 ? el("p.dim", {}, `The same in all: ${same.join(", ")}.`) : null,
      ...(runs.length > 1 ? [this.media, this.textsOf(runs, order, parts.sources ?? [])] : []));
  }

  /** @param {ComparedRun} run */
  head(run) {
    const isPinned = state().base === run.key;
    return el("th", { scope: "col", class: isPinned ? "pinned" : "", title: run.about }, el("span.run", {}, el("span", { class: `swatch tone-${run.tone} dash-${run.dash}` }),
      el("button.link", { type: "button", onclick: run.open }, statusMark(run.status, false), `#${run.id}`),
      button(isPinned ? `Run ${run.id} is the baseline` : `Compare with run ${run.id}`, () => change({ base: isPinned ? "" : run.key }), { icon: "pin", plain: true, pressed: isPinned })));
  }

  /** @param {string} part @param {ComparedEntry} entry @param {number[]} order */
  row(part, entry, order) {
    const isPinned = this.runs?.runs[order[0]].key === state().base;
    const base = entry.values[order[0]];
    return el("tr", {}, el("th", { scope: "row", title: entry.name }, entry.name), ...order.map((n, place) => {
      const value = entry.values[n];
      const origin = entry.origins?.[n];
      const isSame = isPinned && place > 0 && JSON.stringify(value) === JSON.stringify(base);
      const text = value === null ? "–" : cell(value, "entry");
      return el("td", { class: [isSame || value === null ? "dim" : "", typeof value === "number" ? "number" : ""].join(" "), title: [whole(value, "entry"), origin ?? ""].filter(Boolean).join("\n") }, text,
        isPinned && place > 0 ? difference(part, base, value, this.noise.get(part === "metrics" ? metricField(entry.name) : entry.name)) : null, origin ? el("div.origin", {}, origin) : null);
    }));
  }

  /** The same section as long as it is about the same runs: a text that is open there stays open. @param {ComparedRun[]} runs @param {number[]} order @param {ComparedEntry[]} sources */
  textsOf(runs, order, sources) {
    const wanted = JSON.stringify([order.map((n) => runs[n].key), sources.map(({ name }) => name)]);
    if (wanted !== this.texts.dataset.of) {
      this.texts = this.newTexts(runs, order, sources);
      this.texts.dataset.of = wanted;
    }
    return this.texts;
  }

  /** Sources and outputs of two runs. @param {ComparedRun[]} runs @param {number[]} order @param {ComparedEntry[]} sources */
  newTexts(runs, order, sources) {
    const [first, second] = order.map((n) => runs[n]);
    const names = sources.map(({ name }) => name).filter((name) => !name.startsWith("commit of "));
    const place = el("div");
    const other = /** @type {HTMLSelectElement} */ (el("select.input", { "aria-label": "The other run" }, ...order.slice(1).map((n) => el("option", { value: runs[n].key }, `#${runs[n].id}`))));
    other.value = second.key;
    const show = (/** @type {(key: string) => Promise<string>} */ read, /** @type {string} */ name) => {
      fill(place, el("span.dim", {}, "Reading …"));
      Promise.all([read(first.key), read(other.value)]).then(([left, right]) => fill(place, el("h3", {}, `${name}: #${first.id} and ${other.selectedOptions[0].text}`), sideBySide(left, right, name)), (error) => { if (!this.abort.signal.aborted) fill(place, el("span.dim", {}, error.message)); });
    };
    return el("section.texts", { "aria-label": "Texts side by side" }, el("div.bar", {}, el("span", {}, `#${first.id} side by side with`), other,
      ...names.slice(0, 12).map((name) => button(name, () => show((key) => this.source(key, name), name), { icon: "file", text: true })),
      button("Output", () => show((key) => this.output(key), "Output"), { icon: "file", text: true })), place);
  }

  /** @param {string} key @param {string} name */
  async source(key, name) {
    const [store, ...rest] = key.split("/");
    const found = await beginning(fileAddress({ store, key: rest.join("/") }, "sources", name, false), MOST_BYTES, this.abort.signal).catch((error) => { if (error.status === 404) return null; throw error; });
    return found ? new TextDecoder().decode(found.bytes) : "";
  }

  /** @param {string} key */
  async output(key) {
    const [store, ...rest] = key.split("/");
    const { text } = await get(`${runPath(store, rest.join("/"))}/output`, { to: MOST_OUTPUT }, this.abort.signal);
    return text;
  }

  close() {
    this.stop();
    this.abort.abort();
  }
}

/** Entries, with metrics of the machine behind all others. @param {ComparedEntry[]} entries */
function machineLastOf(entries) {
  const places = new Map(machineLast(entries.map(({ name }) => name)).map((name, n) => [name, n]));
  return [...entries].sort((a, b) => Number(places.get(a.name)) - Number(places.get(b.name)));
}

/** How far a number is from that of the baseline, and whether seeds alone make as much of a difference. @param {string} part @param {any} base @param {any} value @param {import("./noise.js").Noise | undefined} noise */
function difference(part, base, value, noise) {
  if (typeof base !== "number" || typeof value !== "number" || base === value || !["outcome", "metrics"].includes(part)) return null;
  const by = value - base;
  const share = base ? ` ${by > 0 ? "+" : "−"}${number(Math.abs(Math.round((1000 * by) / base) / 10))} %` : "";
  // Higher or lower, not better or worse: no name says which of them is the good one.
  const isNoise = noise?.floor !== null && noise?.floor !== undefined && Math.abs(by) <= noise.floor;
  const about = [`${by > 0 ? "+" : "−"}${number(Math.abs(by))}`, isNoise ? "Not distinguishable: within the noise floor." : "", noise?.text ?? ""].filter(Boolean).join("\n");
  return el("span.delta", { class: isNoise ? "noise" : by > 0 ? "up" : "down", title: about }, ` ${isNoise ? "≈" : by > 0 ? "▲" : "▼"}${share}`, isNoise ? " noise" : null);
}
