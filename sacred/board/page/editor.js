// @ts-check
// Tags, notes, star and trash of the run that is open; a second editor is told.
import { Problem, get, runPath, send } from "./api.js";
import { button, el, fill, isReadOnly } from "./dom.js";
import { markdown } from "./markdown.js";
import { notify } from "./notices.js";

export class Editor {
  /** @param {(run: any) => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {any} */
    this.run = null;
  }

  /** @param {Record<string, any>} annotations what is to change */
  async edit(annotations) {
    const run = this.run;
    const path = runPath(run.store, run.key);
    try {
      const found = await send("PATCH", path, annotations, { "If-Match": run.etag });
      this.show(run, found);
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 412) this.conflict(run, annotations, error.details);
      else notify(error.message);
      return false;
    }
  }

  /** @param {any} run @param {{annotations: any, etag: string}} found */
  show(run, found) {
    if (this.run === run || (this.run.store === run.store && this.run.key === run.key)) {
      this.changed({ ...this.run, annotations: found.annotations, etag: found.etag });
    }
  }

  /**
   * Show both versions, and ask which one it shall be.
   * @param {any} run @param {Record<string, any>} mine @param {any} details
   */
  conflict(run, mine, details) {
    const theirs = details.current;
    const rows = Object.keys(mine).map((name) => el("tr", {}, el("td.dim", {}, name), el("td.notes", {}, text(theirs[name])), el("td.notes", {}, text(mine[name]))));
    const close = () => dialog.remove();
    const dialog = /** @type {HTMLDialogElement} */ (el("dialog", { "aria-label": "Somebody else has changed this run", onclose: close },
      el("h2", {}, "Somebody else has changed this run"),
      el("table.data", {}, el("tr", {}, el("th"), el("th", {}, "Now"), el("th", {}, "Yours")), ...rows),
      el("div.bar", {}, el("span.grow"),
        button("Keep theirs", () => { dialog.close(); this.show(run, { annotations: theirs, etag: details.etag }); }, { text: true }),
        button("Use mine", () => { dialog.close(); this.show(run, { annotations: theirs, etag: details.etag }); this.edit(mine); }, { text: true, main: true }))));
    document.body.append(dialog);
    dialog.showModal();
  }

  /** @returns {HTMLElement[]} */
  tools() {
    const { starred } = this.run.annotations;
    const star = button(starred ? "Remove the star (s)" : "Star (s)", () => this.toggleStar(), { icon: "star", plain: true, pressed: starred });
    if (starred) star.querySelector("path")?.setAttribute("fill", "currentColor");
    return this.run.in_trash ? [star] : [star, button("Move to the trash", () => this.discard(), { icon: "trash", plain: true })];
  }

  /** @returns {HTMLElement[]} */
  restoreTool() {
    return isReadOnly() ? [] : [button("Restore", () => this.move("restore", this.run), { text: true })];
  }

  toggleStar() {
    return this.edit({ starred: !this.run.annotations.starred });
  }

  async discard() {
    const run = this.run;
    if (await this.move("trash", run)) {
      notify(`Run ${run.id} is in the trash`, { label: "Undo", act: () => this.move("restore", run) });
    }
  }

  /** @param {"trash" | "restore"} where @param {any} run */
  async move(where, run) {
    try {
      await send("POST", where, { runs: [{ store: run.store, key: run.key }] });
    } catch (error) {
      if (error instanceof Problem) notify(error.message);
      return false;
    }
    document.dispatchEvent(new CustomEvent("runs-moved"));
    const now = await get(runPath(run.store, run.key));
    if (this.run && this.run.key === run.key && this.run.store === run.store) this.changed(now);
    return true;
  }

  /** The tags, each of which can be removed, and a field for more. */
  tags() {
    const root = el("div.tags");
    const { tags } = this.run.annotations;
    const isFixed = isReadOnly() || this.run.in_trash;
    const shown = tags.map((/** @type {string} */ tag) => el("span.tag", {}, tag, isFixed ? null
      : el("button", { type: "button", title: `Remove the tag ${tag}`, onclick: () => this.edit({ tags: tags.filter((/** @type {string} */ one) => one !== tag) }) }, "×")));
    const input = /** @type {HTMLInputElement} */ (el("input", { placeholder: "add a tag", "aria-label": "Add a tag" }));
    input.addEventListener("keydown", (event) => {
      const tag = input.value.trim();
      if (event.key === "Enter" && tag) {
        input.value = "";
        input.blur(); // what has the focus is not drawn anew
        this.edit({ tags: [...tags, tag] });
      }
      if (event.key === "Escape") { event.stopPropagation(); input.value = ""; input.blur(); }
    });
    fill(root, ...shown, isFixed ? (tags.length ? null : el("span.dim", {}, "none")) : input);
    return root;
  }

  /** The notes, which become a field when they are clicked. */
  notes() {
    const root = el("div");
    const isFixed = isReadOnly() || this.run.in_trash;
    const show = () => {
      const { notes } = this.run.annotations;
      fill(root, notes ? el("div.notes", {}, markdown(notes)) : null,
        isFixed ? (notes ? null : el("span.dim", {}, "none")) : button(notes ? "Edit the notes" : "Write notes", write, { text: true, plain: true }));
    };
    const write = () => {
      const area = /** @type {HTMLTextAreaElement} */ (el("textarea.input", { rows: 5, "aria-label": "Notes" }));
      area.value = this.run.annotations.notes ?? "";
      const save = () => { const notes = area.value; show(); this.edit({ notes }); };
      area.addEventListener("keydown", (event) => {
        if (event.key === "Escape") { event.stopPropagation(); show(); }
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
      });
      fill(root, area, el("div", {}, button("Save", save, { main: true }), " ", button("Cancel", show, {})));
      area.focus();
    };
    show();
    return root;
  }
}

/** @param {any} value */
function text(value) {
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
}
