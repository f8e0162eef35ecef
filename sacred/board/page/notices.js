// @ts-check
// Short messages at the bottom, with something to do where there is.
import { button, el, fill } from "./dom.js";

const SHOWN_MS = 7000;

/**
 * Say something for some seconds.
 * @param {string} text
 * @param {{label: string, act: () => void}} [action]
 */
export function notify(text, action) {
  const place = /** @type {HTMLElement} */ (document.getElementById("notices"));
  const notice = el("div.notice", {}, el("span", {}, text));
  const remove = () => notice.remove();
  if (action) {
    notice.append(el("button", { type: "button", onclick: () => { remove(); action.act(); } }, action.label));
  }
  place.append(notice);
  setTimeout(remove, SHOWN_MS);
}

/**
 * What stands in the place of something that is not there.
 * @param {Element} place
 * @param {string} title
 * @param {string} text what to do
 * @param {{code?: string, label?: string, act?: () => void}} [more]
 */
export function showEmpty(place, title, text, more = {}) {
  fill(
    place,
    el("div.empty", {}, el("h2", {}, title), el("div", {}, text),
      more.code ? el("pre", {}, more.code) : null,
      more.label && more.act ? button(more.label, more.act) : null),
  );
}

/** Copy a text. @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    notify("Copied");
  } catch {
    // Without HTTPS, browsers let only their own commands copy.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    notify("Copied");
  }
}
