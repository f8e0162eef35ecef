// @ts-check
// From buckets of points to shapes: what a canvas and an SVG file both draw.

/** @typedef {import("../api.js").Curve} Curve */
/** @typedef {import("./settings.js").ChartSettings} ChartSettings */
/** @typedef {{key: string, label: string, tone: number, dash: number, faint?: boolean, isMean?: boolean, curve: Curve}} Line isMean: `first` has the number of members */
/** @typedef {{x: number, kind: "nan" | "above" | "below"}} Mark */
/** @typedef {{line: Line, x: ArrayLike<number>, front: (number | null)[], raw: (number | null)[] | null, low: (number | null)[], high: (number | null)[], hasBand: boolean, marks: Mark[], hidden: number}} Shape */

/** @param {Line} line @param {ChartSettings} settings @returns {Shape} */
export function shapeOf(line, settings) {
  const { x, last, low, high } = line.curve;
  const isLog = settings.log.includes("y");
  const isLogX = settings.log.includes("x");
  let hidden = 0;
  const fits = (/** @type {number} */ value, /** @type {number} */ n) => (Number.isFinite(value) && !(isLog && value <= 0) && !(isLogX && x[n] <= 0) ? value : null);
  const values = Array.from(last, (value, n) => {
    const shown = fits(value, n);
    if (shown === null && Number.isFinite(value)) hidden += 1;
    return shown;
  });
  /** @type {Mark[]} */
  const marks = (line.curve.gaps ?? []).map((n) => ({ x: x[n], kind: "nan" }));
  for (let n = 0; n < high.length; n += 1) {
    if (high[n] === Infinity) marks.push({ x: x[n], kind: "above" });
    if (low[n] === -Infinity) marks.push({ x: x[n], kind: "below" });
  }
  const lows = Array.from(low, fits);
  const highs = Array.from(high, fits);
  const hasBand = !line.faint && lows.some((value, n) => value !== highs[n]);
  const smooth = line.faint ? 0 : settings.smooth;
  return { line, x, front: smooth ? smoothed(values, smooth) : values, raw: smooth ? values : null, low: lows, high: highs, hasBand, marks, hidden };
}

/** Exponential moving average, without the bias of its beginning. @param {(number | null)[]} values @param {number} weight */
export function smoothed(values, weight) {
  let sum = 0;
  let total = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = sum * weight + (1 - weight) * value;
    total = total * weight + (1 - weight);
    return sum / total;
  });
}

/**
 * What the axes show.
 * @param {Shape[]} shapes @param {ChartSettings} settings @param {[number, number] | null} zoom
 * @returns {{x: [number, number], y: [number, number]} | null} null: there is nothing to show
 */
export function rangeOf(shapes, settings, zoom) {
  /** @type {[number, number]} */
  let x = [Infinity, -Infinity];
  let y = x;
  /** @type {number[]} */
  const all = [];
  for (const shape of shapes) {
    const lists = settings.clip || !shape.hasBand ? [shape.front] : [shape.front, shape.low, shape.high];
    for (let n = 0; n < shape.x.length; n += 1) {
      for (const list of lists) {
        const value = list[n];
        if (value === null) continue;
        if (settings.clip) all.push(value);
        y = [Math.min(y[0], value), Math.max(y[1], value)];
      }
      if (!(settings.log.includes("x") && shape.x[n] <= 0)) x = [Math.min(x[0], shape.x[n]), Math.max(x[1], shape.x[n])];
    }
  }
  if (x[0] > x[1]) return null;
  if (y[0] > y[1]) y = [1, 1];
  if (settings.clip && all.length > 20) {
    all.sort((a, b) => a - b);
    y = [all[Math.floor(all.length * 0.02)], all[Math.ceil(all.length * 0.98) - 1]];
  }
  return { x: zoom ?? padded(x, settings.log.includes("x"), 0), y: padded(y, settings.log.includes("y"), 0.05) };
}

