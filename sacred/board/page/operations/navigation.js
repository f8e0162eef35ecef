// @ts-check
// Ways from one page to another.
import { button, fill } from "../dom.js";
import { change, state } from "../state.js";

/** Open a page. @param {string} page @param {string} [sweep] STORE/NAME */
export function go(page, sweep = "") {
  change({ page, sweep, run: "", item: "", alone: "", panel: page ? "" : state().panel });
}

/** A button that looks like a link. @param {string} label what it does @param {() => void} act @param {...(Node | string)} content */
export function link(label, act, ...content) {
  const element = button(label, act, { plain: true });
  fill(element, ...content);
  element.classList.add("link");
  element.setAttribute("aria-label", label);
  return element;
}
