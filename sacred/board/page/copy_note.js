// @ts-check
// What a static copy is, and what it leaves out.
import { button, el } from "./dom.js";
import { fullTime, zone } from "./format.js";
import { togglePopup } from "./popup.js";

/** @param {import("./recorded/transport.js").AboutCopy} copy */
export function copyNote(copy) {
  const anchor = button(`Copy of ${copy.runs} runs`, () => togglePopup(anchor, "About this copy", () => el("div.menu.copied", {},
    el("div.heading", {}, `A copy without a server, made ${fullTime(copy.made)} ${zone()}`),
    el("p", {}, `It has ${copy.runs} runs, with what the views show of them. It leaves out:`),
    el("ul", {}, ...copy.left_out.map((text) => el("li", {}, text))))), { icon: "file", text: true });
  return anchor;
}
