// @ts-check
// Which columns the table has: any field, in any order.
import { button, el, fill, icon } from "./dom.js";
import { change, state } from "./state.js";

/**
 * @param {import("./table_data.js").Column[]} columns those that are shown
 * @param {import("./completion.js").Field[]} known all fields that there are, so far
 * @param {Promise<import("./completion.js").Field[]>} learned all of them
 */
export function columnMenu(columns, known, learned) {
  let fields = known;
  let shown = columns.map((column) => column.name);
  const search = /** @type {HTMLInputElement} */ (el("input.input", { type: "search", placeholder: "Find a field", "aria-label": "Find a field" }));
  const list = el("div.list");

  /** @param {string[]} names */
  function show(names) {
    shown = names;
    localStorage.setItem("sacred.columns", JSON.stringify(names));
    change({ columns: names }, { replace: true });
    draw();
  }

  /** @param {string} name */
  function toggle(name) {
    show(shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name]);
  }

  /** @param {string} name @param {number} by */
  function move(name, by) {
    const from = shown.indexOf(name);
    const to = from + by;
    if (to < 0 || to >= shown.length) return;
    const names = shown.filter((one) => one !== name);
    names.splice(to, 0, name);
    show(names);
  }

  /** @param {string} name */
  function isMetric(name) {
    return name.startsWith("metrics.") || columns.some((column) => column.name === name && column.kind === "metric");
  }

  /** @param {string} name @param {boolean} isOn */
  function line(name, isOn) {
    const box = el("input", { type: "checkbox", onchange: () => toggle(name), "aria-label": name });
    /** @type {HTMLInputElement} */ (box).checked = isOn;
    const arrows = isOn ? el("span.move", {},
      el("button", { type: "button", title: "Move to the left", onclick: (/** @type {Event} */ e) => { e.preventDefault(); move(name, -1); } }, icon("up")),
      el("button", { type: "button", title: "Move to the right", onclick: (/** @type {Event} */ e) => { e.preventDefault(); move(name, 1); } }, icon("down"))) : null;
    const isCurve = state().sparks.includes(name);
    const curve = isOn && isMetric(name) ? button(isCurve ? `Show ${name} as a number` : `Show ${name} as a curve`, () => { change({ sparks: isCurve ? state().sparks.filter((one) => one !== name) : [...state().sparks, name] }, { replace: true }); draw(); }, { icon: "chart", plain: true, pressed: isCurve }) : null;
    return el("label", { title: name }, box, el("span.name", {}, name), curve, arrows);
  }

  function draw() {
    const typed = search.value.toLowerCase();
    const fits = (/** @type {string} */ name) => name.toLowerCase().includes(typed);
    const others = fields.filter((field) => !shown.includes(field.name) && fits(field.name));
    const varied = others.filter((field) => field.varies || field.kind === "metric");
    const same = others.filter((field) => !field.varies && field.kind !== "metric");
    fill(list,
      el("div.menu.shown", {}, el("div.heading", {}, "Shown"), ...shown.filter(fits).map((name) => line(name, true))),
      ...group("Different among the newest runs", varied), ...group("The same everywhere", same));
  }

  /** @param {string} title @param {import("./completion.js").Field[]} found */
  function group(title, found) {
    if (!found.length) return [];
    const most = 300;
    return [el("div.menu", {}, el("div.heading", {}, title), ...found.slice(0, most).map((field) => line(field.name, false)),
      found.length > most ? el("div.heading", {}, `and ${found.length - most} more: find them by name`) : null)];
  }

  search.addEventListener("input", draw);
  search.addEventListener("keydown", (event) => {
    const first = /** @type {HTMLInputElement | null} */ (list.querySelector(".menu:not(.shown) input"));
    if (event.key === "Enter" && first) first.click();
  });
  draw();
  learned.then((found) => { fields = found; draw(); }, () => undefined);
  const usual = button("Usual columns", () => {
    localStorage.removeItem("sacred.columns");
    change({ columns: [] }, { replace: true });
    document.dispatchEvent(new CustomEvent("usual-columns"));
  }, { text: true });
  return el("div.columns", {}, search, list, el("hr"), usual);
}
