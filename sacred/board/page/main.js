// @ts-check
// Puts the parts of the page together.
import { Problem } from "./api.js";
import { columnMenu } from "./column_menu.js";
import { copyNote } from "./copy_note.js";
import { density, setDensity } from "./density.js";
import { button, el, fill, icon, isReadOnly } from "./dom.js";
import { facetMenu } from "./facets.js";
import { groupMenu } from "./group_menu.js";
import { GroupsTable } from "./groups_table.js";
import { showDigits, showUtc, shownDigits, showsUtc, zone } from "./format.js";
import { listenToKeys, showKeys } from "./keys.js";
import { startLayout } from "./layout.js";
import { onStoreChange } from "./live.js";
import { Operations, whereTheyMeanSomething } from "./operations/pages.js";
import { menuItem, togglePopup } from "./popup.js";
import { QueryBox } from "./query_box.js";
import { queryChips } from "./query_parts.js";
import { RunPanel } from "./run_panel.js";
import { RunsTable } from "./runs_table.js";
import { selectionBar } from "./selection_bar.js";
import { change, state } from "./state.js";
import { StatusBar } from "./status_bar.js";
import { copy, fileUrl } from "./transport.js";
import { exportMenu, viewMenu } from "./view_menu.js";
import { Workspace } from "./workspace.js";

