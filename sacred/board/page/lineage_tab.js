// @ts-check
// Runs connected by the contents of files: what was made from what, and who else has a file.
import { get, runPath } from "./api.js";
import { svg, svgPicture } from "./svg.js";
import { saveMenu } from "./across/saving.js";
import { el, fill, icon, statusMark } from "./dom.js";
import { middle, size } from "./format.js";
import { showEmpty } from "./notices.js";
import { change } from "./state.js";

/** @typedef {{store: string, key: string, id: string | number, name: string | null, status: string | null}} RelatedRun */
/** @typedef {{from: string, to: string, made_as: string, read_as: string, md5: string}} Link from one run, STORE/KEY, to another */
/** @typedef {{how: "reads" | "makes", name: string, md5: string, size: number | null, users: (RelatedRun & {how: string})[]}} UsedFile */
/** @typedef {{runs: RelatedRun[], links: Link[], files: UsedFile[], problems: string[]}} Lineage */

const BOX = { width: 140, height: 40, gapX: 88, gapY: 16, margin: 12 };

/** @param {HTMLElement} root @param {any} run */
export function lineageTab(root, run) {
  const abort = new AbortController();
  fill(root, el("div.empty", {}, "Comparing the contents of files of all runs …"));
  get(`${runPath(run.store, run.key)}/lineage`, {}, abort.signal).then((found) => draw(root, found, `${run.store}/${run.key}`), (error) => {
    if (!abort.signal.aborted) showEmpty(root, "No lineage", error.message);
  });
  return { close: () => abort.abort() };
}

/** @param {HTMLElement} root @param {Lineage} found @param {string} own */
function draw(root, found, own) {
  if (!found.files.length && found.problems.length) { showEmpty(root, "No lineage", found.problems[0]); return; }
  if (!found.files.length) {
    showEmpty(root, "No files", "Runs are connected by what one makes and another reads:", { code: '_run.add_artifact("model.pt")     # made\n_run.open_resource("model.pt")    # read, by another run' });
    return;
  }
  const place = el("div.scroll", { tabindex: "0", role: "region", "aria-label": "Lineage" });
  const save = saveMenu(() => place.querySelector("svg"), () => linkRows(found), `lineage of ${own}`);
  fill(root, ...found.problems.slice(0, 1).map((text) => el("div.warning", {}, icon("warn"), el("span.grow", {}, text))),
    el("div.lineage", {}, el("div.bar", {}, el("h3.grow", {}, found.links.length ? `${found.runs.length} runs, connected by ${new Set(found.links.map(({ md5 }) => md5)).size} files` : "No other run has made what this one reads, or reads what it has made"), save),
      found.links.length ? place : null, fileTable(found.files)));
  if (found.links.length) place.append(graph(found, own));
}

/** @param {RelatedRun} run */
function keyOf(run) {
  return `${run.store}/${run.key}`;
}

/** How far right each run stands: behind all that have made what it reads. @param {Lineage} found */
function levelsOf({ runs, links }) {
  const levels = new Map(runs.map((run) => [keyOf(run), 0]));
  // At most as many rounds as runs: also if times say that two have made each other.
  for (let round = 0; round < runs.length; round += 1) {
    let isDone = true;
    for (const { from, to } of links) {
      const least = (levels.get(from) ?? 0) + 1;
      if ((levels.get(to) ?? 0) < least && least < runs.length) { levels.set(to, least); isDone = false; }
    }
    if (isDone) break;
  }
  return levels;
}

