// @ts-check
// The pages beside the list of runs: queue, sweeps, launch; tabs lead to them, and keys.
import { Problem, get } from "../api.js";
import { button, el, fill, icon, isReadOnly } from "../dom.js";
import { onStoreChange } from "../live.js";
import { showEmpty } from "../notices.js";
import { onChange, state } from "../state.js";
import { go } from "./navigation.js";
import { LaunchView } from "./launch_view.js";
import { QueueView } from "./queue_view.js";
import { SweepView } from "./sweep_view.js";
import { SweepsView } from "./sweeps_view.js";

/** @typedef {{load: () => Promise<void>, close?: () => void}} View */

const WAIT_MS = 800;
// What others do in a queue need not change a record: beats of workers, runs that are held back.
const POLL_MS = 5000;
/** So many times as long as reading took, nothing is read again. */
const REST = 4;

/** @type {{id: string, label: string, key: string, icon: string, make: (root: HTMLElement) => View}[]} */
const PAGES = [
  { id: "queue", label: "Queue", key: "2", icon: "QUEUED", make: (root) => new QueueView(root) },
  { id: "sweeps", label: "Sweeps", key: "3", icon: "sweep", make: (root) => (state().sweep ? new SweepView(root, state().sweep) : new SweepsView(root)) },
];
const LAUNCH = { id: "launch", label: "Launch", key: "4", icon: "RUNNING", make: (/** @type {HTMLElement} */ root) => new LaunchView(root) };
/** Keys that mean the same on every page. */
const EVERYWHERE = ["?", "t", "Escape", "f", "[", "s", "1", "2", "3", "4"];

export class Operations {
  /** @param {HTMLElement} top where tabs are put @param {HTMLElement} root of the pages */
  constructor(top, root) {
    this.root = root;
    this.pages = PAGES;
    this.tabs = el("nav.pages", { "aria-label": "Pages" });
    top.append(this.tabs);
    /** @type {View | null} */
    this.view = null;
    this.shown = "";
    /** What is being read. @type {View | null} */
    this.loading = null;
    /** How long that took the last time, and when it ended, in milliseconds. */
    this.took = 0;
    this.loaded = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    onChange(() => this.update());
    onStoreChange(() => this.loadIn(WAIT_MS));
    // Whether anything can be changed is known when the stores have been counted.
    let wasFixed = isReadOnly();
    new MutationObserver(() => { if (wasFixed !== isReadOnly()) { wasFixed = isReadOnly(); void this.load(); } }).observe(document.body, { attributeFilter: ["class"] });
    setInterval(() => { if (this.view && !document.hidden && !this.isEdited() && performance.now() - this.loaded > REST * this.took) void this.load(); }, POLL_MS);
    this.update();
    void this.learn();
  }

  /** Find out whether runs can be launched here. */
  async learn() {
    const { allowed } = await get("launchable").catch(() => ({ allowed: false }));
    if (!allowed) return;
    this.pages = [...PAGES, LAUNCH];
    this.update();
  }

  /** Shortcuts that lead to the pages. */
  get shortcuts() {
    return [{ keys: ["1"], about: "The runs", act: () => go("") }, ...PAGES.map(({ id, label, key }) => ({ keys: [key], about: label, act: () => go(id) })),
      { keys: [LAUNCH.key], about: "Launch a run, with sacred board --allow-launch", act: () => { if (this.pages.includes(LAUNCH)) go(LAUNCH.id); } }];
  }

  update() {
    const { page, sweep } = state();
    const found = this.pages.find(({ id }) => id === page);
    document.body.classList.toggle("on-page", found !== undefined);
    this.root.hidden = !found;
    fill(this.tabs, tab("", "Runs", "1", "columns", !found), ...this.pages.map(({ id, label, key, icon: name }) => tab(id, label, key, name, id === page)));
    const wanted = found ? `${page} ${sweep}` : "";
    if (wanted === this.shown) return;
    this.shown = wanted;
    this.view?.close?.();
    this.view = null;
    fill(this.root);
    if (!found) return;
    this.view = found.make(this.root);
    void this.load();
  }

  /** @param {number} milliseconds */
  loadIn(milliseconds) {
    if (this.timer !== undefined) return; // changes come in bursts
    this.timer = window.setTimeout(() => { this.timer = undefined; if (this.view && !this.isEdited()) void this.load(); }, Math.max(milliseconds, REST * this.took));
  }

  /** Whether somebody types: what has the focus is not drawn anew. */
  isEdited() {
    return this.root.contains(document.activeElement) && /** @type {HTMLElement} */ (document.activeElement).matches("input, select, textarea");
  }

  async load() {
    const { view } = this;
    if (!view || this.loading === view) return;
    this.loading = view;
    const began = performance.now();
    try {
      await view.load();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (view === this.view) showEmpty(this.root, error.details.title, error.message, { label: "Try again", act: () => { this.shown = ""; this.update(); } });
    } finally {
      this.loaded = performance.now();
      this.took = this.loaded - began;
      if (this.loading === view) this.loading = null;
    }
  }
}

/** Shortcuts of the list do nothing where there is none. @param {import("../keys.js").Shortcut[]} shortcuts */
export function whereTheyMeanSomething(shortcuts) {
  return shortcuts.map((one) => (one.keys.some((key) => EVERYWHERE.includes(key)) ? one : { ...one, act: () => { if (!state().page) one.act(); } }));
}

/** @param {string} id @param {string} label @param {string} key @param {string} picture @param {boolean} isOn */
function tab(id, label, key, picture, isOn) {
  const element = button(`${label} (${key})`, () => go(id), { plain: true, text: false });
  fill(element, icon(picture), el("span", {}, label));
  element.removeAttribute("aria-label");
  if (isOn) element.setAttribute("aria-current", "page");
  return element;
}

