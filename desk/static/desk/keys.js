// Keyboard shortcuts: a key clicks the element with that data-key, unless the focus is in a text field.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const element = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (element) {
    event.preventDefault();
    element.click();
  }
});
