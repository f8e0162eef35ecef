// @ts-check
// Markdown as elements: what is written becomes text, never HTML; links lead to http only.
import { el } from "./dom.js";

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)|(https?:\/\/[^\s<>)\]]+)/g;
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;

/** @param {string} text of a line or paragraph @returns {(Node | string)[]} */
function inline(text) {
  /** @type {(Node | string)[]} */
  const found = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold, other, slanted, label, target, address] = match;
    found.push(text.slice(last, match.index));
    if (code !== undefined) found.push(el("code", {}, code));
    else if (bold ?? other) found.push(el("strong", {}, ...inline(bold ?? other)));
    else if (slanted !== undefined) found.push(el("em", {}, ...inline(slanted)));
    else found.push(el("a", { href: target ?? address, target: "_blank", rel: "noopener noreferrer" }, label ?? address));
    last = match.index + whole.length;
  }
  found.push(text.slice(last));
  return found.filter((part) => part !== "");
}

/** @param {string} line */
function cells(line) {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
}

/** Lines that belong together from a place on. @param {string[]} lines @param {number} from @param {(line: string) => boolean} isPart */
function run(lines, from, isPart) {
  let to = from;
  while (to < lines.length && isPart(lines[to])) to += 1;
  return lines.slice(from, to);
}

/** @param {string} line */
function isPlain(line) {
  return line.trim() !== "" && !/^(#{1,6}\s|```|>|\s*\|)/.test(line) && !ITEM.test(line) && !/^(-{3,}|\*{3,})\s*$/.test(line);
}

/** @param {string} text */
export function markdown(text) {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const root = el("div.markdown");
  for (let n = 0; n < lines.length;) {
    const line = lines[n];
    const heading = line.match(/^(#{1,6})\s+(.*)/);
    if (line.trim() === "") n += 1;
    else if (heading) { root.append(el(`h${Math.min(6, heading[1].length + 2)}`, {}, ...inline(heading[2]))); n += 1; }
    else if (line.startsWith("```")) {
      const code = run(lines, n + 1, (one) => !one.startsWith("```"));
      root.append(el("pre.code", {}, code.join("\n")));
      n += code.length + 2;
    } else if (/^(-{3,}|\*{3,})\s*$/.test(line)) { root.append(el("hr")); n += 1; }
    else if (ITEM.test(line)) {
      const items = run(lines, n, (one) => ITEM.test(one) || (/^\s{2,}\S/.test(one)));
      const kind = /^\s*\d/.test(line) ? "ol" : "ul";
      root.append(el(kind, {}, ...items.map((item) => el("li", {}, ...inline(item.replace(ITEM, ""))))));
      n += items.length;
    } else if (line.startsWith(">")) {
      const quoted = run(lines, n, (one) => one.startsWith(">"));
      root.append(el("blockquote", {}, ...inline(quoted.map((one) => one.replace(/^>\s?/, "")).join("\n"))));
      n += quoted.length;
    } else if (/^\s*\|/.test(line)) {
      const rows = run(lines, n, (one) => /^\s*\|/.test(one));
      const body = rows.filter((row) => !/^[\s|:-]+$/.test(row));
      root.append(el("div.scroll", {}, el("table.data", {}, ...body.map((row, place) => el("tr", {}, ...cells(row).map((cell) => el(place === 0 && rows.length > body.length ? "th" : "td", {}, ...inline(cell))))))));
      n += rows.length;
    } else {
      const paragraph = run(lines, n, isPlain);
      root.append(el("p", {}, ...inline((paragraph.length ? paragraph : [line]).join("\n"))));
      n += Math.max(1, paragraph.length);
    }
  }
  return root;
}
