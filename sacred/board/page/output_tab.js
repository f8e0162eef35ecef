// @ts-check
// The output of a run: only the lines in view are in the page, and it follows the run.
import { get, runPath } from "./api.js";
import { bare, coloured, settled } from "./ansi.js";
import { button, el, fill } from "./dom.js";
import { size } from "./format.js";
import { change, state } from "./state.js";

const LINE = 18;
const PART = 4 << 20;
/** So much of the end is read at first; the rest when somebody asks for it. */
const FIRST = 8 << 20;

/** @param {HTMLElement} root @param {any} run */
export function outputTab(root, run) {
  return new OutputTab(root, run);
}

class OutputTab {
  /** @param {HTMLElement} root @param {any} run */
  constructor(root, run) {
    this.run = run;
    this.text = "";
    this.from = 0;
    this.to = 0;
    /** @type {string[]} */
    this.lines = [];
    /** @type {number[]} */
    this.found = [];
    this.at = -1;
    this.isClosed = false;
    this.isReading = true;
    /** Whether there may be more than was read. */
    this.isStale = false;
    this.follows = run.active;
    this.search = /** @type {HTMLInputElement} */ (el("input.input", { type: "search", placeholder: "Find in the output", "aria-label": "Find in the output" }));
    this.count = el("span.dim");
    this.earlier = button("Read the beginning, too", () => this.readAll(), { text: true });
    this.earlier.hidden = true;
    this.follow = button("Follow the end", () => this.setFollow(!this.follows), { text: true, pressed: this.follows });
    this.sizer = el("div");
    this.window = el("div.window");
    this.scroller = el("div.lines", { tabindex: "0", "aria-label": "Output", role: "log" }, this.sizer, this.window);
    root.append(el("div.output", {}, el("div.tools", {}, this.search, this.count, el("span.grow"), this.earlier, this.follow), this.scroller));
    this.scroller.addEventListener("scroll", () => this.scrolled());
    this.search.addEventListener("input", () => { this.at = -1; this.find(); this.draw(); });
    this.search.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); this.next(event.shiftKey ? -1 : 1); } });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.scroller);
    void this.start().finally(() => this.readOn());
  }

  async start() {
    const found = await this.part(-FIRST, null);
    if (!found) return;
    this.from = found.from;
    this.to = found.to;
    this.text = found.text;
    await this.more(found.total);
    this.split();
    const line = Number(state().item);
    if (line > 0) { this.follows = false; this.goTo(line - 1); } else if (this.follows) this.toEnd();
    this.showState();
  }

  /** @param {number} from @param {number | null} to */
  async part(from, to) {
    try {
      const found = await get(`${runPath(this.run.store, this.run.key)}/output`, { from, to });
      return this.isClosed ? null : found;
    } catch (error) {
      this.count.textContent = /** @type {Error} */ (error).message;
      return null;
    }
  }

  /** Read on to the end. @param {number} total */
  async more(total) {
    while (this.to < total) {
      const found = await this.part(this.to, this.to + PART);
      if (!found || found.to === this.to) return;
      this.text += found.text;
      this.to = found.to;
      total = found.total;
    }
  }

  async readAll() {
    this.earlier.hidden = true;
    const parts = [];
    for (let place = 0; place < this.from;) {
      const found = await this.part(place, Math.min(this.from, place + PART));
      if (!found || found.to === place) return;
      parts.push(found.text);
      place = found.to;
    }
    this.text = parts.join("") + this.text;
    this.from = 0;
    this.split();
    this.showState();
  }

  split() {
    this.lines = this.text.split("\n");
    if (this.lines.at(-1) === "") this.lines.pop();
    this.find();
    this.sizer.style.height = `${this.lines.length * LINE + 8}px`;
    this.draw();
  }

  showState() {
    this.earlier.hidden = this.from === 0;
    this.earlier.title = `${size(this.from)} come before`;
    this.follow.setAttribute("aria-pressed", String(this.follows));
    if (this.search.value) this.count.textContent = this.found.length ? `${Math.max(0, this.at) + 1} of ${this.found.length}` : "not found";
    else this.count.textContent = this.lines.length ? `${this.lines.length} lines${this.run.active ? ", more to come" : ""}` : this.run.active ? "Nothing printed yet" : "The run has printed nothing";
  }

  find() {
    const typed = this.search.value.toLowerCase();
    this.found = [];
    if (typed) this.lines.forEach((line, n) => { if (bare(line).toLowerCase().includes(typed)) this.found.push(n); });
    this.showState();
  }

  /** @param {number} by */
  next(by) {
    if (!this.found.length) return;
    this.at = (this.at + by + this.found.length) % this.found.length;
    this.setFollow(false);
    this.goTo(this.found[this.at]);
    this.showState();
  }

  /** @param {number} line */
  goTo(line) {
    this.scroller.scrollTop = Math.max(0, line * LINE - this.scroller.clientHeight / 2);
    this.draw();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (this.follows && scrollTop + clientHeight < scrollHeight - 2 * LINE) { this.follows = false; this.showState(); }
    this.draw();
  }

  /** @param {boolean} follows */
  setFollow(follows) {
    this.follows = follows;
    if (follows) this.toEnd();
    this.showState();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / LINE) - 20);
    const last = Math.min(this.lines.length, first + Math.ceil(this.scroller.clientHeight / LINE) + 40);
    this.window.style.top = `${first * LINE}px`;
    const found = new Set(this.found);
    const target = Number(state().item) - 1;
    const shown = [];
    for (let n = first; n < last; n += 1) {
      const link = el("a.no", { href: "#", title: "A link to this line", onclick: (/** @type {Event} */ event) => { event.preventDefault(); change({ item: String(n + 1) }); this.draw(); } }, String(n + 1));
      shown.push(el("div.line", { class: n === target ? "target" : found.has(n) ? "found" : "" }, link, el("span", {}, ...coloured(settled(this.lines[n])))));
    }
    fill(this.window, ...shown);
  }

  /** @param {any} run */
  update(run) {
    this.run = run;
    this.isStale = true;
    if (!this.isReading) void this.readOn();
  }

  /** Read what is new, one part after the other: a change that comes meanwhile is read as well. */
  async readOn() {
    this.isReading = true;
    while (this.isStale && !this.isClosed) {
      this.isStale = false;
      await this.readNew();
    }
    this.isReading = false;
    this.showState();
  }

  async readNew() {
    const found = await this.part(this.to, null);
    if (found && found.total < this.to) {
      this.text = "";
      await this.start(); // it was written anew
    } else if (found?.text) {
      this.text += found.text;
      this.to = found.to;
      await this.more(found.total);
      this.split();
      if (this.follows) this.toEnd();
    }
  }

  close() {
    this.isClosed = true;
    this.resize.disconnect();
  }
}
