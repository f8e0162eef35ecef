// @ts-check
// The rows of a query in pages, as they were at one moment.
import { get } from "./api.js";

const PAGE = 50;
/** So many rows can be had before all are counted. */
const HEAD = 200;

/** @typedef {{name: string, path: string, kind: string}} Column */
/** @typedef {{store: string, key: string, status: string | null, active: boolean, starred: boolean, problems: string[]}} Row */
/** @typedef {{row: Row, values: any[]}} Entry */

export class TableData {
  /** @param {{q: string, sort: string, columns: string[], stores: string[], trash: boolean}} request */
  constructor(request) {
    this.request = request;
    this.total = 0;
    /** Whether the total is known; else it is the number of rows that can be had at once. */
    this.isCounted = true;
    /** @type {Column[]} */
    this.columns = [];
    /** @type {string[]} */
    this.problems = [];
    /** @type {string[]} */
    this.hints = [];
    /** @type {Map<number, Entry[]>} */
    this.pages = new Map();
    /** @type {Map<number, Promise<void>>} */
    this.pending = new Map();
    this.snapshot = "";
    this.abort = new AbortController();
  }

  /** Read the first page, which says how many there are. */
  async start() {
    await this.read(0);
  }

  /** Forget requests that nobody waits for any more. */
  close() {
    this.abort.abort();
  }

  /** @param {number} page */
  read(page) {
    const known = this.pending.get(page);
    if (known) return known;
    const reading = this.fetch(page).finally(() => this.pending.delete(page));
    this.pending.set(page, reading);
    return reading;
  }

  /** @param {number} page */
  async fetch(page) {
    const { q, sort, stores, trash } = this.request;
    const wanted = this.columns.length ? this.columns.map((column) => column.name) : this.request.columns;
    const { signal } = this.abort;
    const asked = get("runs", {
      q, sort, store: stores, trash: trash || null, column: wanted,
      offset: page * PAGE, limit: PAGE, snapshot: this.snapshot, count: false,
    }, signal);
    // Of rows that nobody waits for any more, there are none.
    const found = await asked.catch((error) => { if (!signal.aborted) throw error; });
    if (!found) return;
    if (!this.snapshot) {
      this.columns = found.columns;
      this.isCounted = found.total !== null;
      this.total = found.total ?? HEAD;
      this.hints = found.hints;
    }
    this.snapshot = found.snapshot;
    for (const problem of found.problems) if (!this.problems.includes(problem)) this.problems.push(problem);
    const columns = this.columns.map((column) => found.data[column.name] ?? []);
    this.pages.set(page, found.runs.map((/** @type {Row} */ row, /** @type {number} */ n) => ({ row, values: columns.map((values) => values[n]) })));
  }

  /** Count all rows, which may take long. */
  async count() {
    const { q, sort, stores, trash } = this.request;
    const found = await get("runs", { q, sort, store: stores, trash: trash || null, column: "id", limit: 0, snapshot: this.snapshot }, this.abort.signal)
      .catch(() => null);
    if (!found || this.abort.signal.aborted) return false;
    this.total = found.total;
    this.isCounted = true;
    return true;
  }

  /** Wait for some rows. @param {number} from @param {number} to */
  async ensure(from, to) {
    const last = Math.min(to, this.total) - 1;
    /** @type {Promise<void>[]} */
    const reads = [];
    for (let page = Math.floor(from / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      if (!this.pages.has(page)) reads.push(this.read(page));
    }
    await Promise.all(reads);
  }

  /** @param {number} place @returns {Entry | undefined} */
  entry(place) {
    return this.pages.get(Math.floor(place / PAGE))?.[place % PAGE];
  }

  /** The rows of the first page. */
  first() {
    return (this.pages.get(0) ?? []).map(({ row }) => row);
  }

  /** The place of a run among those that are known; -1: none. @param {string} store @param {string} key */
  place(store, key) {
    for (const [page, entries] of this.pages) {
      const n = entries.findIndex(({ row }) => row.store === store && row.key === key);
      if (n >= 0) return page * PAGE + n;
    }
    return -1;
  }

  /** Read again the pages that have some runs. @param {string} store @param {string[]} keys */
  async refresh(store, keys) {
    const wanted = new Set(keys);
    const pages = [...this.pages].filter(([, entries]) => entries.some(({ row }) => row.store === store && wanted.has(row.key)));
    await Promise.all(pages.map(([page]) => this.read(page)));
    return pages.length > 0;
  }
}
