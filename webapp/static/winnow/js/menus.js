// Menus (<details class="menu">): one open at a time; Escape and a click elsewhere close them.
function openMenus() {
  return document.querySelectorAll("details.menu[open]");
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  }
});

document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// At a phone's width the navigation folds into one button.
const toggle = document.getElementById("frame-toggle");
const fold = document.getElementById("frame-fold");
toggle?.addEventListener("click", () => {
  const open = fold.toggleAttribute("data-open");
  toggle.setAttribute("aria-expanded", String(open));
});
