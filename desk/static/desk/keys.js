// Shortcuts of a single key, `j` and `k` here and django-unfold's `/`: off in text fields, and where the user has turned
// them off in the menu of their account (WCAG 2.1.4).
"use strict";

const SHORTCUTS = "desk-shortcuts";

function areOn() {
  return localStorage.getItem(SHORTCUTS) !== "off";
}

function showWhetherOn() {
  document.documentElement.classList.toggle("desk-no-shortcuts", !areOn());
  document.getElementById(SHORTCUTS)?.setAttribute("aria-checked", String(areOn()));
}

document.addEventListener("DOMContentLoaded", () => {
  showWhetherOn();
  document.getElementById(SHORTCUTS)?.addEventListener("click", () => {
    localStorage.setItem(SHORTCUTS, areOn() ? "off" : "on");
    showWhetherOn();
  });
});

// While capturing, before django-unfold's own listener on the window.
window.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length > 1 || event.key === " ") return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (!areOn()) {
    event.stopImmediatePropagation();
    return;
  }
  const element = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (element && !event.repeat) {
    event.preventDefault();
    element.click();
  }
}, true);
