// @ts-check
// The condition on the status within a query.

const PART = /(?:^|\s+and\s+)status (?:= ([A-Z]+)|in \(([A-Z, ]+)\))$/;

/** The query without its condition on the status, and the statuses. @param {string} query @returns {[string, string[]]} */
export function split(query) {
  const found = query.match(PART);
  if (!found) return [query, []];
  const rest = query.slice(0, found.index).trim();
  const bare = rest.startsWith("(") && rest.endsWith(")") && balanced(rest.slice(1, -1)) ? rest.slice(1, -1) : rest;
  return [bare, (found[1] ?? found[2]).split(",").map((text) => text.trim())];
}

/** @param {string} text */
function balanced(text) {
  let depth = 0;
  for (const letter of text) {
    depth += letter === "(" ? 1 : letter === ")" ? -1 : 0;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** @param {string} rest @param {string[]} statuses */
export function join(rest, statuses) {
  if (!statuses.length) return rest;
  const part = statuses.length === 1 ? `status = ${statuses[0]}` : `status in (${statuses.join(", ")})`;
  return both(rest, part);
}

/** A query that asks for both; an empty one asks for nothing. @param {string} query @param {string} part */
export function both(query, part) {
  const whole = /\bor\b/i.test(query) ? `(${query})` : query;
  return [whole, part].filter(Boolean).join(" and ");
}
