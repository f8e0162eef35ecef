// @ts-check
// The query: completed while one types, its mistakes shown where they are.
import { Problem, get } from "./api.js";
import { button, el, fill, icon } from "./dom.js";
import { complete } from "./completion.js";
import { change, onChange, state } from "./state.js";

const WAIT_MS = 350;

export class QueryBox {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.input = /** @type {HTMLInputElement} */ (el("input", {
      type: "text", spellcheck: "false", autocomplete: "off", autocapitalize: "off", role: "combobox",
      "aria-label": "Query", "aria-expanded": "false", "aria-controls": "options", "aria-autocomplete": "list",
      placeholder: "Filter: lr < 0.01 and status = COMPLETED",
    }));
    this.clear = button("Clear the query", () => this.apply(""), { icon: "close", plain: true });
    this.field = el("div.field", {}, icon("search"), this.input, this.clear, el("kbd.hint", {}, "/"));
    this.popup = el("div.popup", { id: "options", role: "listbox", hidden: true, "aria-label": "Completions" });
    root.append(el("div", { id: "query" }, this.field, this.popup));
    /** @type {import("./completion.js").Field[]} */
    this.fields = [];
    /** @type {Promise<import("./completion.js").Field[]> | null} */
    this.learned = null;
    /** @type {import("./completion.js").Option[]} */
    this.options = [];
    this.chosen = -1;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("click", () => this.suggest());
    this.input.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    onChange((now) => { if (now.q !== this.input.value) this.show(now.q); });
    this.show(state().q);
  }

  /** Learn which fields there are. */
  learn() {
    this.learned = get("fields", { store: state().stores }).then(({ fields }) => { this.fields = fields; return fields; });
    return this.learned;
  }

  /** @param {string} text */
  show(text) {
    this.input.value = text;
    this.clear.hidden = !text;
    this.mark(null);
  }

  /** @param {string} text */
  apply(text) {
    this.show(text);
    this.hide();
    change({ q: text.trim() });
  }

  typed() {
    this.clear.hidden = !this.input.value;
    this.suggest();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.check(), WAIT_MS);
  }

  /** Apply what is typed if it has a meaning, else say why not. */
  async check() {
    const text = this.input.value;
    if (text.trim() === state().q) { this.mark(null); return; }
    try {
      await get("runs", { q: text, limit: 0, column: "id", count: false });
    } catch (error) {
      if (error instanceof Problem && this.input.value === text) this.mark(error);
      return;
    }
    if (this.input.value !== text) return;
    this.mark(null);
    change({ q: text.trim() }, { replace: true });
  }

  /** @param {Problem | null} problem */
  mark(problem) {
    this.field.classList.toggle("wrong", problem !== null);
    this.input.setAttribute("aria-invalid", String(problem !== null));
    this.problem = problem;
    if (problem && document.activeElement === this.input) this.draw();
  }

  suggest() {
    this.options = complete(this.input.value, this.input.selectionStart ?? 0, this.fields);
    this.chosen = -1;
    this.draw();
  }

  draw() {
    const options = this.options.map((option, n) => {
      const element = el("div.option", { role: "option", id: `option-${n}`, "aria-selected": String(n === this.chosen) },
        el("span.mono", {}, option.text), el("span.about", {}, option.about));
      element.addEventListener("mousedown", (event) => { event.preventDefault(); this.take(option); });
      return element;
    });
    fill(this.popup, this.problem ? mistake(this.problem) : null, ...options);
    const isShown = this.popup.childElementCount > 0;
    this.popup.hidden = !isShown;
    this.input.setAttribute("aria-expanded", String(isShown));
    if (this.chosen >= 0) {
      this.input.setAttribute("aria-activedescendant", `option-${this.chosen}`);
      options[this.chosen].scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  hide() {
    this.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  /** @param {import("./completion.js").Option} option */
  take(option) {
    const text = this.input.value;
    this.input.value = text.slice(0, option.from) + option.text + text.slice(option.to);
    const caret = option.from + option.text.length;
    this.input.setSelectionRange(caret, caret);
    this.typed();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const isOpen = !this.popup.hidden && this.options.length > 0;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) { this.suggest(); return; }
      const count = this.options.length;
      this.chosen = (this.chosen + (event.key === "ArrowDown" ? 1 : -1) + count + (this.chosen < 0 && event.key === "ArrowUp" ? 1 : 0)) % count;
      this.draw();
    } else if ((event.key === "Enter" || event.key === "Tab") && isOpen && this.chosen >= 0) {
      event.preventDefault();
      this.take(this.options[this.chosen]);
    } else if (event.key === "Enter") {
      clearTimeout(this.timer);
      this.hide();
      this.check().then(() => this.problem && this.draw());
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (isOpen) this.hide();
      else this.input.blur();
    }
  }
}

/** @param {Problem} problem */
function mistake(problem) {
  const { query, column, hint, detail } = problem.details;
  const where = query && column ? el("pre", {}, `${query}\n${" ".repeat(column - 1)}^`) : null;
  return el("div.mistake", { role: "alert" }, `${detail}${hint ? `. ${hint}` : ""}`, where);
}
