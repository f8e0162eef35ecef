// @ts-check
// A form that queues a run of an experiment or a program that the project names.
import { Problem, get, send } from "../api.js";
import { choice } from "../charts/settings.js";
import { button, el, fill, icon } from "../dom.js";
import { notify } from "../notices.js";
import { change, state } from "../state.js";
import { entryField } from "./entry_field.js";
import { link } from "./navigation.js";

const NAMED = '[experiments.train]\nscript = "train.py"';

export class LaunchView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.body = el("div.pad");
    root.append(el("div.body", { tabindex: "-1" }, this.body));
    fill(this.body, el("span.dim", {}, "Reading what can be launched …"));
    /** What the form is of, so that it stays while somebody fills it in. */
    this.shown = "";
    this.store = "";
    this.done = el("div", { role: "status" });
  }

  async load() {
    const { launchable, stores, error } = await get("launchable");
    const wanted = launchable.some((/** @type {any} */ one) => one.name === state().launch) ? state().launch : launchable[0]?.name ?? "";
    const now = JSON.stringify([launchable, stores, error, wanted]);
    if (now === this.shown) return;
    this.shown = now;
    const chosen = launchable.find((/** @type {any} */ one) => one.name === wanted);
    if (!chosen) {
      fill(this.body, el("h2", {}, "Launch"), error ? el("div.hint-line", {}, icon("warn"), error) : null,
        el("div.empty.small", {}, el("h2", {}, "The project names nothing to launch"), el("div", {}, "Write into .sacred.toml:"), el("pre", {}, NAMED)));
      return;
    }
    this.store = stores[0] ?? "";
    const form = el("div", {}, el("span.dim", {}, `Asking ${wanted} what can be set …`));
    const kinds = launchable.map((/** @type {any} */ one) => [one.name, one.name]);
    fill(this.done);
    fill(this.body, el("div.heading-row", {}, el("h2", {}, "Launch"), kinds.length > 1 ? choice("What is launched", kinds, wanted, (name) => { change({ launch: name }); void this.load(); }) : el("b", {}, wanted), el("span.dim", {}, [chosen.kind, chosen.help].filter(Boolean).join(" · "))),
      error ? el("div.hint-line", {}, icon("warn"), error) : null,
      stores.length ? null : el("div.hint-line", {}, icon("warn"), "None of these stores can be a queue."), this.done, form);
    await this.ask(wanted, form, stores, now);
  }

  /** @param {string} name @param {HTMLElement} place @param {string[]} stores @param {string} wanted */
  async ask(name, place, stores, wanted) {
    try {
      const { entries } = await send("POST", `launchable/${encodeURIComponent(name)}`, {});
      if (this.shown === wanted) this.draw(name, place, entries, stores);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (this.shown !== wanted) return;
      fill(place, el("div.hint-line", {}, icon("warn"), el("span", {}, `${name} does not say what can be set`)), el("pre.code.trace", {}, error.message),
        button("Ask again", () => { this.shown = ""; void this.load(); }, { text: true }));
    }
  }

  /** @param {string} name @param {HTMLElement} place @param {{path: string, schema: any}[]} entries @param {string[]} stores */
  draw(name, place, entries, stores) {
    const fields = entries.map(({ path, schema }) => entryField(path, schema));
    const problem = el("pre.code.trace", { hidden: true, role: "alert" });
    const submit = /** @type {HTMLButtonElement} */ (el("button.button.main", { type: "submit", disabled: !stores.length }, "Queue the run"));
    const into = stores.length > 1 ? el("label.entry", {}, el("span.name", {}, "store"), choice("Store of the run", stores.map((key) => [key, key]), this.store, (key) => { this.store = key; })) : null;
    const queue = async () => {
      problem.hidden = true;
      for (const field of fields) field.complain("");
      /** @type {Record<string, any>} */
      const values = {};
      for (const field of fields) {
        const found = field.read();
        if (found.problem) { field.complain(found.problem); field.input.focus(); return; }
        if (found.isSet) values[field.path] = found.value;
      }
      submit.disabled = true;
      try {
        this.tell(await send("POST", "runs", { name, store: this.store, entries: values }));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const field = fields.find(({ path }) => path === /** @type {any} */ (error.details).entry);
        if (field) { field.complain(error.message); field.input.focus(); } else { problem.textContent = error.message; problem.hidden = false; }
      } finally {
        submit.disabled = false;
      }
    };
    fill(place, el("form.launch", { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); void queue(); }, novalidate: true, "aria-label": `Entries of ${name}` },
      fields.length ? null : el("div.dim", {}, "Nothing can be set."), ...fields.map(({ element }) => element), into, problem,
      el("div.heading-row", {}, submit, el("span.dim", {}, "Entries that you leave alone have their defaults."))));
  }

  /** @param {{store: string, key: string, id: any}} run */
  tell(run) {
    const open = link(`Open run ${run.id}`, () => change({ run: `${run.store}/${run.key}`, item: "" }), `run ${run.id}`);
    fill(this.done, el("div.hint-line.good", {}, icon("QUEUED"), "Queued as ", open, el("span.dim", {}, `in ${run.store}; a worker of that store runs it`)));
    notify(`Queued as run ${run.id}`);
  }
}
