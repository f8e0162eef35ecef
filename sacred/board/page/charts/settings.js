// @ts-check
// How charts are drawn: one set for all of them, which stands in the address.
import { button, el } from "../dom.js";

/**
 * @typedef {object} ChartSettings
 * @property {string} x step, relative, time or metric:NAME
 * @property {string} log axes that are logarithmic: "", "x", "y" or "xy"
 * @property {number} smooth weight of the past in the moving average; 0: none
 * @property {boolean} clip whether outliers are left out of the range of y
 * @property {string} zoom "FROM..TO" of x; empty: all
 * @property {string} find what is in the names of the metrics shown
 * @property {string} size "", "small" or "large"
 * @property {string} band what the area around the mean of a group shows: ci, std, sem, range
 * @property {boolean} members whether the members of groups are drawn, faintly
 */

/** @type {ChartSettings} */
export const USUAL = { x: "step", log: "", smooth: 0, clip: false, zoom: "", find: "", size: "", band: "ci", members: true };
const KEPT = "sacred.charts";
/** What is kept for the next visit: not what is looked for just now. */
const KEPT_NAMES = ["x", "log", "smooth", "clip", "size", "band"];

/** @param {URLSearchParams} query @returns {ChartSettings} */
export function readSettings(query) {
  const smooth = Number(query.get("smooth") ?? 0);
  return {
    x: query.get("x") ?? USUAL.x,
    log: query.get("log") ?? "",
    smooth: smooth > 0 && smooth < 1 ? smooth : 0,
    clip: query.has("clip"),
    zoom: query.get("zoom") ?? "",
    find: query.get("find") ?? "",
    size: query.get("size") ?? "",
    band: query.get("band") ?? USUAL.band,
    members: query.get("members") !== "no",
  };
}

/** @param {ChartSettings} settings @param {URLSearchParams} query */
export function writeSettings(settings, query) {
  if (settings.x !== USUAL.x) query.set("x", settings.x);
  if (settings.smooth) query.set("smooth", String(settings.smooth));
  if (settings.band !== USUAL.band) query.set("band", settings.band);
  if (!settings.members) query.set("members", "no");
  if (settings.clip) query.set("clip", "1");
  for (const name of /** @type {("log" | "zoom" | "find" | "size")[]} */ (["log", "zoom", "find", "size"])) if (settings[name]) query.set(name, settings[name]);
}

/** @param {ChartSettings} settings */
export function keepSettings(settings) {
  const kept = Object.fromEntries(Object.entries(settings).filter(([name]) => KEPT_NAMES.includes(name)));
  localStorage.setItem(KEPT, JSON.stringify(kept));
}

/** Those of the last visit. @returns {ChartSettings} */
export function keptSettings() {
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  return readSettings(new URLSearchParams(Object.entries(kept).filter(([, value]) => value).map(([name, value]) => [name, String(value)])));
}

/** The range of x that is looked at. @param {ChartSettings} settings @returns {[number, number] | null} */
export function zoomOf(settings) {
  const [from, to] = settings.zoom.split("..").map(Number);
  return settings.zoom && Number.isFinite(from) && Number.isFinite(to) && from < to ? [from, to] : null;
}

/**
 * The controls of a page of charts.
 * @param {ChartSettings} settings @param {string[]} metrics @param {(changes: Partial<ChartSettings>) => void} set @param {boolean} [withGroups]
 */
export function chartTools(settings, metrics, set, withGroups = false) {
  const find = /** @type {HTMLInputElement} */ (el("input.input", { type: "search", placeholder: `Find among ${metrics.length} metrics`, "aria-label": "Find a metric", value: settings.find }));
  find.addEventListener("input", () => set({ find: find.value }));
  const places = [["step", "by step"], ["relative", "by time since the start"], ["time", "by time"], ...metrics.slice(0, 200).map((name) => [`metric:${name}`, `by ${name}`])];
  if (!places.some(([value]) => value === settings.x)) places.push([settings.x, settings.x]);
  const x = choice("x", places, settings.x, (value) => set({ x: value, zoom: "" }));
  const size = choice("Size of the charts", [["small", "small"], ["", "medium"], ["large", "large"]], settings.size, (value) => set({ size: value }));
  size.classList.add("short");
  const logs = ["x", "y"].map((axis) => check(`log ${axis}`, settings.log.includes(axis), (isOn) => set({ log: ["x", "y"].filter((one) => (one === axis ? isOn : settings.log.includes(one))).join("") })));
  const smooth = /** @type {HTMLInputElement} */ (el("input", { type: "range", min: 0, max: 0.99, step: 0.01, value: settings.smooth }));
  smooth.addEventListener("input", () => set({ smooth: Number(smooth.value) }));
  const zoomed = settings.zoom ? button("Show all", () => set({ zoom: "" }), { text: true }) : null;
  const groups = withGroups ? [
    choice("The band around the mean", [["ci", "95 % interval"], ["std", "± deviation"], ["sem", "± standard error"], ["range", "min … max"]], settings.band, (value) => set({ band: value })),
    check("members", settings.members, (isOn) => set({ members: isOn }), "The runs of each group, faintly")] : [];
  return [find, x, ...groups, ...logs,
    el("label", { title: "Exponential moving average; the raw curve stays behind" }, "smooth", smooth),
    check("clip outliers", settings.clip, (isOn) => set({ clip: isOn }), "The range of y leaves out the 2 % at either end"), size, zoomed];
}

/** @param {string} label @param {string[][]} options @param {string} value @param {(value: string) => void} act */
export function choice(label, options, value, act) {
  const select = /** @type {HTMLSelectElement} */ (el("select.input", { "aria-label": label }, ...options.map(([name, text]) => el("option", { value: name }, text))));
  select.value = value;
  select.addEventListener("change", () => act(select.value));
  return select;
}

/** @param {string} label @param {boolean} isOn @param {(isOn: boolean) => void} act @param {string} [about] */
export function check(label, isOn, act, about) {
  const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox" }));
  box.checked = isOn;
  box.addEventListener("change", () => act(box.checked));
  return el("label", { title: about }, box, label);
}
