// @ts-check
// Values as people read them; the whole value is always in a tooltip.

/** Significant digits of numbers, unless others are chosen. */
const USUAL_DIGITS = 5;
let digits = Number(localStorage.getItem("sacred.digits")) || USUAL_DIGITS;

export function shownDigits() {
  return digits;
}

/** @param {number} wanted */
export function showDigits(wanted) {
  digits = wanted;
  localStorage.setItem("sacred.digits", String(wanted));
}

const UNITS = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];

/** Whether times are shown in UTC; else in the zone of the browser. */
let inUtc = localStorage.getItem("sacred.utc") === "yes";

/** @param {boolean} wanted */
export function showUtc(wanted) {
  inUtc = wanted;
  localStorage.setItem("sacred.utc", wanted ? "yes" : "no");
}

export function showsUtc() {
  return inUtc;
}

/** The name of the zone that times are shown in. */
export function zone() {
  if (inUtc) return "UTC";
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "short" }).formatToParts(new Date());
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "local";
}

/**
 * A number with as many digits as tell something.
 * @param {number} value
 */
export function number(value) {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return Number(value.toPrecision(Math.max(1, digits - 1))).toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(digits)));
}

/**
 * A time of a record, which is UTC without saying so.
 * @param {string} stored
 */
export function asDate(stored) {
  return new Date(/[zZ]|[+-]\d\d:\d\d$/.test(stored) ? stored : `${stored}Z`);
}

/** @param {string} stored */
export function fullTime(stored) {
  const date = asDate(stored);
  if (Number.isNaN(date.getTime())) return stored;
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const shifted = inUtc ? new Date(date.getTime() + date.getTimezoneOffset() * 60000) : date;
  const day = `${shifted.getFullYear()}-${two(shifted.getMonth() + 1)}-${two(shifted.getDate())}`;
  return `${day} ${two(shifted.getHours())}:${two(shifted.getMinutes())}:${two(shifted.getSeconds())}`;
}

/**
 * How long ago it was.
 * @param {string} stored
 */
export function ago(stored) {
  const seconds = (Date.now() - asDate(stored).getTime()) / 1000;
  if (Number.isNaN(seconds)) return stored;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(Math.abs(seconds) / Number(size));
    if (count >= 1) {
      const text = `${count} ${unit}${count > 1 ? "s" : ""}`;
      return seconds < 0 ? `in ${text}` : `${text} ago`;
    }
  }
  return seconds < -5 ? "soon" : "just now";
}

/** Steps of an axis: large numbers in thousands, millions, ... @param {number} value */
export function tick(value) {
  const [unit, name] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]].find(([least]) => Math.abs(value) >= Number(least) && Math.abs(value) < 1e15) ?? [1, ""];
  return name === "" ? number(value) : `${Number((value / (name === "k" ? 1e3 : Number(unit))).toPrecision(6))}${name}`;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const [d, h, m, s] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${d ? `${d}d ` : ""}${d ? two(h) : h}:${two(m)}:${two(s)}`;
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let n = 0;
  while (bytes >= 1000 && n < units.length - 1) { bytes /= 1000; n += 1; }
  return `${n ? bytes.toFixed(1) : bytes} ${units[n]}`;
}

/**
 * Cut a long text in its middle: its beginning and its end tell most.
 * @param {string} text
 * @param {number} [most]
 */
export function middle(text, most = 48) {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - end)}…${text.slice(-end)}`;
}

/** Names of metrics, those of the machine behind all others. @param {string[]} names */
export function machineLast(names) {
  const isOfMachine = (/** @type {string} */ name) => name.startsWith("system.");
  return [...names.filter((name) => !isOfMachine(name)), ...names.filter(isOfMachine)];
}

/**
 * Any value as a text in one line.
 * @param {any} value
 * @returns {string}
 */
export function plain(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return value.replace(/\s*\n\s*/g, " ⏎ ");
  return JSON.stringify(value);
}

/**
 * The text of a cell, by the kind of its column.
 * @param {any} value
 * @param {string} kind
 */
export function cell(value, kind) {
  if (value === null || value === undefined) return "";
  if (kind === "time") return ago(String(value));
  if (kind === "seconds" && typeof value === "number") return duration(value);
  return middle(plain(value));
}

/**
 * The whole value, for a tooltip.
 * @param {any} value
 * @param {string} kind
 */
export function whole(value, kind) {
  if (value === null || value === undefined) return "";
  if (kind === "time") return `${fullTime(String(value))} ${zone()}`;
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}