/** @param {[number, number]} range @param {boolean} isLog @param {number} share @returns {[number, number]} */
function padded([low, high], isLog, share) {
  if (isLog) return low === high ? [low / 2, high * 2] : [low * (low / high) ** share, high * (high / low) ** share];
  if (low === high) return [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  return [low - (high - low) * share, high + (high - low) * share];
}

/**
 * A line as the path of an SVG; gaps interrupt it.
 * @param {ArrayLike<number>} x @param {(number | null)[]} y
 * @param {(value: number) => number} toX @param {(value: number) => number} toY
 */
export function path(x, y, toX, toY) {
  const parts = [];
  let isOn = false;
  for (let n = 0; n < x.length; n += 1) {
    const value = y[n];
    if (value === null) { isOn = false; continue; }
    const alone = !isOn && (n + 1 === x.length || y[n + 1] === null);
    const left = round(toX(x[n]));
    const top = round(toY(value));
    // A point without neighbours is a small cross, so that it is seen.
    parts.push(alone ? `M${round(left - 3)} ${top}h6M${left} ${round(top - 3)}v6` : `${isOn ? "L" : "M"}${left} ${top}`);
    isOn = true;
  }
  return parts.join("");
}

/** The area between two lines. @param {Shape} shape @param {(value: number) => number} toX @param {(value: number) => number} toY */
export function bandPath({ x, low, high }, toX, toY) {
  const parts = [];
  let first = 0;
  for (let n = 0; n <= x.length; n += 1) {
    if (n < x.length && low[n] !== null && high[n] !== null) continue;
    if (n - first > 1) {
      const there = [];
      const back = [];
      for (let k = first; k < n; k += 1) {
        there.push(`${round(toX(x[k]))} ${round(toY(/** @type {number} */ (high[k])))}`);
        back.push(`${round(toX(x[k]))} ${round(toY(/** @type {number} */ (low[k])))}`);
      }
      parts.push(`M${there.join("L")}L${back.reverse().join("L")}Z`);
    }
    first = n + 1;
  }
  return parts.join("");
}

/** @param {number} value */
function round(value) {
  return Math.round(Math.max(-1e5, Math.min(1e5, value)) * 10) / 10;
}

/** The place of the value nearest to x; -1: there is none. @param {ArrayLike<number>} values ascending @param {number} x */
export function nearest(values, x) {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] < x) low = middle; else high = middle;
  }
  return high < 0 ? -1 : Math.abs(values[low] - x) <= Math.abs(values[high] - x) ? low : high;
}

/** A bracket around the end of a line: what seeds alone change. @param {Shape} shape @param {number} floor @param {number} right @param {(value: number) => number} toY */
export function noisePath({ front }, floor, right, toY) {
  const last = front.findLast((value) => value !== null);
  if (last === undefined || last === null) return "";
  const [low, high] = [toY(last - floor), toY(last + floor)].map((place) => (Number.isFinite(place) ? round(place) : null));
  if (low === null || high === null) return "";
  return `M${right - 7} ${high}h6V${low}h-6`;
}

/** What is no finite number: at the edge where it would be. @param {Mark} mark @param {number} x @param {number} height */
export function markPath({ kind }, x, height) {
  const left = Math.round(x * 10) / 10;
  if (kind === "above") return `M${left} 0l4 7h-8z`;
  if (kind === "below") return `M${left} ${height}l4 -7h-8z`;
  return `M${left} ${height - 4}l3 -3l1.5 1.5l-3 3l3 3l-1.5 1.5l-3 -3l-3 3l-1.5 -1.5l3 -3l-3 -3l1.5 -1.5z`;
}

/** Marks that do not cover each other: of those that lie close together, each kind once. @param {Mark[]} marks @param {(value: number) => number} toX */
export function spaced(marks, toX) {
  /** @type {Record<string, number>} */
  const last = {};
  return [...marks].sort((a, b) => a.x - b.x).filter(({ x, kind }) => {
    const isFar = !(kind in last) || toX(x) - last[kind] >= 12;
    if (isFar) last[kind] = toX(x);
    return isFar;
  });
}
