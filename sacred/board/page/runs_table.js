// @ts-check
// The table of runs: only what is in view is in the page.
import "./vendor/regular-table/regular-table.js";
import { Problem } from "./api.js";
import { hovered, onHovered, setHovered } from "./charts/hovered.js";
import { rowHeight } from "./density.js";
import { el, fill, icon } from "./dom.js";
import { whole } from "./format.js";
import { onStoreChange } from "./live.js";
import { showEmpty } from "./notices.js";
import { pick } from "./picking.js";
import { nextSort, sortKeys } from "./sorting.js";
import { forgetSparks } from "./sparklines.js";
import { change, onChange, state } from "./state.js";
import { content, heading, idCell, warning } from "./table_cells.js";
import { TableData } from "./table_data.js";
import { keepWidths, restoreWidths } from "./widths.js";

/** @typedef {{row?: import("./table_data.js").Row, isPick?: boolean, filter?: HTMLElement | null, column?: import("./table_data.js").Column}} Pressed */

const NUMBERS = new Set(["seconds", "metric"]);

export class RunsTable {
  /** @param {HTMLElement} root @param {(data: TableData) => void} loaded */
  constructor(root, loaded) {
    this.loaded = loaded;
    this.warnings = el("div");
    /** @type {HTMLElement} */
    this.holder = el("div.table");
    this.blank = el("div", { hidden: true, class: "grow" });
    root.append(this.warnings, this.holder, this.blank);
    this.table = /** @type {any} */ (document.createElement("regular-table"));
    this.table.setAttribute("aria-label", "Runs");
    this.table.tabIndex = 0;
    this.holder.append(this.table);
    this.data = new TableData({ ...state(), columns: [] });
    /** @type {TableData | undefined} */
    this.coming = undefined;
    this.cursor = -1;
    this.newRuns = 0;
    /** @type {Map<string, import("./charts/colours.js").Look>} */
    this.looks = new Map();
    this.table.setDataListener((/** @type {number[]} */ ...area) => this.slice(...area), { virtual_mode: "both" });
    this.table.addStyleListener(() => this.style());
    // Not "click": where it is drawn meanwhile, cells are others when the button is let go. What
    // was there when it was pressed is what was meant.
    /** @type {{x: number, y: number, on: Pressed | null}} */
    let pressed = { x: -1, y: -1, on: null };
    this.table.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      pressed = { x: event.clientX, y: event.clientY, on: this.under(event) };
    });
    this.table.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
      const isClick = Math.abs(event.clientX - pressed.x) < 6 && Math.abs(event.clientY - pressed.y) < 6;
      if (isClick && event.button === 0 && pressed.on) this.clicked(pressed.on, event.shiftKey);
    });
    // What is drawn says whether a box is checked; the keyboard has the key x.
    this.table.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      if (/** @type {Element} */ (event.target).matches(".pick")) event.preventDefault();
    });
    this.table.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      const row = this.under(event)?.row;
      setHovered(row ? `${row.store}/${row.key}` : "");
    });
    this.table.addEventListener("pointerleave", () => setHovered(""));
    onHovered(() => this.style());
    this.table.addEventListener("mouseup", () => setTimeout(() => keepWidths(this.table, this.data.columns), 50));
    onChange((now, before) => this.stateChanged(now, before));
    onStoreChange((change) => this.storeChanged(change));
  }

  /** Read the runs of the state, and show them. */
  async load() {
    const { q, sort, stores, trash } = state();
    const columns = state().columns.length ? state().columns : chosenColumns();
    this.coming?.close();
    if (!this.data.snapshot) this.showReading();
    // What is shown stays, and can be clicked, until there is something else.
    const data = new TableData({ q, sort, columns, stores, trash });
    this.coming = data;
    try {
      await data.start();
    } catch (error) {
      if (data === this.coming && error instanceof Problem) this.showProblem(error);
      return;
    }
    if (data !== this.coming) return;
    this.data.close();
    this.data = data;
    this.newRuns = 0;
    restoreWidths(this.table, this.data.columns);
    await this.draw();
    this.loaded(data);
    if (!data.isCounted && (await data.count()) && data === this.data) {
      await this.draw();
      this.loaded(data);
    }
  }

  async draw() {
    const { data } = this;
    fill(this.warnings, ...data.problems.slice(0, 1).map((text) => warning(text, data.problems.length)));
    this.blank.hidden = data.total > 0;
    this.holder.hidden = data.total === 0;
    if (data.total === 0) this.showNothing();
    else await this.table.draw({ invalid_viewport: true, reset_scroll_position: false });
  }

  showReading() {
    this.blank.hidden = false;
    this.holder.hidden = true;
    fill(this.blank, el("div.empty", {}, "Reading the runs …"));
  }

  showNothing() {
    const { q, trash } = state();
    if (q) {
      const text = this.data.hints.join(" ") || "Change the query, or show all runs.";
      showEmpty(this.blank, "No runs match", text, { label: "Show all runs", act: () => change({ q: "" }) });
    } else if (trash) {
      showEmpty(this.blank, "The trash is empty", "Runs that you throw away can be restored here.", { label: "Back to the runs", act: () => change({ trash: false }) });
    } else {
      const code = "from sacred import Experiment\n\nex = Experiment(\"first\")\n\n@ex.automain\ndef main(seed):\n    return seed\n\n# python first.py -F runs";
      showEmpty(this.blank, "No runs yet", "They appear here as soon as one starts. For example:", { code });
    }
  }

  /** @param {Problem} problem */
  showProblem(problem) {
    // Mistakes in the query are shown below it.
    if (problem.details.query !== undefined && problem.details.query === state().q) return;
    this.blank.hidden = false;
    this.holder.hidden = true;
    showEmpty(this.blank, problem.details.title, problem.message, { label: "Try again", act: () => this.load() });
  }

  /** @param {...number} area */
  async slice(...area) {
    const [x0, y0, x1, y1] = area;
    const { data } = this;
    try {
      await data.ensure(y0, y1);
    } catch (error) {
      if (error instanceof Problem) this.showProblem(error);
    }
    const shown = data.columns.slice(1);
    /** @type {(import("./table_data.js").Entry | undefined)[]} */
    const entries = [];
    for (let y = y0; y < Math.min(y1, data.total); y += 1) entries.push(data.entry(y));
    return {
      num_rows: data.total,
      num_columns: shown.length,
      row_headers: entries.map((entry) => [idCell(entry, !data.columns.some(({ path }) => path === "status"), entry && this.looks.get(`${entry.row.store}/${entry.row.key}`))]),
      column_headers: shown.slice(x0, x1).map((column) => [heading(column)]),
      data: shown.slice(x0, x1).map((column, n) => entries.map((entry) => content(entry?.values[x0 + n + 1], column, entry?.row, () => void this.table.draw()))),
      row_height: rowHeight(),
      merge_headers: "none",
    };
  }

  style() {
    const open = state().run;
    const columns = this.data.columns;
    const sorted = sortKeys(state().sort);
    for (const th of this.table.querySelectorAll("thead th")) {
      const meta = this.table.getMeta(th);
      const column = meta?.type === "corner" ? columns[0] : columns[(meta?.x ?? -2) + 1];
      if (!column) continue;
      if (meta?.type === "corner" && !th.querySelector(".head")) fill(th, heading(column));
      const key = sorted.find(({ name }) => name === column.name);
      th.classList.toggle("sorted", key !== undefined);
      th.classList.toggle("number", meta?.type !== "corner" && this.isNumber(column));
      th.setAttribute("aria-sort", key ? (key.descending ? "descending" : "ascending") : "none");
      th.title = `${column.path}\nClick to sort, with Shift by this as well`;
      const head = th.querySelector(".head");
      head?.querySelector(":scope > svg")?.remove();
      if (key) head?.append(icon(key.descending ? "down" : "up"));
    }
    for (const tr of this.table.querySelectorAll("tbody tr")) {
      const meta = this.table.getMeta(tr.children[0]);
      const entry = this.data.entry(meta?.y ?? -1);
      const isOpen = entry !== undefined && `${entry.row.store}/${entry.row.key}` === open;
      tr.classList.toggle("open", isOpen);
      tr.classList.toggle("linked", entry !== undefined && `${entry.row.store}/${entry.row.key}` === hovered());
      tr.setAttribute("aria-selected", String(isOpen));
      tr.classList.toggle("cursor", meta?.y === this.cursor);
      for (const td of tr.querySelectorAll("td")) {
        const place = this.table.getMeta(td);
        const column = columns[(place?.x ?? -2) + 1];
        if (!column) continue;
        td.classList.toggle("number", this.isNumber(column));
        td.classList.toggle("wait", entry === undefined);
        td.title = whole(entry?.values[(place?.x ?? 0) + 1], column.kind);
      }
    }
  }

  /** Whether most of what is known of a column is a number. @param {import("./table_data.js").Column} column */
  isNumber(column) {
    if (NUMBERS.has(column.kind)) return true;
    const n = this.data.columns.indexOf(column);
    const known = (this.data.pages.get(0) ?? []).map(({ values }) => values[n]).filter((value) => value !== null);
    return known.length > 0 && known.every((value) => typeof value === "number");
  }

  /** The row or heading under the pointer. @param {MouseEvent} event @returns {Pressed | null} */
  under(event) {
    const target = /** @type {Element} */ (event.target);
    const cell = target.closest(".rt-column-resize") ? null : target.closest("td, th");
    const meta = cell && this.table.getMeta(cell);
    if (!meta) return null;
    if (meta.type === "body" || meta.type === "row_header") return { row: this.data.entry(meta.y)?.row, isPick: target.matches(".pick") };
    const filter = /** @type {HTMLElement | null} */ (target.closest(".filter"));
    return { filter, column: meta.type === "corner" ? this.data.columns[0] : this.data.columns[meta.x + 1] };
  }

  /** @param {Pressed} on @param {boolean} withShift */
  clicked({ row, column, isPick, filter }, withShift) {
    if (filter && column) document.dispatchEvent(new CustomEvent("column-filter", { detail: { anchor: filter, name: column.name } }));
    else if (row && isPick) pick(this.data, this.data.place(row.store, row.key), withShift);
    else if (row) void this.open(this.data.place(row.store, row.key));
    else if (column) change({ sort: nextSort(state().sort, column.name, withShift) });
  }

  pickCursor() {
    if (this.cursor < 0) this.cursor = 0;
    pick(this.data, this.cursor);
  }

  /** The runs that charts show, with the colours of their lines. @param {import("./compared_runs.js").ComparedRun[]} runs */
  setLooks(runs) {
    if (!runs.length && !this.looks.size) return;
    this.looks = new Map(runs.map((run) => [run.key, run]));
    if (this.data.total) void this.table.draw();
  }

  /** @param {number} place */
  async open(place) {
    if (place < 0 || place >= this.data.total) return;
    this.cursor = place;
    await this.data.ensure(place, place + 1);
    const entry = this.data.entry(place);
    if (entry) change({ run: `${entry.row.store}/${entry.row.key}`, item: "" });
  }

  /** Move to another row; if a run is open, that of the row is opened. @param {number} by */
  async move(by) {
    const place = Math.max(0, Math.min(this.data.total - 1, this.cursor + by));
    this.cursor = place;
    const first = Math.floor(this.table.scrollTop / rowHeight());
    const count = Math.max(1, Math.floor(this.table.clientHeight / rowHeight()) - 2);
    if (place < first || place >= first + count) await this.table.scrollToCell(0, Math.max(0, place - Math.floor(count / 2)), this.data.columns.length - 1, this.data.total);
    if (state().run) await this.open(place);
    await this.table.draw();
  }

  /** @param {import("./state.js").State} now @param {import("./state.js").State} before */
  stateChanged(now, before) {
    const isOther = ["q", "sort", "trash"].some((name) => /** @type {any} */ (now)[name] !== /** @type {any} */ (before)[name])
      || String(now.columns) !== String(before.columns) || String(now.stores) !== String(before.stores);
    if (isOther) {
      this.cursor = -1;
      this.table.scrollTop = 0;
      this.load();
    } else if (now.picked !== before.picked || now.sparks !== before.sparks) {
      void this.table.draw();
    } else if (now.run !== before.run) {
      const [store, ...key] = now.run.split("/");
      const place = this.data.place(store, key.join("/"));
      if (place >= 0) this.cursor = place;
      this.style();
    }
  }

  /** @param {import("./live.js").StoreChange | null} change */
  async storeChanged(change) {
    const isAtTop = this.table.scrollTop < rowHeight();
    if (change === null || (change.new.length > 0 && isAtTop) || this.data.total === 0) {
      await this.load();
      return;
    }
    // Whoever has scrolled reads on undisturbed; the bar says that there are new ones.
    this.newRuns += change.new.length;
    forgetSparks(change.store, change.changed);
    const isShown = await this.data.refresh(change.store, change.changed).catch(() => false);
    if (isShown) await this.table.draw();
    this.loaded(this.data);
  }
}

/** The columns that were chosen last. @returns {string[]} */
export function chosenColumns() {
  return JSON.parse(localStorage.getItem("sacred.columns") ?? "[]");
}