/** @param {Lineage} found @param {string} own */
function graph(found, own) {
  const levels = levelsOf(found);
  /** @type {Map<string, {x: number, y: number}>} */
  const places = new Map();
  /** @type {number[]} */
  const heights = [];
  for (const run of found.runs) {
    const level = levels.get(keyOf(run)) ?? 0;
    const row = (heights[level] = (heights[level] ?? 0) + 1) - 1;
    places.set(keyOf(run), { x: BOX.margin + level * (BOX.width + BOX.gapX), y: BOX.margin + row * (BOX.height + BOX.gapY) });
  }
  const width = 2 * BOX.margin + heights.length * BOX.width + (heights.length - 1) * BOX.gapX;
  const height = 2 * BOX.margin + Math.max(...heights) * (BOX.height + BOX.gapY) - BOX.gapY;
  /** @type {Map<string, Link[]>} */
  const edges = new Map();
  for (const link of found.links) edges.set(`${link.from}\n${link.to}`, [...(edges.get(`${link.from}\n${link.to}`) ?? []), link]);
  const lines = [...edges.values()].flatMap((links) => {
    const [a, b] = [places.get(links[0].from), places.get(links[0].to)];
    if (!a || !b) return [];
    const [x1, y1, x2, y2] = [a.x + BOX.width, a.y + BOX.height / 2, b.x, b.y + BOX.height / 2];
    const names = [...new Set(links.map(({ read_as: name }) => name.split(/[/\\]/).at(-1) ?? name))];
    const text = names.length > 1 ? `${middle(names[0], 10)} +${names.length - 1}` : middle(names[0], 13);
    return [svg("path", { class: "edge", d: `M${x1} ${y1}C${x1 + 50} ${y1} ${x2 - 50} ${y2} ${x2} ${y2}` }, svg("title", {}, names.join("\n"))), svg("path", { class: "tip", d: `M${x2} ${y2}l-7 -4v8z` }),
      svg("text", { class: "file", x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 5, "text-anchor": "middle" }, text)];
  });
  const nodes = found.runs.map((run) => {
    const { x, y } = /** @type {{x: number, y: number}} */ (places.get(keyOf(run)));
    const open = () => change({ run: keyOf(run), item: "" });
    const about = `${run.name ?? "run"} #${run.id}, ${run.status ?? "no status"}`;
    return svg("g", { class: keyOf(run) === own ? "node own" : "node", role: "button", tabindex: "0", "aria-label": about, onclick: open, onkeydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") open(); } },
      svg("rect", { x, y, width: BOX.width, height: BOX.height, rx: 6 }, svg("title", {}, `${about}\n${run.store}`)),
      svg("text", { class: "name", x: x + 10, y: y + 17 }, middle(`${run.name ?? "run"} #${run.id}`, 20)), svg("text", { x: x + 10, y: y + 32 }, middle(`${run.status ?? "?"}  ${run.store}`, 22)));
  });
  return svgPicture(width, height, `Lineage: ${found.runs.length} runs`, ...lines, ...nodes);
}

/** @param {UsedFile[]} files */
function fileTable(files) {
  const rows = files.map((file) => el("tr", {}, el("td", {}, file.how), el("td.mono", { title: file.name }, middle(file.name, 48)), el("td.number", {}, file.size === null ? "" : size(file.size)), el("td.mono.dim", { title: file.md5 }, file.md5.slice(0, 8)),
    el("td", {}, file.users.length ? el("span.users", {}, ...file.users.slice(0, 12).map((run) => el("button.link", { type: "button", title: `${run.how} it: ${run.name ?? "run"} #${run.id}`, onclick: () => change({ run: keyOf(run), item: "" }) }, statusMark(run.status, false), `#${run.id} ${run.how} it`)), file.users.length > 12 ? `and ${file.users.length - 12} more` : null) : el("span.dim", {}, "no other run"))));
  return el("div.scroll", {}, el("table.data", { "aria-label": "Files and the runs that have them" }, el("thead", {}, el("tr", {}, ...["", "file", "size", "md5", "the same content"].map((head) => el("th", {}, head)))), el("tbody", {}, ...rows)));
}

/** @param {Lineage} found */
function linkRows({ links }) {
  return [["from", "to", "made as", "read as", "md5"], ...links.map((link) => [link.from, link.to, link.made_as, link.read_as, link.md5])];
}
