// @ts-check
// A closer look by a finger or by keys, as with the mouse.

const LEAST_PX = 8;
const DOUBLE_MS = 350;
/** Of the width: how far a key moves the cursor, and what is shown. */
const STEP = 0.02;
const PAN = 0.25;

/** @typedef {{show: (left: number, width: number) => void, zoom: (from: number, to: number) => void, reset: () => void, point: (left: number) => void}} Actions in pixels of the area */

/** A finger that moves sideways selects; two taps show all. Up and down still scrolls. @param {HTMLElement} over @param {Actions} actions */
export function listenToTouch(over, actions) {
  let first = -1;
  let lastTap = 0;
  const at = (/** @type {PointerEvent} */ event) => Math.max(0, Math.min(over.clientWidth, event.clientX - over.getBoundingClientRect().left));
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" || !event.isPrimary) return;
    first = at(event);
    actions.point(first);
  });
  over.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" || first < 0) return;
    actions.show(Math.min(first, at(event)), Math.abs(at(event) - first));
  });
  over.addEventListener("pointerup", (event) => {
    if (event.pointerType === "mouse" || first < 0) return;
    const [from, to] = [Math.min(first, at(event)), Math.max(first, at(event))];
    first = -1;
    actions.show(0, 0);
    if (to - from >= LEAST_PX) { actions.zoom(from, to); return; }
    if (event.timeStamp - lastTap < DOUBLE_MS) actions.reset();
    lastTap = event.timeStamp;
  });
  // The browser scrolls instead.
  over.addEventListener("pointercancel", () => { first = -1; actions.show(0, 0); });
}

/** Keys of a chart that has the focus. @param {KeyboardEvent} event @param {{width: number, cursor: number}} now cursor: its place; negative: none @param {Actions} actions */
export function pressKey(event, { width, cursor }, actions) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const middle = cursor >= 0 ? Math.max(width * 0.25, Math.min(width * 0.75, cursor)) : width / 2;
  const sign = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
  if (event.key === "+" || event.key === "=") actions.zoom(middle - width / 4, middle + width / 4);
  else if (event.key === "-") actions.zoom(-width / 2, 1.5 * width);
  else if (event.key === "0") actions.reset();
  else if (sign && event.shiftKey) actions.zoom(sign * PAN * width, (1 + sign * PAN) * width);
  else if (sign) actions.point(Math.max(0, Math.min(width, (cursor >= 0 ? cursor : width / 2) + sign * STEP * width)));
  else return;
  event.preventDefault();
  event.stopPropagation();
}
