// @ts-check
// How high rows are, and how many digits numbers have; the browser keeps both.

/** @type {Record<string, number>} */
const HEIGHTS = { compact: 28, comfortable: 36 };

export function density() {
  return document.documentElement.dataset.density === "comfortable" ? "comfortable" : "compact";
}

/** Pixels of a row of the table; as in style/base.css. */
export function rowHeight() {
  return HEIGHTS[density()];
}

/** @param {string} name */
export function setDensity(name) {
  document.documentElement.dataset.density = name;
  localStorage.setItem("sacred.density", name);
}
