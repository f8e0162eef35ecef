// @ts-check
// Numbers about pairs of columns.

/** Ranks from 1; equal values share the mean of theirs. @param {number[]} values */
export function ranks(values) {
  const order = values.map((value, n) => ({ value, n })).sort((a, b) => a.value - b.value);
  const found = new Array(values.length).fill(0);
  for (let first = 0; first < order.length;) {
    let last = first;
    while (last + 1 < order.length && order[last + 1].value === order[first].value) last += 1;
    for (let k = first; k <= last; k += 1) found[order[k].n] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return found;
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The line of least squares, and the share of variance that it explains. @param {number[]} x @param {number[]} y */
export function line(x, y) {
  const [mx, my] = [mean(x), mean(y)];
  const sxx = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const syy = y.reduce((sum, value) => sum + (value - my) ** 2, 0);
  const sxy = x.reduce((sum, value, n) => sum + (value - mx) * (y[n] - my), 0);
  if (x.length < 3 || !sxx || !syy) return null;
  return { slope: sxy / sxx, start: my - (mx * sxy) / sxx, r2: sxy ** 2 / (sxx * syy), r: sxy / Math.sqrt(sxx * syy) };
}

/** Spearman's rank correlation; null: there is none. @param {number[]} x @param {number[]} y */
export function rankCorrelation(x, y) {
  return line(ranks(x), ranks(y))?.r ?? null;
}

/** The share of the variance of ranks that lies between categories; null: there is one only. @param {string[]} categories @param {number[]} y */
export function sharedVariance(categories, y) {
  const ranked = ranks(y);
  const all = mean(ranked);
  const total = ranked.reduce((sum, value) => sum + (value - all) ** 2, 0);
  /** @type {Map<string, number[]>} */
  const parts = new Map();
  categories.forEach((category, n) => parts.set(category, [...(parts.get(category) ?? []), ranked[n]]));
  if (parts.size < 2 || !total || parts.size === y.length) return null;
  return [...parts.values()].reduce((sum, part) => sum + part.length * (mean(part) - all) ** 2, 0) / total;
}

/** A quantile between values, as numpy's default. @param {number[]} values ascending @param {number} share */
export function quantile(values, share) {
  const place = (values.length - 1) * share;
  const low = Math.floor(place);
  const next = values[Math.min(low + 1, values.length - 1)];
  return values[low] + (next - values[low]) * (place - low);
}

/** @typedef {{n: number, mean: number, q1: number, median: number, q3: number, low: number, high: number, least: number, largest: number}} Box low, high: the last values within 1.5 times the distance of the quartiles */

/** What a box shows. @param {number[]} values at least one @returns {Box} */
export function boxOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share));
  const reach = 1.5 * (q3 - q1);
  const inside = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
  return {
    n: sorted.length, mean: mean(sorted), q1, median, q3, low: Math.min(inside[0], q1), high: Math.max(inside[inside.length - 1], q3),
    least: sorted[0], largest: sorted[sorted.length - 1],
  };
}

/** @type {Record<string, (values: number[]) => number>} */
export const SUMMARIES = {
  mean, median: (values) => boxOf(values).median, min: (values) => Math.min(...values), max: (values) => Math.max(...values), runs: (values) => values.length,
};

/** The places of points that no other one beats: as good in both, and better in one. @param {{x: number, y: number}[]} points @param {boolean} lowerX lower is better @param {boolean} lowerY */
export function front(points, lowerX, lowerY) {
  const cost = points.map(({ x, y }, n) => ({ n, x: lowerX ? x : -x, y: lowerY ? y : -y }));
  cost.sort((a, b) => a.x - b.x || a.y - b.y);
  const found = [];
  let best = Infinity;
  for (let first = 0; first < cost.length;) {
    let last = first;
    while (last + 1 < cost.length && cost[last + 1].x === cost[first].x) last += 1;
    // Of those with the same x, the least y; equal points beat each other not.
    if (cost[first].y < best) {
      best = cost[first].y;
      for (let k = first; k <= last && cost[k].y === best; k += 1) found.push(cost[k].n);
    }
    first = last + 1;
  }
  return found;
}
