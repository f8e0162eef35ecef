// @ts-check
// Before anything is drawn: the theme that was chosen here, else that of the system; the height of rows.
"use strict";
try {
  const chosen = localStorage.getItem("sacred.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  if (localStorage.getItem("sacred.density") === "comfortable") document.documentElement.dataset.density = "comfortable";
} catch {
  // Without storage, the system's theme it is.
}
