// @ts-check
// In place of `operations/pages.js` in a static copy: what a queue and sweeps show needs a server.

export class Operations {
  constructor() {
    /** @type {import("../keys.js").Shortcut[]} */
    this.shortcuts = [];
  }
}

/** The list is all there is. @param {import("../keys.js").Shortcut[]} shortcuts */
export function whereTheyMeanSomething(shortcuts) {
  return shortcuts;
}
