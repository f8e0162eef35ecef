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

/** What one tab says to the others of this browser. @typedef {{id: string, change: StoreChange | null}} Said */

/** Tabs of one browser share a stream: it is that of whoever holds the lock. Without locks, each has its own. */
const SHARED = `sacred-board ${location.pathname}`;
const channel = "BroadcastChannel" in window && navigator.locks ? new BroadcastChannel(SHARED) : null;
channel?.addEventListener("message", (event) => {
  const { id, change } = /** @type {Said} */ (event.data);
  last = id;
  tell(change);
});
/** Ends the wait for the lock, or gives it back. @type {AbortController | null} */
let turn = null;
/** @type {(() => void) | null} */
let release = null;

/** @param {string} id @param {StoreChange | null} change */
function say(id, change) {
  last = id;
  failures = 0;
  channel?.postMessage({ id, change });
  tell(change);
}

function open() {
  if (turn || document.hidden) return;
  const own = new AbortController();
  turn = own;
  if (!channel) { listenToServer(); return; }
  const asked = performance.now();
  navigator.locks.request(SHARED, { signal: own.signal }, () => {
    if (turn !== own) return undefined;
    listenToServer();
    // What came while the stream changed hands is asked for, if it is not known from where on.
    if (!last && performance.now() - asked > POLL_MS) changed();
    return new Promise((resolve) => { release = () => resolve(undefined); });
  }).catch(() => undefined); // nobody waits any more
}

function listenToServer() {
  if (stream) return;
  stream = openEvents(`api/v1/events${last ? `?after=${last}` : ""}`);
  if (!stream) return;
  stream.addEventListener("change", (event) => say(event.lastEventId, JSON.parse(event.data)));
  for (const kind of ["hello", "reset"]) {
    stream.addEventListener(kind, (event) => {
      const { lastEventId } = /** @type {MessageEvent} */ (event);
      if (kind === "reset") say(lastEventId, null);
      else { last = lastEventId; failures = 0; }
    });
  }
  stream.onerror = () => {
    failures += 1;
    // Proxies that let no streams through: ask now and then instead.
    if (failures > 3 || stream?.readyState === EventSource.CLOSED) {
      stream?.close();
      stream = null;
      timer = window.setTimeout(() => { say(last, null); listenToServer(); }, POLL_MS);
    }
  };
}

function close() {
  stream?.close();
  stream = null;
  clearTimeout(timer);
  release?.();
  release = null;
  turn?.abort();
  turn = null;
}

/** @param {Listener} listen */
export function onStoreChange(listen) {
  listeners.add(listen);
  open();
}

document.addEventListener("visibilitychange", () => {
  // Browsers allow six connections to a server: hidden tabs take none, and the others share one.
  if (document.hidden) close();
  else open();
});
