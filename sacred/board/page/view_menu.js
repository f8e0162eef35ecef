// @ts-check
// Named views: in the browser, or in a file that the project shares.
import { Problem, address, get, send } from "./api.js";
import { el, fill, icon } from "./dom.js";
import { notify } from "./notices.js";
import { menuItem } from "./popup.js";
import { openView, state, viewAddress } from "./state.js";

const OWN = "sacred.views";

/** @typedef {{name: string, address: string}} View */

/** @returns {View[]} */
function ownViews() {
  return JSON.parse(localStorage.getItem(OWN) ?? "[]");
}

/** @param {() => void} close @param {boolean} readOnly */
export function viewMenu(close, readOnly) {
  const list = el("div");
  const name = /** @type {HTMLInputElement} */ (el("input.input", { placeholder: "Name of this view", "aria-label": "Name of this view", maxlength: 80 }));
  let isShared = false;

  /** @param {View[]} shared */
  function draw(shared) {
    fill(list,
      ...section("Views of the project", shared, (view) => save(view.name, null, true)),
      ...section("Views in this browser", ownViews(), (view) => save(view.name, null, false)),
      shared.length || ownViews().length ? null : el("div.heading", {}, "No views yet. A view keeps the query, the order and the columns."));
  }

  /** @param {string} title @param {View[]} views @param {(view: View) => void} remove */
  function section(title, views, remove) {
    if (!views.length) return [];
    return [el("div.heading", {}, title), ...views.map((view) => {
      const item = menuItem(view.name, () => { openView(view.address); close(); }, icon("view"));
      const drop = el("button.button.plain", { type: "button", title: `Delete the view ${view.name}`, onclick: (/** @type {Event} */ e) => { e.stopPropagation(); remove(view); } }, icon("close"));
      return el("div", { class: "bar" }, item, drop);
    })];
  }

  /** @param {string} title @param {string | null} text @param {boolean} shared */
  async function save(title, text, shared) {
    if (!shared) {
      const views = ownViews().filter((view) => view.name !== title);
      if (text !== null) views.push({ name: title, address: text });
      localStorage.setItem(OWN, JSON.stringify(views));
      await load();
      return;
    }
    try {
      draw((await send("POST", "views", { name: title, address: text })).views);
    } catch (error) {
      if (error instanceof Problem) notify(error.message);
    }
  }

  async function load() {
    const found = await get("views");
    isShared = found.shared && !readOnly;
    draw(found.views);
  }

  const form = el("form", {
    class: "bar",
    onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      const title = name.value.trim();
      if (title) save(title, viewAddress(state()), isShared).then(() => { name.value = ""; notify(`Saved as ${title}`); });
    },
  }, name, el("button.button.main", { type: "submit" }, "Save"));
  load();
  return el("div.menu", {}, list, el("hr"), form);
}

/** @param {() => void} close @param {import("./table_data.js").Column[]} columns */
export function exportMenu(close, columns) {
  const kinds = [["CSV", "csv"], ["JSON", "json"], ["LaTeX", "latex"], ["Markdown", "markdown"]];
  const { q, sort, stores, trash } = state();
  return el("div.menu", {}, el("div.heading", {}, "Save this table as"), ...kinds.map(([label, format]) => menuItem(label, () => {
    const column = columns.map((one) => one.name);
    const link = el("a", { href: address("export", { q, sort, store: stores, trash: trash || null, column, format }), download: "" });
    link.click();
    close();
  }, icon("file"))));
}
