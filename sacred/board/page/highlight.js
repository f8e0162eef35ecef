// @ts-check
// Sources with line numbers; words, texts and comments told apart.
import { el } from "./dom.js";

const PYTHON = "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield match case";
const WORDS = new Set(PYTHON.split(" "));
const MOST_LINES = 20000;
const TOKEN = /("""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)|(#[^\n]*)|\b(\d[\w.]*)\b|([A-Za-z_]\w*)/g;

/** @param {string} text @param {string} name of the file */
export function highlighted(text, name) {
  const root = el("div.source", { tabindex: "0", "aria-label": name });
  const isKnown = /\.(py|toml|ya?ml|sh)$/.test(name.toLowerCase());
  /** @type {HTMLElement[]} */
  const lines = [el("span.l")];
  /** @param {string} piece @param {string} kind */
  const add = (piece, kind) => {
    piece.split("\n").forEach((part, n) => {
      if (n) lines.push(el("span.l"));
      if (part) lines[lines.length - 1].append(kind ? el("span", { class: kind }, part) : part);
    });
  };
  let place = 0;
  if (isKnown) {
    for (const found of text.matchAll(TOKEN)) {
      const kind = found[1] ? "s" : found[2] ? "c" : found[3] ? "n" : WORDS.has(found[4]) ? "k" : "";
      if (!kind) continue;
      add(text.slice(place, found.index), "");
      add(found[0], kind);
      place = found.index + found[0].length;
      if (lines.length > MOST_LINES) break;
    }
  }
  add(text.slice(place).replace(/\n$/, ""), "");
  // Empty lines have a height, too.
  for (const line of lines) if (!line.childNodes.length) line.append("\u200b");
  root.append(...lines.slice(0, MOST_LINES));
  return root;
}
