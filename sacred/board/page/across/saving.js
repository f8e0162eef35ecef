// @ts-check
// Pictures as files: SVG with the styles that it has here, PNG drawn from the same shapes, and CSV.
import { csvText, saveBlob, saveText } from "../charts/export.js";
import { button, el, icon } from "../dom.js";
import { menuItem, togglePopup } from "../popup.js";

const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity", "font-size", "font-weight", "paint-order"];
const SCALE = 2;

/**
 * A button that saves a picture.
 * @param {() => SVGSVGElement | null} drawn @param {(() => any[][]) | null} rows @param {string} [name]
 */
export function saveMenu(drawn, rows, name) {
  const title = () => name ?? drawn()?.getAttribute("aria-label") ?? "runs";
  const kinds = () => /** @type {[string, () => void][]} */ ([
    ["PNG", () => savePng(drawn(), title())], ["SVG", () => saveSvg(drawn(), title())], ["CSV", () => rows && saveText(`${title()}.csv`, "text/csv", csvText(rows()))],
  ]).filter(([kind]) => (kind === "CSV" ? rows !== null : drawn() !== null));
  const anchor = button("Save as PNG, SVG or CSV", () => togglePopup(anchor, "Save as PNG, SVG or CSV", (close) => el("div.menu", {}, ...kinds().map(([label, act]) => menuItem(label, () => { close(); act(); }, icon("file"))))), { icon: "save", plain: true });
  return anchor;
}

/** @param {SVGSVGElement | null} drawn @param {string} name */
function saveSvg(drawn, name) {
  if (!drawn) return;
  const copy = /** @type {SVGElement} */ (drawn.cloneNode(true));
  const originals = drawn.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((one, n) => {
    const style = getComputedStyle(originals[n]);
    for (const property of STYLES) one.setAttribute(property, style.getPropertyValue(property));
    for (const attribute of ["style", "class", "tabindex"]) one.removeAttribute(attribute);
  });
  const { width, height } = drawn.viewBox.baseVal;
  for (const [attribute, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", width, height, "font-family": "system-ui, sans-serif", "font-size": "11" })) copy.setAttribute(attribute, String(value));
  saveText(`${name}.svg`, "image/svg+xml", new XMLSerializer().serializeToString(copy));
}

/** Not through an image of the SVG: the page may load none but those of its server. @param {SVGSVGElement | null} drawn @param {string} name */
function savePng(drawn, name) {
  if (!drawn) return;
  const { width, height } = drawn.viewBox.baseVal;
  const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { width: width * SCALE, height: height * SCALE }));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(SCALE, SCALE);
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--back").trim();
  context.fillRect(0, 0, width, height);
  for (const shape of drawn.querySelectorAll("path, rect, circle, text")) paint(context, /** @type {SVGElement} */ (shape));
  canvas.toBlob((blob) => { if (blob) saveBlob(`${name}.png`, blob); });
}

/** @param {CanvasRenderingContext2D} context @param {SVGElement} shape */
function paint(context, shape) {
  const style = getComputedStyle(shape);
  const value = (/** @type {string} */ attribute) => Number(shape.getAttribute(attribute) ?? 0);
  context.lineWidth = parseFloat(style.strokeWidth) || 1;
  context.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(/[ ,]+/).map(parseFloat));
  context.fillStyle = style.fill;
  context.strokeStyle = style.stroke;
  const alpha = (/** @type {string} */ part) => Number(style.getPropertyValue("opacity")) * Number(style.getPropertyValue(`${part}-opacity`));
  const isPainted = (/** @type {string} */ part) => style.getPropertyValue(part) !== "none";
  if (shape.tagName === "text") {
    context.font = `${style.fontWeight} ${style.fontSize} system-ui, sans-serif`;
    context.textAlign = style.textAnchor === "middle" ? "center" : style.textAnchor === "end" ? "right" : "left";
    if (isPainted("stroke")) { context.globalAlpha = alpha("stroke"); context.strokeText(shape.textContent ?? "", value("x"), value("y")); }
    context.globalAlpha = alpha("fill");
    context.fillText(shape.textContent ?? "", value("x"), value("y"));
    return;
  }
  const path = new Path2D(shape.getAttribute("d") ?? "");
  if (shape.tagName === "rect") path.rect(value("x"), value("y"), value("width"), value("height"));
  if (shape.tagName === "circle") path.arc(value("cx"), value("cy"), value("r"), 0, 2 * Math.PI);
  if (isPainted("fill")) { context.globalAlpha = alpha("fill"); context.fill(path); }
  if (isPainted("stroke")) { context.globalAlpha = alpha("stroke"); context.stroke(path); }
}
