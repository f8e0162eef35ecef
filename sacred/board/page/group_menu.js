// @ts-check
// What runs are grouped by: any fields, or all that differ but seeds.
import { button, el, fill } from "./dom.js";
import { change, state } from "./state.js";

const MOST = 200;
const ALL_BUT_SEEDS = "*";
const EVERYTHING_SET = "**";
const WHOLE = [ALL_BUT_SEEDS, EVERYTHING_SET];

/** @typedef {import("./completion.js").Field} Field */

/** @param {Field[]} known @param {Promise<Field[]>} learned */
export function groupMenu(known, learned) {
  let fields = known;
  const search = /** @type {HTMLInputElement} */ (el("input.input", { type: "search", placeholder: "Find a field", "aria-label": "Find a field" }));
  const list = el("div.list");
  /** @type {Map<HTMLInputElement, string>} */
  const boxes = new Map();

  /** @param {string} name */
  function toggle(name) {
    const { by } = state();
    const others = by.filter((one) => one !== name && !WHOLE.includes(name) && !WHOLE.includes(one));
    change({ by: by.includes(name) ? by.filter((one) => one !== name) : [...others, name], groups: [], ...(name === EVERYTHING_SET ? { groupSort: "-runs" } : {}) });
    for (const [box, field] of boxes) box.checked = state().by.includes(field);
  }

  /** @param {string} name @param {string} label */
  function line(name, label) {
    const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", "aria-label": label, onchange: () => toggle(name) }));
    box.checked = state().by.includes(name);
    boxes.set(box, name);
    return el("label", { title: label }, box, el("span.name", {}, label));
  }

  function draw() {
    boxes.clear();
    const typed = search.value.toLowerCase();
    const found = fields.filter((field) => field.kind !== "metric" && field.name.toLowerCase().includes(typed));
    const usual = found.filter((field) => field.varies || state().by.includes(field.name));
    const others = found.filter((field) => !usual.includes(field));
    fill(list, typed ? null : el("div.menu", {}, line(ALL_BUT_SEEDS, "all that differs but seeds"), line(EVERYTHING_SET, "all that differs, with seeds (finds duplicates)")),
      el("div.menu", {}, el("div.heading", {}, "Different among the newest runs"), ...usual.slice(0, MOST).map(({ name }) => line(name, name))),
      el("div.menu", {}, el("div.heading", {}, "The same everywhere"), ...others.slice(0, MOST).map(({ name }) => line(name, name))));
  }

  search.addEventListener("input", draw);
  draw();
  learned.then((found) => { fields = found; draw(); }, () => undefined);
  return el("div.columns", {}, search, list, el("hr"), button("No groups", () => { change({ by: [], groups: [] }); draw(); }, { text: true }));
}
