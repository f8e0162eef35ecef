// @ts-check
// A field of the launch form: by the type of an entry, else by that of its default.
import { el } from "../dom.js";
import { plain } from "../format.js";

/** @typedef {{path: string, element: HTMLElement, input: HTMLInputElement | HTMLSelectElement, read: () => {isSet: boolean, value?: any, problem?: string}, complain: (text: string) => void}} Field */

/** @param {any} schema @returns {string} */
function kindOf(schema) {
  if (Array.isArray(schema.enum)) return "enum";
  if (typeof schema.type === "string") return schema.type;
  const value = schema.default;
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return "any-number";
  return typeof value === "string" ? "any-text" : "json";
}

/** @param {string} path @param {any} schema @returns {Field} */
export function entryField(path, schema) {
  const kind = kindOf(schema);
  const before = "default" in schema ? schema.default : undefined;
  const id = `entry-${path}`;
  const input = kind === "enum" || kind === "boolean" ? select(kind === "enum" ? schema.enum : [true, false], before) : text(kind, schema, before);
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-about ${id}-problem`);
  const first = input.value;
  const problem = el("span.problem", { id: `${id}-problem` });
  const about = [schema.description, kind.startsWith("any") || kind === "json" ? "" : kind === "enum" ? "" : kind, range(schema)].filter(Boolean).join(" · ");
  const element = el("div.entry", {}, el("label.name", { for: id }, path), el("div.value", {}, input, problem), el("span.about", { id: `${id}-about` }, about));
  return {
    path, element, input,
    read: () => (input.value === first ? { isSet: false } : valueOf(input.value, kind, schema)),
    complain: (said) => { problem.textContent = said; input.setAttribute("aria-invalid", String(said !== "")); },
  };
}

/** @param {any[]} values @param {any} before */
function select(values, before) {
  const options = before === undefined ? [el("option", { value: "" }, "")] : [];
  const element = /** @type {HTMLSelectElement} */ (el("select.input", {}, ...options, ...values.map((value) => el("option", { value: JSON.stringify(value) }, plain(value) || "null"))));
  element.value = before === undefined ? "" : JSON.stringify(before);
  return element;
}

/** @param {string} kind @param {any} schema @param {any} before */
function text(kind, schema, before) {
  const isText = kind === "string" || kind === "any-text";
  const shown = before === undefined ? "" : isText && typeof before === "string" ? before : JSON.stringify(before);
  const isNumber = kind === "integer" || kind === "number";
  return /** @type {HTMLInputElement} */ (el("input.input", { value: shown, inputmode: isNumber ? "decimal" : undefined, autocomplete: "off", spellcheck: "false", placeholder: before === undefined && schema.type === "integer" ? "drawn, or a number" : undefined }));
}

/** @param {any} schema */
function range(schema) {
  const { minimum, maximum } = schema;
  if (minimum === undefined && maximum === undefined) return "";
  return `${minimum ?? "…"} to ${maximum ?? "…"}`;
}

/** @param {string} written @param {string} kind @param {any} schema @returns {{isSet: boolean, value?: any, problem?: string}} */
function valueOf(written, kind, schema) {
  if (kind === "string") return { isSet: true, value: written };
  const typed = written.trim();
  if (kind === "integer" || kind === "number") {
    if (!typed) return { isSet: false };
    const value = Number(typed);
    if (!Number.isFinite(value) || (kind === "integer" && !Number.isInteger(value))) return { isSet: true, problem: kind === "integer" ? "a whole number" : "a number, such as 0.1 or 1e-3" };
    if (schema.minimum !== undefined && value < schema.minimum) return { isSet: true, problem: `at least ${schema.minimum}` };
    if (schema.maximum !== undefined && value > schema.maximum) return { isSet: true, problem: `at most ${schema.maximum}` };
    return { isSet: true, value };
  }
  if (kind === "any-text") return { isSet: true, value: written };
  if (!typed) return { isSet: false };
  try {
    return { isSet: true, value: JSON.parse(typed) };
  } catch {
    // A text need not have quotes, but a list has brackets.
    if (kind === "array" || kind === "object" || /^[[{"]/.test(typed)) return { isSet: true, problem: 'JSON, such as [64, 64] or {"a": 1}' };
    const value = Number(typed);
    return { isSet: true, value: Number.isFinite(value) ? value : typed };
  }
}
