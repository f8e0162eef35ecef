// @ts-check
// The REST API, which is all that the page knows of stores.
import { request } from "./transport.js";

/** @typedef {{detail: string, title: string, status: number, query?: string, column?: number, hint?: string, current?: any, etag?: string}} ProblemDetails */
/** @typedef {{store: string, key: string, name: string, buckets: number, points: number, gaps: number[], group?: number, error: string | null, x: Float64Array, first: Float64Array, last: Float64Array, low: Float64Array, high: Float64Array}} Curve */

export class Problem extends Error {
  /** @param {ProblemDetails} details */
  constructor(details) {
    super(details.detail);
    this.details = details;
    this.status = details.status;
  }
}

/** @param {string} path @param {Record<string, any>} [parameters] */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") query.append(name, String(one));
    }
  }
  const text = query.toString();
  return `api/v1/${path}${text ? `?${text}` : ""}`;
}

/** The path of a run. @param {string} store @param {string} key */
export function runPath(store, key) {
  return `runs/${encodeURIComponent(store)}/${encodeURIComponent(key)}`;
}

/** @param {string} url @param {RequestInit} options */
async function ask(url, options) {
  let response;
  try {
    response = await request(url, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const detail = "The board does not answer. Is `sacred board` still running?";
    throw new Problem({ status: 0, title: "No answer", detail });
  }
  if (response.ok) return response;
  let details = { status: response.status, title: response.statusText, detail: `error ${response.status}` };
  try {
    details = await response.json();
  } catch {
    // What is no problem of the API is an error of what stands in between.
  }
  throw new Problem(details);
}

/**
 * @param {string} path @param {Record<string, any>} [parameters] @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(path, parameters, signal) {
  return (await ask(address(path, parameters), { signal })).json();
}

/** @param {string} method @param {string} path @param {any} body @param {Record<string, string>} [headers] @returns {Promise<any>} */
export async function send(method, path, body, headers = {}) {
  const all = { "Content-Type": "application/json", ...headers };
  return (await ask(address(path), { method, body: JSON.stringify(body), headers: all })).json();
}

/** The beginning of a file. @param {string} url @param {number} most bytes @param {AbortSignal} [signal] */
export async function beginning(url, most, signal) {
  try {
    const response = await ask(url, { headers: { Range: `bytes=0-${most - 1}` }, signal });
    const size = Number(response.headers.get("Content-Range")?.split("/")[1] ?? 0);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { bytes, size: size || bytes.length };
  } catch (error) {
    if (error instanceof Problem && error.status === 416) return { bytes: new Uint8Array(), size: 0 };
    throw error;
  }
}

/**
 * Curves of metrics.
 * @param {Record<string, any>} parameters @param {AbortSignal} [signal] @param {string} [path] of runs, or of groups
 * @returns {Promise<Curve[]>}
 */
export async function series(parameters, signal, path = "series") {
  const response = await ask(address(path, parameters), { signal });
  const buffer = await response.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))).series;
  let place = 4 + length;
  for (const curve of about) {
    for (const column of ["x", "first", "last", "low", "high"]) {
      curve[column] = new Float64Array(buffer, place, curve.buckets);
      place += 8 * curve.buckets;
    }
  }
  return about;
}
