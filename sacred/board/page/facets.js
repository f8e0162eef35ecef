// @ts-check
// The values of a field among the runs of the query, with their counts; a click filters by them.
import { get } from "./api.js";
import { asValue } from "./completion.js";
import { el, fill } from "./dom.js";
import { cell, whole } from "./format.js";
import { partsOf, withPart } from "./query_parts.js";
import { groupRequest } from "./run_groups.js";
import { change, state } from "./state.js";

const USUAL = ["status", "name", "command", "group", "starred"];
const MOST = 200;

/**
 * @param {import("./completion.js").Field[]} known @param {Promise<import("./completion.js").Field[]>} learned
 * @param {string} chosen the field that is shown first
 */
export function facetMenu(known, learned, chosen) {
  const select = /** @type {HTMLSelectElement} */ (el("select.input", { "aria-label": "Field" }));
  const list = el("div.list", { role: "group", "aria-label": "Values" });
  let asked = 0;

  /** @param {import("./completion.js").Field[]} fields */
  function offer(fields) {
    const value = select.value || chosen;
    const names = [...USUAL, ...fields.filter(({ varies, kind }) => varies && kind !== "metric").map(({ name }) => name)];
    if (value) names.unshift(value);
    fill(select, ...[...new Set(names)].map((name) => el("option", { value: name }, name.replace(/^config\./, ""))));
    select.value = value || names[0];
  }

  async function show() {
    const field = select.value;
    const number = (asked += 1);
    // The field's own condition hides no value of it.
    const q = partsOf(state().q).filter((part) => !isAbout(part, field)).join(" and ");
    const found = await get("groups", { ...groupRequest(state()), q, by: field }).catch((error) => ({ error }));
    if (number !== asked) return;
    if (found.error) { fill(list, el("div.heading", {}, found.error.message)); return; }
    const groups = [...found.groups].sort((a, b) => b.runs - a.runs);
    const most = groups[0]?.runs ?? 1;
    const chosenValues = chosenOf(field);
    const rows = groups.slice(0, MOST).map((group) => {
      const value = group.values[0];
      const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", disabled: value !== null && typeof value === "object" }));
      box.checked = chosenValues.includes(text(value));
      box.addEventListener("change", () => toggle(field, value, box.checked));
      const bar = el("span.share");
      bar.style.width = `${Math.max(2, (64 * group.runs) / most)}px`;
      return el("label", { title: whole(value, "entry") }, box, el("span.name", {}, value === null ? "none" : cell(value, "entry")), bar, el("span.count", {}, String(group.runs)));
    });
    fill(list, ...rows, groups.length > MOST ? el("div.heading", {}, `and ${groups.length - MOST} more`) : null, groups.length ? null : el("div.heading", {}, "No runs match."));
  }

  select.addEventListener("change", () => void show());
  offer(known);
  learned.then(offer, () => undefined);
  void show();
  return el("div.columns.facets", {}, select, list);
}

/** @param {any} value */
function text(value) {
  return value === null ? "none" : asValue(value);
}

/** @param {string} name */
function short(name) {
  return name.replace(/^config\./, "");
}

/** Whether a part of a query is about the values of a field. @param {string} part @param {string} field */
function isAbout(part, field) {
  return [field, short(field)].some((name) => part.startsWith(`${name} = `) || part.startsWith(`${name} in (`) || part === `missing(${name})`);
}

/** @param {string} field @returns {string[]} */
function chosenOf(field) {
  const part = partsOf(state().q).find((one) => isAbout(one, field));
  if (!part) return [];
  if (part.startsWith("missing(")) return ["none"];
  const values = part.slice(part.indexOf(part.includes(" in (") ? " in (" : " = ") + (part.includes(" in (") ? 5 : 3)).replace(/\)$/, "");
  return part.includes(" in (") ? (values.match(/"(?:[^"\\]|\\.)*"|[^,\s]+/g) ?? []) : [values];
}

/** @param {string} field @param {any} value @param {boolean} isOn */
function toggle(field, value, isOn) {
  const before = value === null ? [] : chosenOf(field).filter((one) => one !== "none" && one !== text(value));
  const values = isOn && value !== null ? [...before, text(value)] : before;
  const rest = partsOf(state().q).filter((part) => !isAbout(part, field)).join(" and ");
  const name = short(field);
  const part = isOn && value === null ? `missing(${name})` : values.length === 1 ? `${name} = ${values[0]}` : values.length ? `${name} in (${values.join(", ")})` : "";
  change({ q: part ? withPart(rest, part) : rest });
}
