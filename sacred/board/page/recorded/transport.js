// @ts-check
// In place of `transport.js` in a static copy: answers of the API that were recorded, no server.
import { curvesOf, groupCurves } from "./curves.js";
import { NotCopied } from "./problems.js";
import { importanceOf, marks, noise } from "./statistics.js";
import { comparison, groupsOf, page, storesOf } from "./tables.js";

/** @typedef {{first: string, runs: number, made: string, left_out: string[]}} AboutCopy first: the address of the view that is shown first */
/** @typedef {{key: string, name: string, url: string}} CopiedStore */
/** @typedef {{q: string, stores: string[], total: number, page: any}} CopiedTable */
/** @typedef {{q: string, by: string[], stores: string[], answer: any}} CopiedGroups */
/** @typedef {{run: any, config: any, record: any, lineage: any, output: any, curves: Record<string, Record<string, any>>, files: Record<string, Record<string, {type: string, content: string}>>}} CopiedRun */
/**
 * @typedef {object} Copied
 * @property {AboutCopy} about
 * @property {CopiedStore[]} stores
 * @property {any[]} fields
 * @property {any[]} views
 * @property {CopiedTable[]} tables
 * @property {CopiedGroups[]} groups
 * @property {any[]} groupCurves
 * @property {any[]} marks of groups
 * @property {any[]} noise of experiments
 * @property {any[]} importance of entries
 * @property {any} comparison of all runs of the copy
 * @property {Record<string, CopiedRun>} runs by STORE/KEY
 * @property {Record<string, string>} contents of files in base64, by their digests
 * @property {string} icon
 */

/** @type {Copied} */
const data = JSON.parse(document.getElementById("copied")?.textContent ?? "{}");
/** Types that a browser shows and does not run; all others are only saved. */
const SHOWN = /^(image|audio|video)\/[\w.+-]+$|^text\/html$/;

/** What the copy says of itself. @type {AboutCopy | null} */
export const copy = data.about;

/** @param {string} url @param {RequestInit} options @returns {Promise<Response>} */
export async function request(url, options) {
  const [path, text = ""] = url.replace(/^api\/v1\//, "").split("?");
  try {
    if ((options.method ?? "GET") !== "GET") throw new NotCopied("This is a copy without a server: nothing can be changed.");
    return answer(path, new URLSearchParams(text));
  } catch (error) {
    if (!(error instanceof NotCopied)) throw error;
    return json({ title: "Not in this copy", status: 404, detail: error.message }, 404);
  }
}

/** @param {string} path @param {URLSearchParams} query @returns {Response} */
function answer(path, query) {
  switch (path) {
    case "stores": return json(storesOf(data, query));
    case "fields": return json({ fields: data.fields });
    case "views": return json({ views: data.views, shared: false });
    case "runs": return json(page(data, query));
    case "groups": return json(groupsOf(data, query));
    case "groups/series": return new Response(groupCurves(data, query));
    case "groups/marks": return json(marks(data, query));
    case "noise": return json(noise(data, query));
    case "importance": return json(importanceOf(data, query));
    case "comparison": return json(comparison(data, query));
    case "series": return new Response(curvesOf(data, query));
    default: return partOfRun(path, query);
  }
}

/** @param {string} path @param {URLSearchParams} query */
function partOfRun(path, query) {
  const [first, store, key, part] = path.split("/").map(decodeURIComponent);
  const run = data.runs[`${store}/${key}`];
  if (first !== "runs" || !run) throw new NotCopied(first === "runs" ? `This copy does not have the run ${key}.` : "This copy does not have that; open the board itself.");
  switch (part) {
    case undefined: return json(run.run);
    case "config": return json(run.config);
    case "record": return json(run.record);
    case "lineage": return json(run.lineage ?? { runs: [], links: [], files: [], problems: [] });
    case "output": return json(outputOf(run.output, query));
    case "files": return fileOf(run, query);
    default: throw new NotCopied("This copy does not have that; open the board itself.");
  }
}

/** @param {any} output @param {URLSearchParams} query */
function outputOf(output, query) {
  const bytes = new TextEncoder().encode(output.text);
  const place = (/** @type {string | null} */ text, /** @type {number} */ usual) => (text === null ? usual : Number(text) < 0 ? Math.max(0, bytes.length + Number(text)) : Math.min(Number(text), bytes.length));
  const [from, to] = [place(query.get("from"), 0), place(query.get("to"), bytes.length)];
  return { from, to, total: bytes.length, active: false, text: new TextDecoder().decode(bytes.slice(from, to)) };
}

/** @param {CopiedRun} run @param {URLSearchParams} query */
function fileOf(run, query) {
  const file = run.files[query.get("kind") ?? "artifacts"]?.[query.get("name") ?? ""];
  if (!file) throw new NotCopied("This copy does not have the content of the file: it is too large, or no text and no picture.");
  const bytes = Uint8Array.from(atob(data.contents[file.content]), (letter) => letter.charCodeAt(0));
  return new Response(bytes);
}

/** @param {any} value @param {number} [status] */
function json(value, status = 200) {
  return new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });
}

/** Where a browser finds a file: an address with all of its content. @param {string} url */
export function fileUrl(url) {
  if (url === "icon.svg") return data.icon;
  const [path, text = ""] = url.replace(/^api\/v1\//, "").split("?");
  const [, store, key] = path.split("/").map(decodeURIComponent);
  const query = new URLSearchParams(text);
  const file = data.runs[`${store}/${key}`]?.files[query.get("kind") ?? "artifacts"]?.[query.get("name") ?? ""];
  if (!file) return "data:,";
  const type = query.has("show") && SHOWN.test(file.type) ? file.type : "application/octet-stream";
  return `data:${type};base64,${data.contents[file.content]}`;
}

/** @returns {EventSource | null} */
export function openEvents() {
  return null;
}
