// @ts-check
// Tables, groups and comparisons of a static copy: parts of what was recorded.
import { both, split } from "../status_query.js";
import { NotCopied } from "./problems.js";

/** @typedef {import("./transport.js").Copied} Copied */
/** @typedef {import("./transport.js").CopiedTable} CopiedTable */

/** A table of some stores has the first runs of these, one of all stores perhaps none of them. @param {Copied} data @param {string} q @param {string[]} stores */
function tableOf(data, q, stores) {
  const tables = data.tables.filter((table) => table.q === q);
  return tables.find((table) => String(table.stores) === String(stores)) ?? tables.find((table) => !table.stores.length) ?? tables[0];
}

/** The rows of a query, as places in a table. @param {Copied} data @param {string} q @param {string[]} stores @returns {{table: CopiedTable, places: number[]}} */
function rowsOf(data, q, stores) {
  const all = (/** @type {CopiedTable} */ table) => table.page.runs.map((/** @type {any} */ _, /** @type {number} */ n) => n);
  const exact = tableOf(data, q, stores);
  if (exact) return { table: exact, places: all(exact) };
  const [rest, statuses] = split(q);
  const table = statuses.length ? tableOf(data, rest, stores) : undefined;
  if (table) return { table, places: all(table).filter((/** @type {number} */ n) => statuses.includes(table.page.runs[n].status)) };
  // The runs of a group.
  for (const { q: whole, answer } of data.groups) {
    const group = answer.groups.find((/** @type {any} */ one) => one.where && both(whole, one.where) === q);
    const found = group && tableOf(data, whole, stores);
    if (found) return { table: found, places: all(found).filter((/** @type {number} */ n) => group.members.includes(`${found.page.runs[n].store}/${found.page.runs[n].key}`)) };
  }
  const known = data.tables.map((one) => one.q || "all runs").join("; ");
  throw new NotCopied(`This is a copy without a server. It has the runs of these queries, and their statuses: ${known}`);
}

/** @param {Copied} data @param {URLSearchParams} query */
function chosen(data, query) {
  const stores = query.getAll("store");
  const { table, places } = rowsOf(data, query.get("q") ?? "", stores);
  const isWanted = (/** @type {number} */ n) => !stores.length || stores.includes(table.page.runs[n].store);
  return { table, places: query.has("trash") ? [] : places.filter(isWanted) };
}

/** @param {Copied} data @param {URLSearchParams} query */
export function storesOf(data, query) {
  const { table, places } = chosen(data, query);
  const stores = data.stores.map((store) => {
    /** @type {Record<string, number>} */
    const statuses = {};
    const own = places.filter((n) => table.page.runs[n].store === store.key);
    for (const n of own) statuses[table.page.runs[n].status ?? "OTHER"] = (statuses[table.page.runs[n].status ?? "OTHER"] ?? 0) + 1;
    return { ...store, total: own.length, statuses, error: null, preparing: false };
  });
  return { stores, read_only: true };
}

/** @param {Copied} data @param {URLSearchParams} query */
export function page(data, query) {
  const { table, places } = chosen(data, query);
  const { columns, runs, data: values, usual } = table.page;
  const wanted = query.getAll("column");
  const shown = (wanted.length ? wanted : usual).map((/** @type {string} */ name) => columns.find((/** @type {any} */ one) => one.name === name || one.path === name || one.path === `config.${name}`) ?? { name, path: name, kind: "entry", missing: true });
  const missing = shown.filter((/** @type {any} */ column) => column.missing).map((/** @type {any} */ column) => column.name);
  const ordered = sorted(places, query.get("sort") ?? "", table);
  const [offset, limit] = [Number(query.get("offset") ?? 0), Number(query.get("limit") ?? 100)];
  const rows = ordered.slice(offset, offset + limit);
  const named = (/** @type {any} */ column, /** @type {number} */ n) => wanted[n] ?? column.name;
  return {
    snapshot: "copy", total: ordered.length, offset,
    columns: shown.map((/** @type {any} */ column, /** @type {number} */ n) => ({ name: named(column, n), path: column.path, kind: column.kind })),
    runs: rows.map((n) => runs[n]),
    data: Object.fromEntries(shown.map((/** @type {any} */ column, /** @type {number} */ n) => [named(column, n), rows.map((row) => values[column.name]?.[row] ?? null)])),
    problems: [...(missing.length ? [`This copy does not have ${missing.join(", ")}`] : []), ...table.page.problems], hints: [],
  };
}

