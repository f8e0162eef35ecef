// @ts-check
// How many runs there are, by status: each count is a filter.
import { get } from "./api.js";
import { button, el, fill, icon, statusMark } from "./dom.js";
import { changed, onStoreChange } from "./live.js";
import { change, onChange, state } from "./state.js";
import { join, split } from "./status_query.js";

const ORDER = ["RUNNING", "QUEUED", "COMPLETED", "FAILED", "DEAD", "INTERRUPTED", "TIMEOUT", "PRUNED", "CANCELLED", "OTHER"];
const WAIT_MS = 1500;
const AWAY_MS = 3000;

export class StatusBar {
  /** @param {HTMLElement} root @param {() => void} showNew */
  constructor(root, showNew) {
    this.root = root;
    this.showNew = showNew;
    this.newRuns = 0;
    this.shown = 0;
    /** @type {any[]} */
    this.stores = [];
    this.asked = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    onChange((now, before) => {
      if (now.q !== before.q || now.trash !== before.trash || String(now.stores) !== String(before.stores)) this.load();
    });
    // Changes come in bursts; counting may take a while.
    onStoreChange(() => this.loadIn(WAIT_MS));
  }

  /** @param {number} milliseconds */
  loadIn(milliseconds) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.load(), milliseconds);
  }

  async load() {
    const asked = (this.asked += 1);
    const [rest] = split(state().q);
    let found;
    try {
      found = await get("stores", { q: rest, trash: state().trash || null });
    } catch {
      return; // the table says what is wrong
    }
    if (asked !== this.asked) return;
    const wasAway = isAway(this.stores);
    this.stores = found.stores;
    // Whoever watches the stores need not have seen that one was away: no event says that it is back.
    if (isAway(this.stores)) this.loadIn(AWAY_MS);
    else if (wasAway) changed();
    this.readOnly = found.read_only;
    document.body.classList.toggle("read-only", found.read_only);
    this.draw();
  }

  /** @param {number} shown @param {number} newRuns */
  update(shown, newRuns) {
    this.shown = shown;
    this.newRuns = newRuns;
    this.draw();
  }

  draw() {
    if (!this.stores.length) return;
    const wanted = state().stores;
    const used = this.stores.filter((store) => !wanted.length || wanted.includes(store.key));
    /** @type {Record<string, number>} */
    const counts = {};
    for (const store of used) for (const [status, count] of Object.entries(store.statuses)) counts[status] = (counts[status] ?? 0) + Number(count);
    const total = used.reduce((sum, store) => sum + (store.total ?? 0), 0);
    const [rest, chosen] = split(state().q);
    const chips = ORDER.filter((status) => counts[status] || chosen.includes(status)).map((status) => {
      const isOn = chosen.includes(status);
      const act = () => change({ q: join(rest, isOn ? chosen.filter((one) => one !== status) : [...chosen, status]) });
      return el("button.chip", { type: "button", "aria-pressed": String(isOn), onclick: act, disabled: status === "OTHER" },
        statusMark(status), el("span.count", {}, String(counts[status] ?? 0)));
    });
    const all = el("button.chip", { type: "button", "aria-pressed": String(!chosen.length), onclick: () => change({ q: rest }) },
      state().trash ? "In the trash" : rest ? "Matching" : "All runs", el("span.count", {}, String(total)));
    const away = used.filter((store) => store.error || store.preparing).map((store) => el("span.chip", { title: store.error ?? "" }, icon("warn"), store.error ? `${store.name} is away` : `the index of ${store.name} is being made`));
    const fresh = this.newRuns ? button(`${this.newRuns} new`, this.showNew, { icon: "up", text: true }) : null;
    fill(this.root, ...this.storeChips(), all, ...chips, ...away, el("span.grow"), fresh);
  }

  storeChips() {
    if (this.stores.length < 2) return [];
    const wanted = state().stores;
    const chips = this.stores.map((store) => {
      const isOn = wanted.includes(store.key);
      const act = () => change({ stores: isOn ? wanted.filter((key) => key !== store.key) : [...wanted, store.key] });
      return el("button.chip", { type: "button", "aria-pressed": String(isOn), title: store.url, onclick: act }, icon("store"), store.name);
    });
    return [...chips, el("span.dim", {}, "│")];
  }
}

/** @param {any[]} stores */
function isAway(stores) {
  return stores.some((store) => store.error);
}
