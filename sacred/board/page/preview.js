// @ts-check
// A file as far as it can be shown without running anything of it.
import { arrayPreview, arraysPreview } from "./array_preview.js";
import { beginning, get } from "./api.js";
import { el, fill, icon } from "./dom.js";
import { size } from "./format.js";
import { highlighted } from "./highlight.js";
import { markdown } from "./markdown.js";
import { fileUrl } from "./transport.js";
import { valueTree } from "./value_tree.js";

const MOST = 512 * 1024;
const MOST_JSON = 4 << 20;
const MOST_ROWS = 200;
const PICTURES = /^image\/(png|jpeg|gif|webp|bmp|avif|svg\+xml)$/;

/**
 * @param {HTMLElement} place
 * @param {{name: string, content_type: string, md5: string | null, metadata: any}} file
 * @param {string} shown its address to be shown
 * @param {string} saved its address to be saved
 * @param {AbortSignal} signal
 */
export async function preview(place, file, shown, saved, signal) {
  const about = el("span.dim");
  const head = el("div", { class: "cards" }, el("strong", {}, file.name), about, el("a", { href: fileUrl(saved), download: "" }, icon("save"), " Save"));
  const body = el("div", {}, el("span.dim", {}, "Reading …"));
  fill(place, head, body);
  try {
    const start = await read(file, saved, signal);
    about.textContent = `${file.content_type}, ${size(start.size)}${file.md5 ? `, md5 ${file.md5.slice(0, 8)}` : ""}`;
    fill(body, ...content(file, start, shown));
  } catch (error) {
    if (!signal.aborted) fill(body, el("span.dim", {}, /** @type {Error} */ (error).message));
  }
}

/**
 * The beginning of a file, as `content` shows it.
 * @param {{name: string, content_type: string}} file @param {string} saved its address @param {AbortSignal} signal
 */
export function read(file, saved, signal) {
  return beginning(saved, isJson(file) ? MOST_JSON : MOST, signal);
}

/** @param {{name: string, content_type: string}} file */
function isJson(file) {
  return file.content_type === "application/json" || file.name.endsWith(".json");
}

/**
 * @param {{name: string, content_type: string}} file
 * @param {{bytes: Uint8Array, size: number}} start
 * @param {string} address
 * @returns {Node[]}
 */
export function content(file, start, address) {
  const shown = fileUrl(address);
  const kind = file.content_type.split(";")[0].trim().toLowerCase();
  const name = file.name.toLowerCase();
  if (PICTURES.test(kind)) return [el("img", { src: shown, alt: file.name })];
  if (kind.startsWith("audio/")) return [el("audio", { src: shown, controls: true })];
  if (kind.startsWith("video/")) return [el("video", { src: shown, controls: true })];
  // Without any permission: no scripts, no forms, no way to the page around it.
  if (kind === "text/html") return [el("iframe", { src: shown, sandbox: "", title: file.name })];
  // Viewers of browsers refuse sandboxes; they show a PDF apart from the page.
  if (kind === "application/pdf") return [el("iframe", { src: shown, title: file.name }), el("a", { href: shown, target: "_blank", rel: "noopener" }, "Open it by itself")];
  if (name.endsWith(".npy")) return [arrayPreview(start.bytes)];
  if (name.endsWith(".npz")) return [arraysPreview(start.bytes)];
  if (name.endsWith(".parquet")) return [storedTable(address)];
  const isWhole = start.bytes.length >= start.size;
  const text = asText(start.bytes);
  if (text === null) return [el("span.dim", {}, "This is no text; save it to look at it.")];
  const rest = isWhole ? [] : [el("p.dim", {}, `The first ${size(start.bytes.length)} of ${size(start.size)}.`)];
  if (isJson(file) && isWhole) {
    try {
      const value = JSON.parse(text);
      return [value !== null && typeof value === "object" ? valueTree(value, "") : el("pre.code", {}, text)];
    } catch {
      // Then it is a text like others.
    }
  }
  if (kind === "text/csv" || kind === "text/tab-separated-values" || /\.(csv|tsv)$/.test(name)) return [csvTable(text, isWhole), ...rest];
  if (/\.(md|markdown)$/.test(name)) return [markdown(text), ...rest];
  if (/\.(py|toml|ya?ml|sh|js|c|cpp|rs|json)$/.test(name)) return [highlighted(text, name), ...rest];
  return [el("pre.code", {}, text), ...rest];
}