/** @param {string} id */
function place(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

if (copy) document.body.classList.add("read-only");
const top = place("top");
top.append(el("h1", {}, el("a.brand", { href: location.pathname, title: "All runs", onclick: (/** @type {Event} */ event) => { event.preventDefault(); change({ q: "", sort: "", stores: [], trash: false, run: "", item: "", alone: "", off: [], picked: [], by: [], groups: [], panel: "", page: "", sweep: "" }); } }, el("img", { src: fileUrl("icon.svg"), alt: "" }), el("span", {}, "sacred board"))));
const operations = new Operations(top, place("operations"));
const query = new QueryBox(top);
/** @type {StatusBar | undefined} */
let bar;
const table = new RunsTable(place("runs"), (data) => {
  bar?.update(data.total, table.newRuns);
  workspace.setFirst(data.first());
});
const groups = new GroupsTable(place("runs"), () => table.data.columns, (found) => {
  workspace.setGroups(found);
  by.setAttribute("aria-pressed", String(found !== null));
});
const workspace = new Workspace(place("across"), (runs) => table.setLooks(runs?.runs ?? []));
bar = new StatusBar(place("status"), () => table.load());
const panel = new RunPanel(place("run"));

const charts = button("Charts", () => change({ panel: state().panel === "charts" && !state().run ? "" : "charts", run: "", item: "", alone: "" }), { icon: "chart", text: true });
const by = button("Group", () => togglePopup(by, "Group by", () => groupMenu(query.fields, query.learned ?? query.learn())), { icon: "group", text: true });
const columns = button("Columns", () => togglePopup(columns, "Columns", () => columnMenu(table.data.columns, query.fields, query.learned ?? query.learn())), { icon: "columns", text: true });
const facets = button("Facets (e)", () => openFacets(facets), { icon: "filter", plain: true });
query.field.append(facets);
queryChips(place("parts"));
const drawSelection = selectionBar(place("selection"));
const views = button("Views", () => togglePopup(views, "Views", (close) => viewMenu(close, isReadOnly())), { icon: "view", text: true });
const save = button("Export", () => togglePopup(save, "Export", (close) => exportMenu(close, table.data.columns)), { icon: "save", text: true });
const more = button("Settings", () => togglePopup(more, "Settings", settings), { icon: "moon", plain: true });
const help = button("Keys (?)", () => showKeys(shortcuts), { icon: "help", plain: true });
top.append(charts, by, columns, views, ...(copy ? [copyNote(copy)] : [save]), more, help);

/** @param {HTMLElement} anchor @param {string} [field] */
function openFacets(anchor, field = "") {
  togglePopup(anchor, "Facets", () => facetMenu(query.fields, query.learned ?? query.learn(), field));
}

/** @param {() => void} close */
function settings(close) {
  const now = document.documentElement.dataset.theme ?? "";
  const themes = [["", "As the system"], ["light", "Light"], ["dark", "Dark"]].map(([name, label]) => menuItem(label, () => { setTheme(name); close(); }, mark(now === name)));
  const zones = [[false, "Local time"], [true, "UTC"]].map(([utc, label]) => menuItem(String(label), () => { showUtc(Boolean(utc)); close(); table.load(); panel.load(); }, mark(showsUtc() === utc)));
  const again = () => { close(); void table.load(); void panel.load(); };
  const rows = ["compact", "comfortable"].map((name) => menuItem(name[0].toUpperCase() + name.slice(1), () => { setDensity(name); again(); }, mark(density() === name)));
  const digits = [3, 5, 8].map((count) => menuItem(`${count} digits`, () => { showDigits(count); again(); }, mark(shownDigits() === count)));
  const trash = menuItem(state().trash ? "Back from the trash" : "Show the trash", () => { change({ trash: !state().trash, run: "" }); close(); }, icon("trash"));
  return el("div.menu", {}, el("div.heading", {}, "Colours"), ...themes, el("hr"), el("div.heading", {}, `Times (now ${zone()})`), ...zones, el("hr"), el("div.heading", {}, "Rows"), ...rows, el("hr"), el("div.heading", {}, "Numbers"), ...digits, el("hr"), trash);
}

/** @param {boolean} isOn */
function mark(isOn) {
  const element = el("span", {}, isOn ? "●" : "○");
  return element;
}

/** @param {string} name */
function setTheme(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  localStorage.setItem("sacred.theme", name);
}

const shortcuts = [
  { keys: ["/"], about: "Write a query", act: () => query.input.focus() },
  { keys: ["ArrowDown", "j"], about: "Next run", act: () => void table.move(1) },
  { keys: ["ArrowUp", "k"], about: "Previous run", act: () => void table.move(-1) },
  { keys: ["Enter", "o"], about: "Open the run", act: () => void table.open(Math.max(0, table.cursor)) },
  { keys: ["Escape"], about: "Close the run, or the charts", act: () => change(state().run ? { run: "", item: "", alone: "" } : { panel: "", alone: "" }) },
  { keys: ["x"], about: "Select the run, for charts", act: () => table.pickCursor() },
  { keys: ["g"], about: "Charts of the selected runs", act: () => charts.click() },
  { keys: ["d"], about: "Compare the selected runs", act: () => change({ panel: state().panel === "compare" && !state().run ? "" : "compare", run: "", item: "", alone: "" }) },
  { keys: ["e"], about: "Values with their counts, to filter by", act: () => facets.click() },
  { keys: ["a"], about: "What all runs have reached: scatter, parallel coordinates, importance, history", act: () => change({ panel: state().panel === "across" && !state().run ? "" : "across", run: "", item: "", alone: "" }) },
  { keys: ["b"], about: "Group runs by fields", act: () => by.click() },
  { keys: ["f"], about: "The run or the charts alone, or beside the list", act: () => (state().run || state().panel) && change({ alone: state().alone ? "" : "run" }) },
  { keys: ["[", "]"], about: "Previous, next part of the run", act: () => undefined },
  { keys: ["s"], about: "Star the run that is open", act: () => panel.run && !isReadOnly() && void panel.editor.toggleStar() },
  { keys: ["c"], about: "Choose columns", act: () => columns.click() },
  { keys: ["v"], about: "Saved views", act: () => views.click() },
  ...operations.shortcuts,
  { keys: ["r"], about: "Read the runs again", act: () => void table.load() },
  { keys: ["t"], about: "Light or dark", act: () => setTheme(matchesDark() ? "light" : "dark") },
  { keys: ["?"], about: "These keys", act: () => showKeys(shortcuts) },
];
document.addEventListener("keydown", (event) => {
  const by = { "[": -1, "]": 1 }[event.key];
  const target = /** @type {HTMLElement} */ (event.target);
  if (by && panel.run && !target.matches("input, textarea, select")) panel.step(by);
});
listenToKeys(whereTheyMeanSomething(shortcuts));

function matchesDark() {
  return getComputedStyle(document.documentElement).colorScheme === "dark";
}

document.addEventListener("runs-moved", () => { void table.load(); void bar?.load(); });
document.addEventListener("column-filter", (event) => {
  const { anchor, name } = /** @type {CustomEvent} */ (event).detail;
  openFacets(anchor, name);
});
document.addEventListener("usual-columns", () => void table.load());
onStoreChange(() => undefined);
startLayout(() => void table.table.draw());
try {
  // The runs first: counting them may take longer than showing some.
  await table.load();
  if (state().by.length) void groups.load();
  await Promise.all([bar.load().then(drawSelection), query.learned ?? query.learn()]);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  fill(place("notices"), el("div.notice", {}, error.message));
}
