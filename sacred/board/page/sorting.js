// @ts-check
// The order of the table, as it stands in the address: "-result,config.lr".

/** @param {string} sort @returns {{name: string, descending: boolean}[]} */
export function sortKeys(sort) {
  return sort.split(",").map((text) => text.trim()).filter(Boolean)
    .map((text) => ({ name: text.replace(/^[-+]/, ""), descending: text.startsWith("-") }));
}

/** Ascending, descending, not at all. @param {string} sort @param {string} name @param {boolean} add */
export function nextSort(sort, name, add) {
  const keys = sortKeys(sort);
  const known = keys.find((key) => key.name === name);
  const others = add ? keys.filter((key) => key !== known) : [];
  const next = !known ? [...others, { name, descending: true }] : known.descending ? [...others, { name, descending: false }] : others;
  return next.map((key) => `${key.descending ? "-" : ""}${key.name}`).join(",");
}
