// @ts-check
// The run that the pointer is on: its line and its row are shown together.

/** @type {Set<(key: string) => void>} */
const listeners = new Set();
let current = "";

export function hovered() {
  return current;
}

/** @param {string} key STORE/KEY of a run, or a group; empty: none */
export function setHovered(key) {
  if (key === current) return;
  current = key;
  for (const listen of listeners) listen(key);
}

/** @param {(key: string) => void} listen @returns {() => void} ends it */
export function onHovered(listen) {
  listeners.add(listen);
  return () => listeners.delete(listen);
}
