// @ts-check
// How the page reaches the API. A static copy has `recorded/transport.js` in place of this module.

/** What a static copy says of itself; null: this is the board. @type {import("./recorded/transport.js").AboutCopy | null} */
export const copy = null;

/** @param {string} url of the API @param {RequestInit} options @returns {Promise<Response>} */
export function request(url, options) {
  return fetch(url, options);
}

/** Where a browser finds a file of the API or of the page. @param {string} url */
export function fileUrl(url) {
  return url;
}

/** The stream of events; null: nothing changes. @param {string} url @returns {EventSource | null} */
export function openEvents(url) {
  return new EventSource(url);
}
