// @ts-check
// Where the lines of charts come from: runs, or groups of runs.
import { series } from "../api.js";

/** @typedef {import("./curves.js").Line} Line */
/** @typedef {{key: string, label: string, tone: number, dash: number}} Look */
/** @typedef {{x: string, buckets: number, from: number | null, to: number | null}} Wanted */
/** @typedef {{lines: Line[], error: string | null}} Found */
/** @typedef {{key: string, count: number, read: (names: string[], wanted: Wanted, signal: AbortSignal) => Promise<Map<string, Found>>}} Source key: another one has other lines */

const MOST_MEMBERS = 60;
const MEMBER_BUCKETS = 120;

/** @param {Look[]} runs by STORE/KEY @returns {Source} */
export function runSource(runs) {
  const keys = runs.map(({ key }) => key);
  return {
    key: JSON.stringify(runs), count: runs.length,
    read: async (names, wanted, signal) => sorted(names, await series({ run: keys, name: names, ...wanted }, signal), (curve) => {
      const run = runs.find(({ key }) => key === `${curve.store}/${curve.key}`);
      return run && { ...run, curve };
    }),
  };
}

/**
 * Means of groups with their bands, and the members behind them.
 * @param {(Look & {place: number, members: string[]})[]} groups
 * @param {Record<string, any>} request by, and the query
 * @param {import("./settings.js").ChartSettings} settings
 * @returns {Source}
 */
export function groupSource(groups, request, settings) {
  const each = Math.max(1, Math.floor(MOST_MEMBERS / Math.max(1, groups.length)));
  /** @type {Map<string, Look>} */
  const owners = new Map();
  if (settings.members) for (const group of groups) for (const member of group.members.slice(0, each)) owners.set(member, group);
  return {
    key: JSON.stringify([groups, request, settings.band, settings.members]), count: groups.length,
    read: async (names, wanted, signal) => {
      const [means, members] = await Promise.all([
        series({ ...request, group: groups.map(({ place }) => place), statistic: settings.band, name: names, ...wanted, buckets: Math.min(200, wanted.buckets) }, signal, "groups/series"),
        owners.size ? series({ run: [...owners.keys()], name: names, ...wanted, buckets: MEMBER_BUCKETS }, signal) : [],
      ]);
      const found = sorted(names, means, (curve) => {
        const group = groups.find(({ place }) => place === curve.group);
        return group && { ...lookOf(group), isMean: true, curve };
      });
      const faint = sorted(names, members, (curve) => {
        const group = owners.get(`${curve.store}/${curve.key}`);
        return group && { ...lookOf(group), faint: true, curve };
      });
      for (const name of names) found.get(name)?.lines.push(...(faint.get(name)?.lines ?? []));
      return found;
    },
  };
}

/** @param {Look} look @returns {Look} */
function lookOf({ key, label, tone, dash }) {
  return { key, label, tone, dash };
}

/** @param {string[]} names @param {import("../api.js").Curve[]} curves @param {(curve: import("../api.js").Curve) => Line | undefined} line */
function sorted(names, curves, line) {
  /** @type {Map<string, Found>} */
  const found = new Map(names.map((name) => [name, { lines: [], error: null }]));
  for (const curve of curves) {
    const one = found.get(curve.name);
    const made = line(curve);
    if (one && made && curve.buckets) one.lines.push(made);
    else if (one) one.error ??= curve.error;
  }
  return found;
}
