// @ts-check
// Arrays of numpy as shapes, numbers and pictures: .npy, and the arrays of .npz.
import { el } from "./dom.js";
import { number } from "./format.js";

/** @typedef {{type: string, shape: number[], isFortran: boolean, values: number[]}} NumpyArray values: those that were read */

/** @type {Record<string, any>} */
const TYPES = { f8: Float64Array, f4: Float32Array, i8: BigInt64Array, u8: BigUint64Array, i4: Int32Array, u4: Uint32Array, i2: Int16Array, u2: Uint16Array, i1: Int8Array, u1: Uint8Array, b1: Uint8Array };
const MOST_COLUMNS = 24;
const MOST_ROWS = 50;
const MOST_PIXELS = 1 << 20;
const MOST_ARRAYS = 50;

/** @param {Uint8Array} bytes the beginning of a file @returns {NumpyArray} */
function parsed(bytes) {
  if (String.fromCharCode(...bytes.subarray(1, 6)) !== "NUMPY") throw new Error("this is no array of numpy");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [length, at] = bytes[6] < 2 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12];
  const head = new TextDecoder().decode(bytes.subarray(at, at + length));
  const type = head.match(/'descr': '([^']*)'/)?.[1] ?? "?";
  const shape = (head.match(/'shape': \(([^)]*)\)/)?.[1] ?? "").split(",").filter((part) => part.trim()).map(Number);
  const kind = TYPES[type.slice(1)];
  const data = bytes.slice(at + length);
  const width = kind?.BYTES_PER_ELEMENT ?? 1;
  const size = shape.reduce((a, b) => a * b, 1);
  const count = Math.min(size, MOST_PIXELS, Math.floor(data.byteLength / width));
  const isReadable = kind && (type[0] !== ">" || width === 1);
  return { type, shape, isFortran: /'fortran_order': True/.test(head), values: isReadable ? [...new kind(data.buffer, 0, count)].map(Number) : [] };
}

/** @param {NumpyArray} array @param {string} [name] */
function shown({ type, shape, isFortran, values }, name = "") {
  const about = el("div", {}, name ? el("strong.mono", {}, `${name}  `) : null, `array of ${type}, shape (${shape.join(", ")}${shape.length === 1 ? "," : ""})`);
  const [rows, columns] = shape.length === 2 ? shape : [1, shape[0] ?? 1];
  const at = (/** @type {number} */ row, /** @type {number} */ column) => values[isFortran ? column * rows + row : row * columns + column];
  const isWhole = values.length === shape.reduce((a, b) => a * b, 1) && values.length > 0;
  const parts = /** @type {Node[]} */ ([about]);
  const picture = isWhole ? pixels({ shape, isFortran, values }) : null;
  if (shape.length === 2 && columns <= MOST_COLUMNS && values.length && !(isFortran && !isWhole)) {
    const count = Math.min(rows, MOST_ROWS, Math.floor(values.length / Math.max(1, columns)));
    const lines = Array.from({ length: count }, (_, row) => el("tr", {}, el("th.number", { scope: "row" }, row), ...Array.from({ length: columns }, (__, column) => el("td.number", {}, number(at(row, column))))));
    parts.push(el("div.scroll", { tabindex: "0", role: "region", "aria-label": `Numbers ${name}`.trim() }, el("table.data", {}, el("tbody", {}, ...lines))));
    if (count < rows) parts.push(el("div.dim", {}, `${count} of ${rows} rows`));
  } else if (values.length && !picture) parts.push(el("pre.code", { tabindex: "0" }, values.slice(0, 24).map(number).join("  ") + (values.length > 24 ? " …" : "")));
  if (picture) parts.push(picture);
  return el("div.array", {}, ...parts);
}

/** Two dimensions as a picture in grey, with a third one of 3 or 4 as colours. @param {{shape: number[], isFortran: boolean, values: number[]}} array */
function pixels({ shape, isFortran, values }) {
  const [rows, columns, channels = 1] = shape;
  if (shape.length < 2 || shape.length > 3 || ![1, 3, 4].includes(channels) || isFortran || rows < 8 || columns < 8) return null;
  const finite = values.filter(Number.isFinite);
  const [low, high] = finite.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const isBytes = channels > 1 && low >= 0 && high > 1 && high <= 255;
  const level = (/** @type {number} */ value) => (isBytes ? value : channels > 1 && low >= 0 && high <= 1 ? 255 * value : high > low ? (255 * (value - low)) / (high - low) : 128);
  const canvas = /** @type {HTMLCanvasElement} */ (el("canvas.pixels", { width: columns, height: rows, role: "img", "aria-label": `${rows} × ${columns} values from ${number(low)} to ${number(high)}` }));
  const context = canvas.getContext("2d");
  if (!context) return null;
  const image = context.createImageData(columns, rows);
  for (let n = 0; n < rows * columns; n += 1) {
    for (let k = 0; k < 3; k += 1) image.data[4 * n + k] = level(values[n * channels + (channels > 1 ? k : 0)]);
    image.data[4 * n + 3] = channels === 4 ? level(values[n * channels + 3]) : Number.isFinite(values[n * channels]) ? 255 : 0;
  }
  context.putImageData(image, 0, 0);
  return el("div", {}, canvas, channels === 1 ? el("div.dim", {}, `from ${number(low)} (black) to ${number(high)} (white)`) : null);
}

/** @param {Uint8Array} bytes the beginning of a .npy file */
export function arrayPreview(bytes) {
  try {
    return shown(parsed(bytes));
  } catch (error) {
    return el("span.dim", {}, `It cannot be read: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {Uint8Array} bytes the beginning of a .npz file, which is a ZIP archive */
export function arraysPreview(bytes) {
  const place = el("div.arrays", {}, el("span.dim", {}, "Reading …"));
  members(bytes).then((found) => place.replaceChildren(...found), (error) => place.replaceChildren(el("span.dim", {}, `It cannot be read: ${error.message}`)));
  return place;
}

/** @param {Uint8Array} bytes @returns {Promise<HTMLElement[]>} */
async function members(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  let at = 0;
  while (at + 30 <= bytes.length && view.getUint32(at, true) === 0x04034b50 && found.length < MOST_ARRAYS) {
    const [method, nameLength, extraLength] = [view.getUint16(at + 8, true), view.getUint16(at + 26, true), view.getUint16(at + 28, true)];
    const name = new TextDecoder().decode(bytes.subarray(at + 30, at + 30 + nameLength)).replace(/\.npy$/, "");
    let size = view.getUint32(at + 18, true);
    // numpy writes sizes of 64 bits into the extra field.
    if (size === 0xffffffff) size = Number(view.getBigUint64(at + 30 + nameLength + 4 + 8, true));
    const start = at + 30 + nameLength + extraLength;
    const content = bytes.slice(start, start + size);
    if (content.length < size && method !== 0) { found.push(el("div.dim", {}, `${name}: too large to be shown`)); break; }
    found.push(shown(parsed(method === 0 ? content : await inflated(content)), name));
    at = start + size;
  }
  if (!found.length) throw new Error("it has no arrays");
  if (at < bytes.length && view.getUint32(at, true) === 0x04034b50) found.push(el("div.dim", {}, "and more"));
  return found;
}

/** @param {Uint8Array<ArrayBuffer>} content */
async function inflated(content) {
  const reader = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  let size = 0;
  // A small archive may stand for much: what is read is bounded.
  while (size < 8 * MOST_PIXELS + 1024) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  await reader.cancel();
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) { whole.set(chunk, at); at += chunk.length; }
  return whole;
}
