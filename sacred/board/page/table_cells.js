// @ts-check
// What stands in the cells of the table.
import { el, icon, statusMark } from "./dom.js";
import { cell } from "./format.js";
import { sparkCell } from "./sparklines.js";
import { state } from "./state.js";

/** Entries that are shown by their last part, with the rest before it. */
const TREES = /^(config|metrics|info|meta|host|experiment)\./;

/** What a verdict about a repeated run means. @type {Record<string, string>} */
const VERDICTS = { EXACT: "good", EQUAL: "good", CLOSE: "near", DIFFERS: "bad" };

/** @param {import("./table_data.js").Column} column */
export function heading(column) {
  const tree = column.path.match(TREES);
  const rest = tree ? column.path.slice(tree[0].length) : column.name;
  const cut = rest.includes('"') ? -1 : rest.lastIndexOf(".");
  const label = el("span", {});
  if (cut > 0) label.append(el("span.path", {}, rest.slice(0, cut + 1)));
  label.append(cut > 0 ? rest.slice(cut + 1) : rest.replaceAll("_", " "));
  // What filters by values: numbers of metrics and times have too many.
  const isFaceted = !["metric", "time", "seconds"].includes(column.kind) && column.path !== "id" && column.path !== "result";
  return el("span.head", {}, label, isFaceted ? el("span.filter", { title: `Filter by ${column.name}` }, icon("filter")) : null);
}

/** @param {import("./table_data.js").Row} row @param {import("./charts/colours.js").Look | undefined} look of its line, if charts show it */
function pickBox(row, look) {
  const box = /** @type {HTMLInputElement} */ (el("input.pick", { type: "checkbox", tabindex: "-1", "aria-label": `Select the run ${row.key}`, class: look ? `shown tone-${look.tone}` : "" }));
  box.checked = state().picked.includes(`${row.store}/${row.key}`);
  return box;
}

/** @param {import("./table_data.js").Entry | undefined} entry @param {boolean} withStatus @param {import("./charts/colours.js").Look | undefined} look */
export function idCell(entry, withStatus, look) {
  if (!entry) return el("span.id", {}, "…");
  const { row, values } = entry;
  return el("span.id", { title: row.problems.join("\n") }, pickBox(row, look), withStatus ? statusMark(row.status, false) : null, String(values[0] ?? row.key),
    row.starred ? el("span.star", { title: "starred" }, "★") : null, row.problems.length ? icon("warn") : null);
}

/** @param {any} value @param {import("./table_data.js").Column} column @param {import("./table_data.js").Row | undefined} row @param {() => void} redraw */
export function content(value, column, row, redraw) {
  if (row && state().sparks.includes(column.name) && value !== undefined) return sparkCell(row, column, value, redraw);
  if (column.path === "status") return statusMark(value);
  if (column.path === "tags" && Array.isArray(value)) return el("span", {}, ...value.map((tag) => el("span.tag", {}, String(tag))));
  if (column.path === "meta.verdict" && value !== null) return el("span.verdict", { class: VERDICTS[String(value)] ?? "" }, String(value));
  if (column.path === "starred") return value ? "★" : "";
  return cell(value, column.kind);
}

/** @param {string} text @param {number} count */
export function warning(text, count) {
  const more = count > 1 ? ` (and ${count - 1} more)` : "";
  return el("div.warning", {}, icon("warn"), el("span.grow", {}, `${text}${more}`));
}
