// @ts-check
// What several runs have logged beside numbers, side by side: one slider for all of them.
import { get, runPath } from "./api.js";
import { el, fill } from "./dom.js";
import { drawSeries } from "./media_tab.js";

/** @typedef {import("./compared_runs.js").ComparedRun} ComparedRun */
/** @typedef {import("./media_tab.js").Series} Series */

const MOST_RUNS = 12;
const MOST_SERIES = 30;

/** @param {HTMLElement} root @param {ComparedRun[]} runs @param {AbortSignal} signal */
export async function compareMedia(root, runs, signal) {
  const shown = runs.slice(0, MOST_RUNS);
  const found = await Promise.all(shown.map(({ key }) => {
    const [store, ...rest] = key.split("/");
    return get(runPath(store, rest.join("/")), {}, signal).catch(() => null);
  }));
  if (signal.aborted) return;
  const names = [...new Set(found.flatMap((run) => (run ? run.media.map((/** @type {Series} */ series) => series.name) : [])))].slice(0, MOST_SERIES);
  const steps = [...new Set(found.flatMap((run) => (run ? run.media.flatMap((/** @type {Series} */ series) => series.steps) : [])))].sort((a, b) => a - b);
  if (!names.length) { fill(root); return; }
  const label = el("output.step");
  const slider = /** @type {HTMLInputElement} */ (el("input", { type: "range", min: 0, max: steps.length - 1, "aria-label": "Step of all runs" }));
  slider.value = String(steps.length - 1);
  slider.disabled = steps.length < 2;
  const cards = names.map((name) => found.map((run) => ({ run, series: run?.media.find((/** @type {Series} */ one) => one.name === name), card: { artifact: "", place: el("figure.card", {}, el("h3", {}, el("span.last")), el("div.shown")) } })));
  const draw = () => {
    const step = steps[Number(slider.value)];
    label.textContent = `${step}, ${Number(slider.value) + 1} of ${steps.length}`;
    for (const { run, series, card } of cards.flat()) if (series) void drawSeries(card, run, series, step, signal);
  };
  slider.addEventListener("input", draw);
  const head = el("tr", {}, el("td"), ...shown.map((run) => el("th", { scope: "col" }, el("span.run", {}, el("span", { class: `swatch tone-${run.tone} dash-${run.dash}` }), `#${run.id}`))));
  fill(root, el("div.bar", {}, el("h3", {}, "Media"), el("label", {}, "step ", slider), label),
    el("div.scroll", { tabindex: "0", role: "region", "aria-label": "Media side by side" }, el("table.medias", {}, el("thead", {}, head), el("tbody", {}, ...names.map((name, n) => el("tr", {}, el("th", { scope: "row", title: name }, name), ...cards[n].map(({ series, card }) => el("td", {}, series ? card.place : el("span.dim", {}, "–")))))))));
  draw();
}
