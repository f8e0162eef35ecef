// @ts-check
// The configuration as a tree; each entry can become a column or a filter.
import { get, runPath } from "./api.js";
import { asValue } from "./completion.js";
import { el, fill } from "./dom.js";
import { notify } from "./notices.js";
import { change, state } from "./state.js";
import { valueTree } from "./value_tree.js";

/** @param {HTMLElement} root @param {any} run */
export function configTab(root, run) {
  const search = /** @type {HTMLInputElement} */ (el("input.input", { type: "search", placeholder: "Find an entry", "aria-label": "Find an entry" }));
  const place = el("div.pad");
  root.append(el("div.tools", {}, search), place);
  /** @type {any} */
  let config = {};
  let isClosed = false;

  function draw() {
    const typed = search.value.trim().toLowerCase();
    const shown = typed ? filtered(config, typed) : config;
    if (shown === undefined) fill(place, el("span.dim", {}, "No entry has this in its name or value."));
    else if (!Object.keys(shown).length) fill(place, el("span.dim", {}, "The configuration is empty."));
    else fill(place, valueTree(shown, "config", actions));
  }

  search.addEventListener("input", draw);
  get(`${runPath(run.store, run.key)}/config`).then((found) => {
    if (isClosed) return;
    config = found.config;
    draw();
  }, (error) => fill(place, el("span.dim", {}, error.message)));
  return { close: () => { isClosed = true; } };
}

/** @param {string} path @param {any} value */
function actions(path, value) {
  if (value !== null && typeof value === "object") return null;
  return el("button", { type: "button", title: `Only runs with ${path} = ${value}`, onclick: () => addFilter(path, value) }, "filter");
}

/** @param {string} path @param {any} value */
function addFilter(path, value) {
  const part = value === null ? `missing(${path})` : `${path.replace(/^config\./, "")} = ${asValue(value)}`;
  const before = state().q;
  change({ q: before ? `${/\bor\b/.test(before) ? `(${before})` : before} and ${part}` : part });
  notify(`Only runs with ${part}`, { label: "Undo", act: () => change({ q: before }) });
}

/** The entries that have a text in their name or value. @param {any} value @param {string} typed @returns {any} */
function filtered(value, typed) {
  if (value === null || typeof value !== "object") return String(value).toLowerCase().includes(typed) ? value : undefined;
  /** @type {Record<string, any>} */
  const found = {};
  for (const [key, item] of Object.entries(value)) {
    const inner = key.toLowerCase().includes(typed) ? item : filtered(item, typed);
    if (inner !== undefined) found[key] = inner;
  }
  return Object.keys(found).length ? found : undefined;
}