/** @param {number[]} places @param {string} sort @param {CopiedTable} table */
function sorted(places, sort, table) {
  const { columns, data } = table.page;
  const keys = sort.split(",").filter(Boolean).map((key) => {
    const name = key.replace(/^[-+]/, "").trim();
    const column = columns.find((/** @type {any} */ one) => [one.name, one.path].includes(name) || one.path === `config.${name}`);
    if (!column) throw new NotCopied(`This copy does not have ${name}.`);
    return { values: data[column.name], sign: key.startsWith("-") ? -1 : 1 };
  });
  return [...places].sort((a, b) => {
    for (const { values, sign } of keys) {
      const order = compared(values[a], values[b], sign);
      if (order) return order;
    }
    return a - b;
  });
}

/** Numbers before texts, what is missing last. @param {any} left @param {any} right @param {number} sign */
function compared(left, right, sign) {
  if (left === right) return 0;
  if (left === null || right === null) return left === null ? 1 : -1;
  const [a, b] = typeof left === "number" && typeof right === "number" ? [left, right] : [JSON.stringify(left), JSON.stringify(right)];
  return (a < b ? -1 : a > b ? 1 : 0) * sign;
}

/** What is known of groups is found by their query, their fields and their stores. @template {{q: string, by: string[], stores: string[]}} T @param {T[]} known @param {URLSearchParams} query */
export function ofGroups(known, query) {
  const [q, by, stores] = [query.get("q") ?? "", query.getAll("by"), query.getAll("store")];
  return known.filter((one) => one.q === q && String(one.by) === String(by) && String(one.stores) === String(stores));
}

/** @param {Copied} data @param {URLSearchParams} query */
export function groupsFor(data, query) {
  const [found] = ofGroups(data.groups, query);
  const by = query.getAll("by");
  if (!found) throw new NotCopied(`This copy has no groups by ${by.join(", ")}; it has those of its views, and all that differs but seeds.`);
  return found;
}

/** @param {Copied} data @param {URLSearchParams} query */
export function groupsOf(data, query) {
  const { answer } = groupsFor(data, query);
  const wanted = query.getAll("value");
  const places = wanted.map((name) => answer.values.findIndex((/** @type {string} */ one) => one === name || one === `metrics.${name}`));
  const pick = (/** @type {any[]} */ all) => places.map((place) => all[place] ?? null);
  return { ...answer, values: wanted, groups: answer.groups.map((/** @type {any} */ group) => ({ ...group, numbers: pick(group.numbers) })) };
}

/** What differs between some of the runs, made of what differs between all of them. @param {Copied} data @param {URLSearchParams} query */
export function comparison(data, query) {
  const { runs, labels, parts } = data.comparison;
  const wanted = query.getAll("run");
  const places = wanted.map((key) => runs.findIndex((/** @type {any} */ run) => `${run.store}/${run.key}` === key)).filter((place) => place >= 0);
  const take = (/** @type {any[]} */ all) => places.map((place) => all[place]);
  const differs = (/** @type {any} */ entry) => new Set(take(entry.values).map((value) => JSON.stringify(value))).size > 1;
  const some = (/** @type {any[]} */ entries) => entries.filter(differs).map((entry) => ({ ...entry, values: take(entry.values), ...(entry.origins ? { origins: take(entry.origins) } : {}) }));
  /** @type {Map<string, number>} */
  const metrics = new Map();
  for (const { store, key } of take(runs)) for (const name of data.runs[`${store}/${key}`].run.metrics) metrics.set(name, (metrics.get(name) ?? 0) + 1);
  return {
    runs: take(runs), labels: some(labels), metrics: [...metrics].map(([name, count]) => ({ name, runs: count })),
    parts: Object.fromEntries(query.getAll("part").map((part) => [part, some(parts[part] ?? [])])),
    problems: wanted.length > places.length ? [`This copy does not have ${wanted.length - places.length} of these runs.`] : [],
  };
}
