// @ts-check
// Menus below buttons, which a click elsewhere or Escape closes.
import { el } from "./dom.js";

/**
 * Show a menu below a button; a second click hides it.
 * @param {HTMLElement} anchor
 * @param {string} label
 * @param {(close: () => void) => HTMLElement} make
 */
export function togglePopup(anchor, label, make) {
  if (anchor.getAttribute("aria-expanded") === "true") {
    anchor.dispatchEvent(new Event("close-popup"));
    return;
  }
  const popup = el("div.popup", { role: "dialog", "aria-label": label });
  const close = () => {
    popup.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("keydown", escape, true);
    anchor.removeEventListener("close-popup", close);
  };
  /** @param {Event} event */
  const outside = (event) => {
    const target = /** @type {Node} */ (event.target);
    if (!popup.contains(target) && !anchor.contains(target)) close();
  };
  /** @param {KeyboardEvent} event */
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
    anchor.focus();
  };
  popup.append(make(close));
  document.body.append(popup);
  const box = anchor.getBoundingClientRect();
  popup.style.top = `${box.bottom + 4}px`;
  popup.style.left = `${Math.max(8, Math.min(box.left, innerWidth - popup.offsetWidth - 8))}px`;
  anchor.setAttribute("aria-expanded", "true");
  anchor.addEventListener("close-popup", close);
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("keydown", escape, true);
  /** @type {HTMLElement | null} */ (popup.querySelector("input, button"))?.focus();
}

/** @param {string} label @param {() => void} act @param {Node | null} [mark] */
export function menuItem(label, act, mark = null) {
  return el("button.item", { type: "button", onclick: act }, mark, el("span.grow", {}, label));
}
