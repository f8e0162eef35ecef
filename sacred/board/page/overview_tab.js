// @ts-check
// What one wants to know of a run first.
import { button, el, fill } from "./dom.js";
import { ago, asDate, duration, fullTime, number, plain, zone } from "./format.js";
import { copy } from "./notices.js";
import { tensorboardSection } from "./tensorboard.js";
import { valueTree } from "./value_tree.js";

/** @param {HTMLElement} root @param {any} first @param {import("./editor.js").Editor} editor */
export function overviewTab(root, first, editor) {
  const pad = el("div.pad");
  root.append(pad);
  let run = first;
  let logs = tensorboardSection(first);

  /** @param {any} now */
  function draw(now) {
    run = now;
    // Whoever writes notes is not disturbed.
    if (pad.querySelector("textarea, input:focus")) { drawTimes(); return; }
    const isOpen = new Set([...pad.querySelectorAll("details[open]")].map((one) => one.id));
    logs ??= tensorboardSection(run);
    fill(pad, cards(run), trace(run, isOpen), facts(run, editor), repeat(run), logs, ...machine(run));
  }

  function drawTimes() {
    const place = pad.querySelector(".cards");
    place?.replaceWith(cards(run));
  }

  draw(first);
  // The duration of a run under way grows.
  const timer = setInterval(() => { if (run.active) drawTimes(); }, 1000);
  return { update: draw, close: () => clearInterval(timer) };
}

/** @param {any} run */
function cards(run) {
  const start = run.start_time ?? run.queue_time;
  const seconds = run.active && run.start_time && run.status === "RUNNING" ? (Date.now() - asDate(run.start_time).getTime()) / 1000 : run.duration;
  const result = run.result === null ? null : card("result", el("div.result", { title: JSON.stringify(run.result) }, short(run.result)));
  return el("div.cards", {}, result,
    start ? card(run.start_time ? "started" : "queued", el("div", { title: `${fullTime(start)} ${zone()}` }, ago(start)), el("div.dim", {}, `${fullTime(start)} ${zone()}`)) : null,
    seconds === null ? null : card("duration", el("div", {}, duration(seconds))),
    run.active && run.heartbeat ? card("heartbeat", el("div", {}, ago(run.heartbeat))) : null);
}

/** @param {any} value */
function short(value) {
  const text = typeof value === "number" ? number(value) : plain(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

/** @param {string} label @param {...Node} content */
function card(label, ...content) {
  return el("div.card", {}, el("div.dim", {}, label), ...content);
}

/** @param {any} run @param {Set<string>} isOpen */
function trace(run, isOpen) {
  if (!run.fail_trace) return null;
  const all = run.fail_trace.trimEnd();
  const own = (run.user_trace ?? all).trimEnd();
  const more = own === all ? null : el("details", { id: "whole-trace", open: isOpen.has("whole-trace") }, el("summary", {}, "With the frames of the library"), el("pre.code.trace", {}, all));
  return el("section", {}, el("h3", {}, own.split("\n").at(-1) ?? "Traceback"), copyable(own, "pre.code.trace"), more);
}

/** @param {string} text @param {string} tag */
function copyable(text, tag) {
  return el("div.copyable", {}, el(tag, {}, text), button("Copy", () => copy(text), { text: true }));
}

/** @param {any} run @param {import("./editor.js").Editor} editor */
function facts(run, editor) {
  const { comment, group } = run.annotations;
  return list([
    ["tags", editor.tags()], ["notes", editor.notes()], ["comment", comment], ["group", group],
    ["experiment", run.name], ["command", run.command],
    ["finished", run.stop_time ? `${fullTime(run.stop_time)} ${zone()}` : null],
    ["store", run.store],
  ]);
}

/** @param {[string, Node | string | null | undefined][]} pairs */
function list(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl.facts", {}, ...shown.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, /** @type {Node | string} */ (value))]));
}

/** @param {any} run */
function repeat(run) {
  if (!run.repeat.length) return null;
  return el("section", {}, el("h3", {}, "Repeat this run"), copyable(run.repeat.join("\n"), "pre.code"));
}

/** @param {any} run @returns {(Node | null)[]} */
function machine(run) {
  const { host, experiment, info } = run;
  const repositories = (experiment?.repositories ?? []).map((/** @type {any} */ one) => `${one.commit ?? ""}${one.dirty ? " (with changes)" : ""} ${one.url ?? ""}`);
  const packages = experiment?.dependencies ?? [];
  return [
    Object.keys(info ?? {}).length ? el("section", {}, el("h3", {}, "Info"), valueTree(info, "info")) : null,
    list([["git", repositories.length ? el("div.mono", {}, ...repositories.map((/** @type {string} */ text) => el("div", {}, text))) : null],
      ["machine", [host?.hostname, Array.isArray(host?.os) ? host.os.join(" ") : host?.os, host?.cpu].filter(Boolean).join(" · ")],
      ["Python", host?.python_version],
      ["packages", packages.length ? el("div.mono", {}, packages.join("  ")) : null]]),
    host && Object.keys(host).length ? el("details", { id: "host" }, el("summary", {}, "All of the machine"), valueTree(host, "host")) : null,
  ];
}
