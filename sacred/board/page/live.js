// @ts-check
// What changes in the stores: one stream of events, closed while nobody looks.
import { openEvents } from "./transport.js";

/** @typedef {{store: string, new: string[], changed: string[], error: string | null}} StoreChange */
/** @typedef {(change: StoreChange | null) => void} Listener null: anything may have changed */

/** @type {Set<Listener>} */
const listeners = new Set();
/** @type {EventSource | null} */
let stream = null;
let last = "";
let failures = 0;
const POLL_MS = 5000;
/** @type {number | undefined} */
let timer;

/** @param {StoreChange | null} change */
function tell(change) {
  for (const listen of listeners) listen(change);
}

/** Anything may have changed. */
export function changed() {
  tell(null);
}

function open() {
  if (stream || document.hidden) return;
  stream = openEvents(`api/v1/events${last ? `?after=${last}` : ""}`);
  if (!stream) return;
  stream.addEventListener("change", (event) => {
    last = event.lastEventId;
    failures = 0;
    tell(JSON.parse(event.data));
  });
  for (const kind of ["hello", "reset"]) {
    stream.addEventListener(kind, (event) => {
      last = /** @type {MessageEvent} */ (event).lastEventId;
      failures = 0;
      if (kind === "reset") changed();
    });
  }
  stream.onerror = () => {
    failures += 1;
    // Proxies that let no streams through: ask now and then instead.
    if (failures > 3 || stream?.readyState === EventSource.CLOSED) {
      close();
      timer = window.setTimeout(() => { changed(); open(); }, POLL_MS);
    }
  };
}

function close() {
  stream?.close();
  stream = null;
  clearTimeout(timer);
}

/** @param {Listener} listen */
export function onStoreChange(listen) {
  listeners.add(listen);
  open();
}

document.addEventListener("visibilitychange", () => {
  // Browsers allow six connections to a server: hidden tabs take none.
  if (document.hidden) close();
  else open();
});
