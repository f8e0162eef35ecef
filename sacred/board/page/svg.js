// @ts-check
// Elements of SVG, made of text as those of HTML are.

/** @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string | null)} children @returns {SVGElement} */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child !== null)));
  return element;
}

/** A picture in its natural size. @param {number} width @param {number} height @param {string} label @param {...Node} children */
export function svgPicture(width, height, label, ...children) {
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label, class: "graph" }, ...children);
}
