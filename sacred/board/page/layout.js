// @ts-check
// What stands beside the list: a run, several runs, or nothing; and how wide it is.
import { onChange, state } from "./state.js";

/** @param {string} id */
function place(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

function apply() {
  const { run, panel: chosen, alone, page } = state();
  const panel = page ? "" : chosen;
  place("splitter").hidden = !run && !panel;
  place("run").hidden = !run;
  place("across").hidden = !panel || run !== "";
  document.body.classList.toggle("run-only", alone !== "" && (run !== "" || panel !== ""));
}

/** @param {() => void} resized called when the width of the list is another */
export function startLayout(resized) {
  apply();
  onChange((now, before) => {
    apply();
    if (Boolean(now.run || now.panel) !== Boolean(before.run || before.panel) || now.alone !== before.alone || now.page !== before.page) resized();
  });
  startSplitter(resized);
}

/** The width of what is beside the list, by mouse or arrow keys; it is kept. @param {() => void} resized */
function startSplitter(resized) {
  const handle = place("splitter");
  const set = (/** @type {number} */ share) => {
    const width = `${Math.max(24, Math.min(80, share))}%`;
    document.documentElement.style.setProperty("--run-width", width);
    handle.setAttribute("aria-valuenow", String(Math.round(parseFloat(width))));
    localStorage.setItem("sacred.run-width", width);
  };
  const kept = parseFloat(localStorage.getItem("sacred.run-width") ?? "");
  if (kept) set(kept);
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ moved) => set(100 - (100 * moved.clientX) / innerWidth);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", () => { handle.removeEventListener("pointermove", move); resized(); }, { once: true });
  });
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: 4, ArrowRight: -4 }[event.key];
    const shown = place(state().run ? "run" : "across");
    if (by) { event.stopPropagation(); set((100 * shown.offsetWidth) / innerWidth + by); }
  });
}