/** The first rows of a table that the server reads. @param {string} address of the file */
function storedTable(address) {
  const place = el("div", {}, el("span.dim", {}, "Reading …"));
  get(address.replace(/^api\/v1\//, "").replace(/\/files\?/, "/table?").replace(/[?&]show=[^&]*/, "")).then(({ columns, rows, total }) => {
    const isNumber = columns.map((/** @type {any} */ _, /** @type {number} */ n) => rows.length > 0 && rows.every((/** @type {any[]} */ row) => row[n] === null || typeof row[n] === "number"));
    const line = (/** @type {any[]} */ row, /** @type {string} */ tag) => el("tr", {}, ...row.map((value, n) => el(tag, { class: isNumber[n] ? "number" : "" }, value === null ? "" : typeof value === "string" ? value : JSON.stringify(value))));
    place.replaceChildren(el("div.scroll", { tabindex: "0", role: "region", "aria-label": "Rows" }, el("table.data", {}, el("thead", {}, el("tr", {}, ...columns.map((/** @type {any} */ { name, type }, /** @type {number} */ n) => el("th", { title: type, class: isNumber[n] ? "number" : "" }, name)))), el("tbody", {}, ...rows.map((/** @type {any[]} */ row) => line(row, "td"))))),
      el("p.dim", {}, rows.length < total ? `The first ${rows.length} of ${total} rows.` : `${total} rows.`));
  }, (error) => place.replaceChildren(el("span.dim", {}, error.message)));
  return place;
}

/** @param {Uint8Array} bytes */
function asText(bytes) {
  if (bytes.subarray(0, 4096).includes(0)) return null;
  return new TextDecoder().decode(bytes);
}

/** @param {string} text @param {boolean} isWhole */
function csvTable(text, isWhole) {
  const first = text.slice(0, text.indexOf("\n"));
  const mark = first.split("\t").length > first.split(",").length ? "\t" : first.split(";").length > first.split(",").length ? ";" : ",";
  const rows = parsed(text, mark);
  if (!isWhole) rows.pop();
  const [head = [], ...others] = rows;
  const isNumber = head.map((_, n) => others.length > 0 && others.slice(0, 50).every((row) => row[n] === "" || Number.isFinite(Number(row[n]))));
  const line = (/** @type {string[]} */ row, /** @type {string} */ tag) => el("tr", {}, ...row.map((value, n) => el(tag, { class: isNumber[n] ? "number" : "" }, value)));
  const more = others.length > MOST_ROWS ? el("p.dim", {}, `${MOST_ROWS} of ${others.length}${isWhole ? "" : " or more"} rows`) : null;
  return el("div.scroll", {}, el("table.data", {}, el("thead", {}, line(head, "th")), el("tbody", {}, ...others.slice(0, MOST_ROWS).map((row) => line(row, "td")))), more);
}

/** @param {string} text @param {string} mark @returns {string[][]} */
function parsed(text, mark) {
  /** @type {string[][]} */
  const rows = [];
  /** @type {string[]} */
  let row = [];
  let value = "";
  let isQuoted = false;
  for (let n = 0; n < text.length; n += 1) {
    const letter = text[n];
    if (isQuoted) {
      if (letter === '"' && text[n + 1] === '"') { value += '"'; n += 1; } else if (letter === '"') isQuoted = false;
      else value += letter;
    } else if (letter === '"' && value === "") isQuoted = true;
    else if (letter === mark) { row.push(value); value = ""; } else if (letter === "\n") {
      row.push(value.replace(/\r$/, ""));
      rows.push(row);
      row = [];
      value = "";
      if (rows.length > 5 * MOST_ROWS) return rows;
    } else value += letter;
  }
  if (value || row.length) rows.push([...row, value]);
  return rows;
}
