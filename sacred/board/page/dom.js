// @ts-check
// Elements, always made of text: nothing that is stored is ever read as HTML.

/** @typedef {string | number | Node | null | undefined | false} Child */

/**
 * Make an element.
 * @param {string} tag its name, with classes behind dots: "div.chart.wide"
 * @param {Record<string, any>} [properties] attributes; names with "on" are listeners
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function el(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.classList.add(...String(value).split(" ").filter(Boolean));
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter(isShown).map(asNode));
  return element;
}

/** @param {Child} child @returns {child is string | number | Node} */
function isShown(child) {
  return child !== null && child !== undefined && child !== false;
}

/** @param {string | number | Node} child */
function asNode(child) {
  return typeof child === "number" ? String(child) : child;
}

/**
 * Put other children in the place of those of an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter(isShown).map(asNode));
}

/** @type {Record<string, string>} */
const PATHS = {
  search: "M11 11l3 3M7 12A5 5 0 1 1 7 2a5 5 0 0 1 0 10z",
  close: "M4 4l8 8M12 4l-8 8",
  columns: "M2 3h12v10H2zM6 3v10M10 3v10",
  chart: "M2 2v12h12M4.5 11l3-4 2.5 2 4-6",
  group: "M2 3h12M5 7h9M5 11h9M2 7v4",
  pin: "M5 2h6l-1 5 2 2H4l2-2zM8 9v5",
  diff: "M2 3h5v10H2zM9 3h5v10H9zM11 6h1M11 9h1",
  filter: "M2 3h12l-4.5 5.5V13l-3-1.5v-3z",
  view: "M3 2.5h10v11l-5-3-5 3z",
  save: "M8 2v8M5 7l3 3 3-3M3 13h10",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  help: "M6 6a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.4M8 12v.01M8 15A7 7 0 1 1 8 1a7 7 0 0 1 0 14z",
  trash: "M3 4h10M6 4V2.5h4V4M4.5 4l.5 9.5h6l.5-9.5",
  star: "M8 2l1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z",
  up: "M4 10l4-4 4 4",
  down: "M4 6l4 4 4-4",
  full: "M9 2h5v5M14 2L9 7M7 14H2V9M2 14l5-5",
  warn: "M8 2l6.5 12h-13zM8 6.5v3.5M8 12v.01",
  file: "M4 1.5h5l3 3v10H4zM9 1.5v3h3",
  store: "M3 4c0-1 2.2-2 5-2s5 1 5 2v8c0 1-2.2 2-5 2s-5-1-5-2zM3 4c0 1 2.2 2 5 2s5-1 5-2M3 8c0 1 2.2 2 5 2s5-1 5-2",
  sweep: "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
  COMPLETED: "M8 14.5a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zM5 8.2l2.2 2.2L11 6",
  FAILED: "M2 2h12v12H2zM5.5 5.5l5 5M10.5 5.5l-5 5",
  DEAD: "M8 1.5L14.5 8 8 14.5 1.5 8zM8 5v3.5M8 11v.01",
  INTERRUPTED: "M5 3v10M11 3v10",
  TIMEOUT: "M4 2h8M4 14h8M5 2c0 4 6 8 6 12M11 2c0 4-6 8-6 12",
  RUNNING: "M4 2.5v11l9-5.5z",
  QUEUED: "M8 14.5a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zM8 4.5V8l2.5 1.5",
  PRUNED: "M8 2v12M3 5l5 4 5-4M2 14h12",
  CANCELLED: "M8 14.5a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zM3.5 12.5l9-9",
  OTHER: "M8 14.5a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13z",
};

/**
 * Draw a small picture.
 * @param {string} name
 * @param {boolean} [filled]
 */
export function icon(name, filled = false) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.OTHER);
  if (filled) path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}

/**
 * The status of a run, by shape, colour and word.
 * @param {string | null} status
 * @param {boolean} [withWord]
 */
export function statusMark(status, withWord = true) {
  const known = status !== null && status in PATHS ? status : "OTHER";
  const mark = icon(known, known === "RUNNING");
  const element = el("span.status", { class: known, title: status ?? "no status" }, mark);
  if (withWord) element.append(status ?? "?");
  return element;
}

/**
 * A button.
 * @param {string} label what it does, also for those who cannot see the picture
 * @param {() => void} act
 * @param {{icon?: string, plain?: boolean, text?: boolean, main?: boolean, pressed?: boolean}} [look]
 */
export function button(label, act, look = {}) {
  const content = [look.icon ? icon(look.icon) : null];
  const element = el("button.button", { type: "button", title: label, onclick: act }, ...content);
  if (look.text ?? !look.icon) element.append(el("span.label", {}, label));
  else element.setAttribute("aria-label", label);
  if (look.plain) element.classList.add("plain");
  if (look.main) element.classList.add("main");
  if (look.pressed !== undefined) element.setAttribute("aria-pressed", String(look.pressed));
  return element;
}

/** Whether this page may change nothing. */
export function isReadOnly() {
  return document.body.classList.contains("read-only");
}
