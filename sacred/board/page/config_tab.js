// @ts-check
// The configuration as a tree; each entry can become a column or a filter.
import { get, runPath } from "./api.js";
import { check } from "./charts/settings.js";
import { asValue } from "./completion.js";
import { el, fill } from "./dom.js";
import { notify } from "./notices.js";
import { withPart } from "./query_parts.js";
import { change, state } from "./state.js";
import { valueTree } from "./value_tree.js";

/** @typedef {{origin: string, overridden: string[], readers: string[] | null}} Origin */

/** @param {HTMLElement} root @param {any} run */
export function configTab(root, run) {
  const search = /** @type {HTMLInputElement} */ (el("input.input", { type: "search", placeholder: "Find an entry", "aria-label": "Find an entry" }));
  const place = el("div.pad");
  /** @type {any} */
  let config = {};
  // Not an object: entries may be called "constructor".
  /** @type {Map<string, Origin>} */
  let origins = new Map();
  let isUnreadOnly = false;
  const tools = el("div.tools", {}, search);
  root.append(tools, place);

  /** Whether nothing has read an entry. @param {string} path without "config." */
  const isUnread = (path) => origins.get(path)?.readers?.length === 0;
  let isClosed = false;

  function draw() {
    const typed = search.value.trim().toLowerCase();
    const chosen = isUnreadOnly ? only(config, "", isUnread) ?? {} : config;
    const shown = typed ? filtered(chosen, typed) : chosen;
    if (shown === undefined) fill(place, el("span.dim", {}, "No entry has this in its name or value."));
    else if (!Object.keys(shown).length) fill(place, el("span.dim", {}, "The configuration is empty."));
    else fill(place, valueTree(shown, "config", (path, value) => actions(path, value, origins.get(path.replace(/^config\./, "")))));
  }

  search.addEventListener("input", draw);
  get(`${runPath(run.store, run.key)}/config`).then((found) => {
    if (isClosed) return;
    config = found.config;
    origins = new Map(Object.entries(found.origins));
    const unread = [...origins.keys()].filter(isUnread).length;
    if (unread) tools.append(check(`only the ${unread} that nothing has read`, false, (isOn) => { isUnreadOnly = isOn; draw(); }));
    draw();
  }, (error) => fill(place, el("span.dim", {}, error.message)));
  return { close: () => { isClosed = true; } };
}

/** @param {string} path @param {any} value @param {Origin | undefined} origin */
function actions(path, value, origin) {
  const isLeaf = value === null || typeof value !== "object";
  const about = origin && [origin.origin, ...origin.overridden.map((text) => `was ${text}`), ...(origin.readers ?? []).map((text) => `read by ${text}`)].join("\n");
  return el("span.actions", {},
    origin?.readers?.length === 0 ? el("span.unread", { title: "Nothing has read this entry" }, "not read") : null,
    origin ? el("span.origin", { title: about }, origin.origin, origin.overridden.length ? ` · was ${origin.overridden[0]}` : "") : null,
    isLeaf ? filterButton(path, value) : null);
}

/** @param {string} path @param {any} value */
function filterButton(path, value) {
  return el("button", { type: "button", title: `Only runs with ${path} = ${value}`, onclick: () => addFilter(path, value) }, "filter");
}

/** @param {string} path @param {any} value */
function addFilter(path, value) {
  const part = value === null ? `missing(${path})` : `${path.replace(/^config\./, "")} = ${asValue(value)}`;
  const before = state().q;
  change({ q: withPart(before, part) });
  notify(`Only runs with ${part}`, { label: "Undo", act: () => change({ q: before }) });
}

/** Some of the entries. @param {any} value @param {string} path @param {(path: string) => boolean} isWanted @returns {any} */
function only(value, path, isWanted) {
  if (path && isWanted(path)) return value;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const found = Object.entries(value).map(([key, item]) => [key, only(item, path ? `${path}.${key}` : key, isWanted)]).filter(([, item]) => item !== undefined);
  return found.length ? Object.fromEntries(found) : undefined;
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
