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
