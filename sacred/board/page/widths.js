// @ts-check
// The widths of the columns, which the browser keeps.

/** @typedef {import("./table_data.js").Column} Column */

const WIDTHS = "sacred.widths";

/** @param {any} table @param {Column[]} columns */
export function keepWidths(table, columns) {
  const kept = JSON.parse(localStorage.getItem(WIDTHS) ?? "{}");
  for (const [n, width] of Object.entries(table.saveColumnSizes())) {
    const name = columns[Number(n)]?.name;
    if (name && width) kept[name] = width;
  }
  localStorage.setItem(WIDTHS, JSON.stringify(kept));
}

/** @param {any} table @param {Column[]} columns */
export function restoreWidths(table, columns) {
  const kept = JSON.parse(localStorage.getItem(WIDTHS) ?? "{}");
  /** @type {Record<number, number>} */
  const sizes = {};
  columns.forEach((column, n) => { if (kept[column.name]) sizes[n] = kept[column.name]; });
  table.restoreColumnSizes(sizes);
}
