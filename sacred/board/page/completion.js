// @ts-check
// What may follow in a query, at the place where one types.

/** @typedef {{name: string, kind: string, types: string[], runs: number, varies: boolean, samples: any[]}} Field */
/** @typedef {{text: string, about: string, from: number, to: number}} Option */

const WORD = /(?:[\p{L}_][\p{L}\p{N}_/-]*|`[^`]*`?)(?:\.(?:[\p{L}\p{N}_/-]+|"[^"]*"?)?)*$/u;
const VALUE = /((?:[\p{L}_`][\p{L}\p{N}_/.`"-]*))\s*(=|!=|<=|>=|<|>|~|!~|in\s*\((?:[^()]*,)?)\s*("[^"]*|[^\s()"]*)$/u;
const OPERATORS = ["=", "!=", "<", ">", "<=", ">=", "~", "in"];
const MOST = 12;

/**
 * @param {string} text the query
 * @param {number} caret where one types
 * @param {Field[]} fields
 * @returns {Option[]}
 */
export function complete(text, caret, fields) {
  const before = text.slice(0, caret);
  if (isWithinText(before)) return valueOptions(before, caret, fields);
  const values = valueOptions(before, caret, fields);
  if (values.length) return values;
  if (/[\p{L}\p{N}_"`]\s+$/u.test(before)) return operators(before, caret, fields);
  const word = before.match(WORD)?.[0] ?? "";
  if (!word && before.trim() && !/(?:\b(?:and|or|not)|\()\s*$/.test(before)) return [];
  return names(word, caret, fields);
}

/** @param {string} before */
function isWithinText(before) {
  return (before.match(/"/g) ?? []).length % 2 === 1;
}

/** @param {string} before @param {number} caret @param {Field[]} fields @returns {Option[]} */
function valueOptions(before, caret, fields) {
  const found = before.match(VALUE);
  if (!found) return [];
  const field = fieldOf(found[1], fields);
  const typed = found[3].replace(/^"/, "").toLowerCase();
  if (!field) return [];
  return field.samples
    .map((value) => asValue(value))
    .filter((value) => value.toLowerCase().replace(/^"/, "").startsWith(typed) && value.toLowerCase() !== typed)
    .slice(0, MOST)
    .map((value) => ({ text: value, about: "", from: caret - found[3].length, to: caret }));
}

/** @param {string} before @param {number} caret @param {Field[]} fields @returns {Option[]} */
function operators(before, caret, fields) {
  const word = before.trimEnd().match(WORD)?.[0];
  const field = word ? fieldOf(word, fields) : undefined;
  if (field) return OPERATORS.map((text) => ({ text: `${text} `, about: "", from: caret, to: caret }));
  return ["and ", "or "].map((text) => ({ text, about: "", from: caret, to: caret }));
}

/** @param {string} word @param {number} caret @param {Field[]} fields @returns {Option[]} */
function names(word, caret, fields) {
  const typed = word.toLowerCase();
  return fields
    .map((field) => ({ field, rank: rank(field, typed) }))
    .filter(({ rank: found }) => found < 9)
    .sort((a, b) => a.rank - b.rank || Number(b.field.varies) - Number(a.field.varies))
    .slice(0, MOST)
    .map(({ field }) => ({ text: `${short(field.name)} `, about: describe(field), from: caret - word.length, to: caret }));
}

/** How well a field fits; 9: not at all. @param {Field} field @param {string} typed */
function rank(field, typed) {
  const name = field.name.toLowerCase();
  const brief = short(name);
  if (brief.startsWith(typed)) return field.kind === "entry" && !name.startsWith("config.") ? 1 : 0;
  if (name.startsWith(typed)) return 1;
  if (brief.split(".").some((step) => step.startsWith(typed))) return 2;
  return typed.length > 1 && name.includes(typed) ? 3 : 9;
}

/** @param {string} name */
function short(name) {
  return name.replace(/^config\./, "");
}

/** @param {Field} field */
function describe(field) {
  const samples = field.samples.slice(0, 4).map((value) => asValue(value)).join(", ");
  return [field.kind === "metric" ? "metric" : field.types.join("/"), samples].filter(Boolean).join(" · ");
}

/** @param {string} word @param {Field[]} fields */
function fieldOf(word, fields) {
  return fields.find((field) => field.name === word || short(field.name) === word)
    ?? fields.find((field) => field.name.endsWith(`.${word}`));
}

/** A value as a query has it. @param {any} value */
export function asValue(value) {
  if (typeof value !== "string") return JSON.stringify(value);
  if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(value) && !/^(and|or|not|in|missing|true|false|null|none|nan|inf)$/i.test(value)) return value;
  return JSON.stringify(value);
}
