// What django-unfold leaves to the mouse and the eye, for keyboards and screen readers: its clickable elements become
// buttons with a name, and the names of its icons are not read aloud.
"use strict";

const WAITING = "[data-waiting]";
const MAX_POLLS = 60;
const ICON = ".material-symbols-outlined";
const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, [role=button]";
// The name of each clickable element, and what it opens if that is not the page's own menu.
const CONTROLS = [
  ["#main [x-on\\:click^='sidebarMobileOpen']", "Menu", "#nav-sidebar"],
  ["#nav-sidebar [x-on\\:click^='sidebarMobileOpen']", "Close menu"],
  ["[x-on\\:click^='sidebarDesktopOpen']", "Show or hide the menu"],
  ["[x-on\\:click^='openUserLinks']", "Your account", "[x-show=openUserLinks]"],
  ["[x-on\\:click^='openTheme']", "Colours", "[x-show=openTheme]"],
  ["[x-on\\:click='filterOpen = true']", "Filters", "#changelist-filter"],
  ["[x-on\\:click*=showActions]", "More actions"],
  ["a[x-on\\:click*=heme]:not([href])", ""],
];
const NAMES = {
  "#searchbar-submit": "Search",
  "#command-submit": "Search",
  "#search-input-command": "Find tickets, contacts and pages",
};

function hideIcons(within) {
  for (const icon of within.querySelectorAll(`${ICON}:not([role])`)) icon.ariaHidden = "true";
}

// Tells whether the panel is open, and moves the focus into it and back.
function follow(control, panel) {
  let open = panel.checkVisibility();
  control.ariaExpanded = String(open);
  new ResizeObserver(() => {
    const wasOpen = open;
    open = panel.checkVisibility();
    control.ariaExpanded = String(open);
    if (open && !wasOpen && document.activeElement === control) panel.querySelector(FOCUSABLE)?.focus();
    if (wasOpen && !open && !document.activeElement?.checkVisibility()) control.focus();
    if (wasOpen && !open && document.activeElement === document.body) control.focus();
  }).observe(panel);
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !open || !control.checkVisibility()) return;
    event.preventDefault();
    control.click();
  });
}

function makeButton(control, name, opens) {
  if (control.matches(ICON)) {
    const icon = document.createElement("span");
    icon.ariaHidden = "true";
    icon.append(...control.childNodes);
    control.append(icon);
  }
  control.role = "button";
  control.tabIndex = 0;
  if (name) control.ariaLabel = name;
  const panel = opens && document.querySelector(opens);
  if (panel) follow(control, panel);
}

// Copies the text of the element that `data-copy` names; without HTTPS browsers allow no more than to select it.
async function copy({ currentTarget: button }) {
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = "Selected: press Ctrl+C";
  }
}

// Shows the page anew once what it waits for is there, with the focus on the element that `data-waiting` names.
async function waitForResult(polls) {
  const page = await fetch(location.href).then((response) => response.text(), () => "");
  const loaded = new DOMParser().parseFromString(page, "text/html");
  if (page && !loaded.querySelector(WAITING)) {
    history.replaceState(null, "", `#${document.querySelector(WAITING).dataset.waiting}`);
    location.reload();
  } else if (polls > 1) setTimeout(waitForResult, 1000, polls - 1);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const [selector, name, opens] of CONTROLS) {
    for (const control of document.querySelectorAll(selector)) makeButton(control, name, opens);
  }
  for (const [selector, name] of Object.entries(NAMES)) document.querySelector(selector)?.setAttribute("aria-label", name);
  hideIcons(document);
  for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", copy);
  if (document.querySelector(WAITING)) waitForResult(MAX_POLLS);
  document.body.addEventListener("htmx:afterSwap", (event) => hideIcons(event.target));
});

// The page is hidden until Alpine.js has begun, which is too late for `autofocus` and for the URL's fragment; and Django
// focuses the first field of an add form whenever its asynchronous script arrives.
window.addEventListener("load", () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const told = ".desk-message[tabindex], #content [aria-invalid=true]";
  requestAnimationFrame(() => (target || document.querySelector(told))?.focus());
});

document.addEventListener("keydown", (event) => {
  const control = event.target.closest?.("[role=button]:not(button)");
  if (control && event.target === control && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    control.click();
  }
});
