// @ts-check
// What is done with all runs that are selected: tags, star, group, trash.
import { Problem, get, runPath, send } from "./api.js";
import { button, el, fill, isReadOnly } from "./dom.js";
import { notify } from "./notices.js";
import { togglePopup } from "./popup.js";
import { change, onChange, state } from "./state.js";

const AT_ONCE = 4;
const TRIES = 3;

/** @typedef {(annotations: any) => Record<string, any>} Edit what is to change, from what is there */

/** @param {HTMLElement} root */
export function selectionBar(root) {
  const draw = () => {
    const { picked, trash } = state();
    root.hidden = picked.length === 0;
    if (root.hidden) { fill(root); return; }
    const isFixed = isReadOnly();
    const tag = button("Tags", () => togglePopup(tag, "Tags of the selected runs", (close) => tagForm(close)), { text: true });
    const group = button("Group name", () => togglePopup(group, "Group of the selected runs", (close) => field("Group", (value) => { close(); void editAll(() => ({ group: value || null }), `Group of ${count(picked)}: ${value || "none"}`); })), { text: true });
    const edits = isFixed ? [] : trash
      ? [button("Restore", () => void move("restore"), { text: true })]
      : [tag, group,
        button("Star", () => void editAll(() => ({ starred: true }), `${count(picked)} starred`), { icon: "star", text: true }),
        button("No star", () => void editAll(() => ({ starred: false }), `${count(picked)} without a star`), { text: true }),
        button("Move to the trash", () => void move("trash"), { icon: "trash", text: true })];
    fill(root, el("b", {}, `${count(picked)} selected`), ...edits, button("Compare (d)", () => change({ panel: "compare", run: "" }), { icon: "diff", text: true }), el("span.grow"), button("Clear the selection", () => change({ picked: [] }), { icon: "close", plain: true }));
  };
  onChange((now, before) => { if (now.picked !== before.picked || now.trash !== before.trash) draw(); });
  draw();
  return draw;
}

/** @param {string[]} picked */
function count(picked) {
  return `${picked.length} run${picked.length > 1 ? "s" : ""}`;
}

/** @param {string} label @param {(value: string) => void} act */
function field(label, act) {
  const input = /** @type {HTMLInputElement} */ (el("input.input", { placeholder: label, "aria-label": label, maxlength: 200 }));
  return el("form.bar", { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); act(input.value.trim()); } }, input, el("button.button.main", { type: "submit" }, "Set"));
}

/** @param {() => void} close */
function tagForm(close) {
  const input = /** @type {HTMLInputElement} */ (el("input.input", { placeholder: "Tag", "aria-label": "Tag", maxlength: 200 }));
  const act = (/** @type {boolean} */ isAdded) => {
    const tag = input.value.trim();
    if (!tag) return;
    close();
    const edit = (/** @type {any} */ { tags }) => ({ tags: isAdded ? [...new Set([...tags, tag])] : tags.filter((/** @type {string} */ one) => one !== tag) });
    void editAll(edit, `Tag ${tag} ${isAdded ? "added to" : "removed from"} ${count(state().picked)}`);
  };
  return el("form.bar", { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); act(true); } }, input, el("button.button.main", { type: "submit" }, "Add"), button("Remove", () => act(false), { text: true }));
}

/** @param {string} key STORE/KEY */
function pathOf(key) {
  const [store, ...rest] = key.split("/");
  return runPath(store, rest.join("/"));
}

/** Change a run from what it is now; what others change meanwhile stays. @param {string} key @param {Edit} edit */
async function editOne(key, edit) {
  for (let n = 1; ; n += 1) {
    const run = await get(pathOf(key));
    try {
      const { annotations } = await send("PATCH", pathOf(key), edit(run.annotations), { "If-Match": run.etag });
      return { key, before: run.annotations, after: annotations };
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412 || n === TRIES) throw error;
    }
  }
}

/** @param {Edit} edit @param {string} done what is said then */
async function editAll(edit, done) {
  const keys = [...state().picked];
  /** @type {{key: string, before: any, after: any}[]} */
  const changed = [];
  /** @type {string[]} */
  const problems = [];
  const worker = async () => {
    for (let key = keys.shift(); key !== undefined; key = keys.shift()) {
      try {
        changed.push(await editOne(key, edit));
      } catch (error) {
        problems.push(`${key}: ${/** @type {Error} */ (error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  document.dispatchEvent(new CustomEvent("runs-moved"));
  const undo = () => void undoAll(changed);
  notify(problems.length ? `${problems.length} not changed: ${problems[0]}` : done, changed.length ? { label: "Undo", act: undo } : undefined);
}

/** What others have changed since then is not undone. @param {{key: string, before: any, after: any}[]} changed */
async function undoAll(changed) {
  for (const { key, before, after } of changed) {
    const names = Object.keys(before).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
    await editOne(key, (now) => Object.fromEntries(names.map((name) => [name, JSON.stringify(now[name]) === JSON.stringify(after[name]) ? before[name] : now[name]]))).catch((error) => notify(error.message));
  }
  document.dispatchEvent(new CustomEvent("runs-moved"));
}

/** @param {"trash" | "restore"} where @param {string[]} [keys] */
async function move(where, keys = state().picked) {
  const runs = keys.map((key) => ({ store: key.split("/")[0], key: key.split("/").slice(1).join("/") }));
  try {
    await send("POST", where, { runs });
  } catch (error) {
    if (error instanceof Problem) notify(error.message);
    return;
  }
  change({ picked: [] }, { replace: true });
  document.dispatchEvent(new CustomEvent("runs-moved"));
  if (where === "trash") notify(`${count(keys)} in the trash`, { label: "Undo", act: () => void move("restore", keys) });
}
