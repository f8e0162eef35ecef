// @ts-check
// What a run has logged with steps beside numbers: one slider moves through all of it.
import { el, fill } from "./dom.js";
import { fileAddress } from "./files_tab.js";
import { number } from "./format.js";
import { content, read } from "./preview.js";
import { change, state } from "./state.js";

/** @typedef {{name: string, kind: string, steps: number[], artifacts: string[]}} Series */

const SPACE = "http://www.w3.org/2000/svg";

/** @param {HTMLElement} root @param {any} run */
export function mediaTab(root, run) {
  return new MediaTab(root, run);
}

class MediaTab {
  /** @param {HTMLElement} root @param {any} run */
  constructor(root, run) {
    this.run = run;
    this.label = el("output.step");
    this.slider = /** @type {HTMLInputElement} */ (el("input", { type: "range", min: 0, "aria-label": "Step" }));
    this.grid = el("div.media");
    /** What is shown of each series. @type {Map<string, {place: HTMLElement, artifact: string}>} */
    this.cards = new Map();
    this.abort = new AbortController();
    this.slider.addEventListener("input", () => this.moved());
    root.append(el("div.tools", {}, el("label", {}, "step", this.slider), this.label), this.grid);
    this.update(run);
  }

  /** @param {any} run */
  update(run) {
    const known = this.steps;
    const wasLast = !known || Number(this.slider.value) === known.length - 1;
    const shown = known ? known[Number(this.slider.value)] : Number(state().item || Infinity);
    this.run = run;
    this.steps = [...new Set(run.media.flatMap((/** @type {Series} */ series) => series.steps))].sort((a, b) => a - b);
    this.slider.max = String(this.steps.length - 1);
    this.slider.disabled = this.steps.length < 2;
    const wanted = wasLast && known ? Infinity : shown;
    this.slider.value = String(Math.max(0, this.steps.filter((step) => step <= wanted).length - 1));
    fill(this.grid, ...run.media.map((/** @type {Series} */ series) => this.card(series).place));
    this.draw();
  }

  moved() {
    change({ item: String(this.step()) }, { replace: true });
    this.draw();
  }

  step() {
    return this.steps?.[Number(this.slider.value)] ?? 0;
  }

  /** @param {Series} series */
  card(series) {
    let card = this.cards.get(series.name);
    if (!card) {
      const place = el("figure.card", { "data-media": series.name }, el("h3", {}, el("span", { title: series.name }, series.name), el("span.last")), el("div.shown"));
      card = { place, artifact: "" };
      this.cards.set(series.name, card);
    }
    return card;
  }

  draw() {
    this.label.textContent = `${this.step()}, ${Number(this.slider.value) + 1} of ${this.steps?.length}`;
    for (const series of this.run.media) this.show(series);
  }

  /** @param {Series} series */
  show(series) {
    return drawSeries(this.card(series), this.run, series, this.step(), this.abort.signal);
  }

  close() {
    this.abort.abort();
  }
}

/**
 * Show the last one up to the step; before the first one, that.
 * @param {{place: HTMLElement, artifact: string}} card @param {any} run @param {Series} series @param {number} step @param {AbortSignal} signal
 */
export async function drawSeries(card, run, series, step, signal) {
  const place = Math.max(0, series.steps.filter((one) => one <= step).length - 1);
  const artifact = series.artifacts[place];
  if (card.artifact === artifact) return;
  card.artifact = artifact;
  const file = run.artifacts.find((/** @type {{name: string}} */ one) => one.name === artifact);
  const saved = fileAddress(run, "artifacts", artifact, false);
  const shown = /** @type {HTMLElement} */ (card.place.querySelector(".shown"));
  const about = /** @type {HTMLElement} */ (card.place.querySelector(".last"));
  try {
    const start = await read(file, saved, signal);
    if (card.artifact !== artifact) return;
    about.textContent = `step ${series.steps[place]}`;
    const drawn = series.kind === "histogram" ? [histogram(start.bytes)] : content(file, start, fileAddress(run, "artifacts", artifact, true));
    for (const image of drawn) if (image instanceof HTMLImageElement) asPicture(image, `${series.name}, step ${series.steps[place]}`);
    fill(shown, ...drawn);
  } catch (error) {
    if (!signal.aborted && card.artifact === artifact) fill(shown, el("span.dim", {}, /** @type {Error} */ (error).message));
  }
}

/** Small pictures are enlarged without blur: their pixels are what is looked at. @param {HTMLImageElement} image @param {string} alt */
function asPicture(image, alt) {
  image.alt = alt;
  image.addEventListener("load", () => image.classList.toggle("pixels", image.naturalWidth < 160));
}

/** Bars for counts between edges. @param {Uint8Array} bytes */
function histogram(bytes) {
  const { counts, edges } = JSON.parse(new TextDecoder().decode(bytes));
  const most = counts.reduce((/** @type {number} */ a, /** @type {number} */ b) => Math.max(a, b), 0) || 1;
  const [first, last] = [edges[0], edges.at(-1)];
  const width = last - first || 1;
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", "0 0 100 40");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "histogram");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${counts.length} bins from ${number(first)} to ${number(last)}, at most ${number(most)} values in one`);
  counts.forEach((/** @type {number} */ count, /** @type {number} */ n) => {
    const bar = document.createElementNS(SPACE, "rect");
    const height = (40 * count) / most;
    const box = { x: (100 * (edges[n] - first)) / width, y: 40 - height, width: (100 * (edges[n + 1] - edges[n])) / width, height };
    for (const [name, value] of Object.entries(box)) bar.setAttribute(name, String(value));
    const title = document.createElementNS(SPACE, "title");
    title.textContent = `${number(edges[n])} to ${number(edges[n + 1])}: ${number(count)}`;
    bar.append(title);
    svg.append(bar);
  });
  return el("div", {}, svg, el("div.axis", {}, el("span", {}, number(first)), el("span", {}, number(last))));
}
