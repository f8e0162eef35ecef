// @ts-check
// A colour for each run: the same whenever it is shown, and apart from those beside it.

/** Of the variables --tone-0 … in style/charts.css. */
const TONES = 10;
/** After so many colours, lines are dashed. */
export const DASHES = [[], [6, 3], [2, 2], [9, 3, 2, 3]];

/** @typedef {{tone: number, dash: number}} Look */

/** @type {Map<string, Look>} */
const known = new Map();

/** @param {string} text */
function hash(text) {
  let sum = 2166136261;
  for (const letter of text) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 16777619);
  return (sum ^ (sum >>> 15)) >>> 0;
}

/**
 * The looks of what is shown together: by the hash of each, or the next that is free.
 * @param {string[]} keys @returns {Map<string, Look>}
 */
export function looks(keys) {
  const shown = new Set(keys);
  /** @type {Set<number>} */
  const taken = new Set();
  const found = new Map();
  // Who had a colour keeps it.
  const ordered = [...keys.filter((key) => known.has(key)), ...keys.filter((key) => !known.has(key))];
  for (const key of new Set(ordered)) {
    const first = slot(key);
    let place = first;
    for (let n = 1; taken.has(place) && n < TONES * DASHES.length; n += 1) place = after(first, n);
    taken.add(place);
    const look = { tone: place % TONES, dash: Math.floor(place / TONES) % DASHES.length };
    known.set(key, look);
    found.set(key, look);
  }
  if (known.size > 2000) for (const key of known.keys()) if (!shown.has(key)) known.delete(key);
  return found;
}

/** @param {string} key */
function slot(key) {
  const look = known.get(key);
  return look ? look.dash * TONES + look.tone : hash(key) % TONES;
}

/** All other colours first, then those with the next dash. @param {number} place @param {number} n */
function after(place, n) {
  const dash = (Math.floor(place / TONES) + Math.floor(n / TONES)) % DASHES.length;
  return dash * TONES + ((place + n) % TONES);
}

/** The colour as it is now, in the theme of the page. @param {number} tone -1: the accent */
export function colour(tone) {
  const name = tone < 0 ? "--accent" : `--tone-${tone}`;
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
