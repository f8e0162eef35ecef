// @ts-check
// The parts of a query that are joined by "and", each of which can be switched off.
import { el, fill } from "./dom.js";
import { change, onChange, state } from "./state.js";

const TOKEN = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`[^`]*`?|[()]|[^\s()"'`]+|\s+/g;

/** @param {string} query @returns {string[]} one part, if it cannot be divided */
export function partsOf(query) {
  /** @type {string[]} */
  const parts = [];
  let depth = 0;
  let part = "";
  for (const token of query.match(TOKEN) ?? []) {
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    const word = token.toLowerCase();
    if (depth === 0 && word === "or") return [query];
    if (depth === 0 && word === "and") { parts.push(part.trim()); part = ""; } else part += token;
  }
  return [...parts, part.trim()].filter(Boolean);
}

/** @param {string} query @param {string} part */
export function withPart(query, part) {
  if (!query) return part;
  const whole = partsOf(query).length === 1 && /\bor\b/i.test(query) ? `(${query})` : query;
  return `${whole} and ${/\bor\b/i.test(part) && partsOf(part).length === 1 && !part.startsWith("(") ? `(${part})` : part}`;
}

/** The chips below the query. @param {HTMLElement} root */
export function queryChips(root) {
  const draw = () => {
    const { q, off } = state();
    const parts = partsOf(q);
    root.hidden = parts.length < 2 && !off.length;
    if (root.hidden) { fill(root); return; }
    const on = parts.map((part, n) => chip(part, true, () => change({ q: parts.filter((_, k) => k !== n).join(" and "), off: [...off, part] }), () => change({ q: parts.filter((_, k) => k !== n).join(" and ") })));
    const others = off.map((part) => chip(part, false, () => change({ q: withPart(q, part), off: off.filter((one) => one !== part) }), () => change({ off: off.filter((one) => one !== part) })));
    fill(root, ...on, ...others);
  };
  onChange((now, before) => { if (now.q !== before.q || String(now.off) !== String(before.off)) draw(); });
  draw();
}

/** @param {string} part @param {boolean} isOn @param {() => void} toggle @param {() => void} remove */
function chip(part, isOn, toggle, remove) {
  return el("span.part", { class: isOn ? "" : "off" },
    el("button", { type: "button", "aria-pressed": String(isOn), title: isOn ? "Switch off" : "Switch on", onclick: toggle }, part),
    el("button.remove", { type: "button", "aria-label": `Remove ${part}`, onclick: remove }, "×"));
}
