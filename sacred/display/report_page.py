"""The page around the runs of a report: its style and its script."""

from __future__ import annotations

import base64
import hashlib

__all__ = ["SCRIPT", "SECURITY_POLICY", "STYLE"]

STYLE = """
:root { color-scheme: light dark; --line: #8884; --back: #fff; --ok: #00805d; --bad: #c44a00;
  --warn: #8a6d00; }
@media (prefers-color-scheme: dark) { :root { --back: #121212; --ok: #2fc79a; --bad: #ff8a4c;
  --warn: #d9b93b; } }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto;
  padding: 0 1rem; background: var(--back); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin-bottom: .3rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .2rem .7rem; text-align: left; border-bottom: 1px solid var(--line);
  white-space: nowrap; max-width: 22rem; overflow: hidden; text-overflow: ellipsis; }
table.runs td { max-width: 14rem; }
table.runs th { cursor: pointer; user-select: none; }
th[data-order]::after { content: " \\25B2"; } th[data-order="-1"]::after { content: " \\25BC"; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); font-size: 13px; }
summary { cursor: pointer; padding: .3rem 0; }
details { border-bottom: 1px solid var(--line); }
details > :not(summary) { margin-left: 1rem; }
a { color: inherit; }
img { max-width: 100%; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
svg { width: 100%; max-width: 60rem; }
svg text { font-size: 12px; fill: currentColor; opacity: .75; }
svg .noise { fill: currentColor; opacity: .4; }
svg line { stroke: var(--line); } svg polyline { fill: none; stroke-width: 1.6; }
.key { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr));
  gap: 0 1rem; font-size: 13px; max-height: 14rem; overflow-y: auto; }
.key span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; cursor: pointer; }
.key svg { width: 28px; height: 10px; vertical-align: middle; margin-right: .4rem; }
.key polyline { stroke-width: 2.5; }
.key .off { opacity: .35; }
.dim .curve, .dim .key span { opacity: .12; }
.dim .curve.on { opacity: 1; stroke-width: 3; } .dim .key span.on { opacity: 1; }
.hidden { display: none; }
#tip { position: fixed; pointer-events: none; padding: .2rem .5rem; font-size: 13px;
  background: var(--back); border: 1px solid var(--line); border-radius: 4px; display: none; }
.note { opacity: .7; }
.COMPLETED { color: var(--ok); } .FAILED, .DEAD { color: var(--bad); }
.INTERRUPTED, .TIMEOUT, .PRUNED, .CANCELLED { color: var(--warn); } .RUNNING { font-weight: 600; }
.QUEUED { opacity: .6; }
"""

SCRIPT = """
"use strict";
const all = (what, where = document) => [...where.querySelectorAll(what)];
for (const table of all("table.runs"))
  all("th", table).forEach((head, column) => head.addEventListener("click", () => {
    const order = head.dataset.order === "1" ? -1 : 1, body = table.tBodies[0];
    all("th", table).forEach(other => delete other.dataset.order);
    head.dataset.order = order;
    const value = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const compare = (a, b) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      const x = Number(a), y = Number(b);
      return order * (isNaN(x) || isNaN(y) ? a.localeCompare(b) : x - y);
    };
    [...body.rows].sort((a, b) => compare(value(a), value(b))).forEach(row => body.append(row));
  }));
const plots = document.querySelector("#metrics"), tip = document.querySelector("#tip");
function mark(run) {
  plots.classList.toggle("dim", run !== null);
  for (const one of all("[data-run]", plots)) one.classList.toggle("on", one.dataset.run === run);
}
function places(curve) {
  if (curve.tagName === "circle") return [[+curve.getAttribute("cx"), +curve.getAttribute("cy")]];
  return curve.getAttribute("points").split(" ").map(point => point.split(",").map(Number));
}
function nearest(svg, event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(
    svg.getScreenCTM().inverse());
  let best = null;
  for (const curve of all(".curve:not(.hidden)", svg))
    for (const [x, y] of places(curve)) {
      const distance = Math.hypot(x - at.x, y - at.y);
      if (distance < 40 && (!best || distance < best.distance)) best = { curve, x, y, distance };
    }
  return best;
}
function show(svg, event) {
  const found = nearest(svg, event);
  tip.style.display = found ? "block" : "none";
  mark(found && found.curve.dataset.run);
  if (!found) return;
  const [x0, x1, y0, y1] = svg.dataset.box.split(" ").map(Number);
  const [left, right, low, high] = svg.dataset.range.split(" ").map(Number);
  const step = left + (found.x - x0) / (x1 - x0) * (right - left);
  const value = high - (found.y - y0) / (y1 - y0) * (high - low);
  const at = "single" in svg.dataset ? "" : " at step " + Number(step.toPrecision(3));
  tip.textContent = found.curve.querySelector("title").textContent + ": "
    + Number(value.toPrecision(3)) + at;
  tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + "px";
  tip.style.top = event.clientY + 14 + "px";
}
for (const svg of all("#metrics .plots svg")) {
  svg.addEventListener("mousemove", event => show(svg, event));
  svg.addEventListener("mouseleave", () => { tip.style.display = "none"; mark(null); });
}
for (const key of all(".key span")) {
  key.addEventListener("mouseenter", () => mark(key.dataset.run));
  key.addEventListener("mouseleave", () => mark(null));
  key.addEventListener("click", () => {
    key.classList.toggle("off");
    for (const curve of all(".curve", plots))
      if (curve.dataset.run === key.dataset.run) curve.classList.toggle("hidden");
  });
}
function open() {
  const run = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (run && run.tagName === "DETAILS") run.open = true;
}
addEventListener("hashchange", open);
open();
"""

_DIGEST = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
#: What is stored can be anything: nothing of it may run in the page, and nothing be fetched.
SECURITY_POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{_DIGEST}'"
)
