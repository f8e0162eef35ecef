// @ts-check
// A chart as a file: PNG, SVG, or the numbers that it shows as CSV.
import { button, el, icon } from "../dom.js";
import { menuItem, togglePopup } from "../popup.js";
import { DASHES, colour } from "./colours.js";
import { markPath, spaced } from "./curves.js";

/** @typedef {import("./chart.js").Chart} Chart */

const MARGIN = { left: 56, top: 28, right: 16 };
const LEGEND_LINE = 16;

/** The button of a chart that saves it. @param {string} name @param {() => Chart | null} chart */
export function saveButton(name, chart) {
  const anchor = button(`Save the chart of ${name}`, () => togglePopup(anchor, "Save the chart", (close) => el("div.menu", {},
    ...[["PNG", () => savePng(name, chart())], ["SVG", () => saveText(`${name}.svg`, "image/svg+xml", svgOf(name, chart()))], ["CSV", () => saveText(`${name}.csv`, "text/csv", csvOf(name, chart()))]]
      .map(([label, act]) => menuItem(String(label), () => { close(); /** @type {() => void} */ (act)(); }, icon("file"))))), { icon: "save", plain: true });
  return anchor;
}

/** @param {string} name @param {Blob} blob */
export function saveBlob(name, blob) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name.replace(/[/\\:]+/g, "-") }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** @param {string} name @param {string} type @param {string} text */
export function saveText(name, type, text) {
  if (text) saveBlob(name, new Blob([text], { type: `${type};charset=utf-8` }));
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** @param {Chart | null} chart */
function legendOf(chart) {
  return chart && chart.lines.length > 1 ? chart.lines.filter((line) => !line.faint) : [];
}

/** @param {string} name @param {Chart | null} chart */
export function svgOf(name, chart) {
  if (!chart?.plot) return "";
  const { plot } = chart;
  const [width, height] = [plot.over.clientWidth, plot.over.clientHeight];
  const legend = legendOf(chart);
  const whole = { width: width + MARGIN.left + MARGIN.right, height: height + MARGIN.top + 44 + legend.length * LEGEND_LINE };
  const [line, dim, text, back, warn] = ["--line", "--dim", "--text", "--back", "--warn"].map((variable) => getComputedStyle(document.documentElement).getPropertyValue(variable).trim());
  const ticks = (/** @type {number} */ axis) => /** @type {[number, string][]} */ ((plot.axes[axis]._splits ?? []).map((/** @type {number} */ split, /** @type {number} */ n) => [split, String(plot.axes[axis]._values?.[n] ?? "")]));
  const across = ticks(0).map(([x, label]) => {
    const left = plot.valToPos(x, "x").toFixed(1);
    return `<path d="M${left} 0V${height}" stroke="${line}"/><text x="${left}" y="${height + 16}" text-anchor="middle">${escaped(label)}</text>`;
  });
  const up = ticks(1).map(([y, label]) => {
    const top = plot.valToPos(y, "y").toFixed(1);
    return `<path d="M0 ${top}H${width}" stroke="${line}"/><text x="-6" y="${Number(top) + 4}" text-anchor="end">${escaped(label)}</text>`;
  });
  const curves = chart.paths().map(({ shape, band, raw, front }) => {
    const tone = colour(shape.line.tone);
    const dash = DASHES[shape.line.dash].length && !shape.line.faint ? ` stroke-dasharray="${DASHES[shape.line.dash].join(" ")}"` : "";
    const marks = spaced(shape.marks, (x) => plot.valToPos(x, "x")).map((mark) => markPath(mark, plot.valToPos(mark.x, "x"), height)).join("");
    return (band ? `<path d="${band}" fill="${tone}" fill-opacity=".16"/>` : "")
      + (raw ? `<path d="${raw}" fill="none" stroke="${tone}" stroke-opacity=".35"/>` : "")
      + `<path d="${front}" fill="none" stroke="${tone}" stroke-width="${shape.line.faint ? 1 : 1.5}" stroke-opacity="${shape.line.faint ? 0.3 : 1}" stroke-linejoin="round"${dash}/>`
      + (marks ? `<path d="${marks}" fill="${tone}"/>` : "");
  });
  const names = legend.map((one, n) => `<path d="M0 ${height + 40 + n * LEGEND_LINE}h20" stroke="${colour(one.tone)}" stroke-width="2" stroke-dasharray="${DASHES[one.dash].join(" ")}"/><text x="26" y="${height + 44 + n * LEGEND_LINE}">${escaped(one.label)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${whole.width}" height="${whole.height}" viewBox="0 0 ${whole.width} ${whole.height}" font-family="system-ui, sans-serif" font-size="11" fill="${dim}">`
    + `<rect width="100%" height="100%" fill="${back}"/><text x="${MARGIN.left}" y="18" font-size="13" font-weight="600" fill="${text}">${escaped(name)}</text>`
    + `<clipPath id="area"><rect y="-4" width="${width}" height="${height + 8}"/></clipPath>`
    + `<g transform="translate(${MARGIN.left} ${MARGIN.top})">${across.join("")}${up.join("")}<g clip-path="url(#area)">${curves.join("")}<path d="${chart.noiseMark()}" fill="none" stroke="${warn}" stroke-width="1.5"/></g>${names.join("")}</g></svg>`;
}

/** @param {string} name @param {Chart | null} chart */
function savePng(name, chart) {
  if (!chart?.plot) return;
  const source = /** @type {HTMLCanvasElement} */ (chart.plot.ctx.canvas);
  const ratio = source.width / chart.plot.width;
  const legend = legendOf(chart);
  const canvas = /** @type {HTMLCanvasElement} */ (el("canvas"));
  canvas.width = source.width;
  canvas.height = source.height + (28 + legend.length * LEGEND_LINE + 8) * ratio;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const variable = (/** @type {string} */ one) => getComputedStyle(document.documentElement).getPropertyValue(one).trim();
  context.fillStyle = variable("--back");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 28 * ratio);
  context.scale(ratio, ratio);
  context.fillStyle = variable("--text");
  context.font = "600 13px system-ui, sans-serif";
  context.fillText(name, 12, 18);
  context.font = "11px system-ui, sans-serif";
  legend.forEach((line, n) => {
    const top = 28 + chart.plot.height + n * LEGEND_LINE + 8;
    context.strokeStyle = colour(line.tone);
    context.lineWidth = 2;
    context.setLineDash(DASHES[line.dash]);
    context.stroke(new Path2D(`M56 ${top}h20`));
    context.fillText(line.label, 82, top + 4);
  });
  canvas.toBlob((blob) => { if (blob) saveBlob(`${name}.png`, blob); });
}

/** One line for each bucket of each run. @param {string} name @param {Chart | null} chart */
export function csvOf(name, chart) {
  if (!chart) return "";
  const rows = [chart.lines.some(({ isMean }) => isMean) ? ["group", "label", "metric", chart.settings.x, "mean", "low", "high"] : ["run", "label", "metric", chart.settings.x, "last", "low", "high"]];
  for (const { curve, key, label } of chart.lines.filter(({ faint }) => !faint)) {
    for (let n = 0; n < curve.buckets; n += 1) rows.push([key, label, name, String(curve.x[n]), String(curve.last[n]), String(curve.low[n]), String(curve.high[n])]);
  }
  return csvText(rows);
}

/** Values as lines of a file: texts as they are, others as JSON. @param {any[][]} rows */
export function csvText(rows) {
  return rows.map((row) => row.map(csvCell).join(",")).join("\r\n");
}

/** @param {any} value */
function csvCell(value) {
  const text = value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  // A spreadsheet would take what begins so for a formula; numbers are none.
  const safe = /^[=+@\t-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
