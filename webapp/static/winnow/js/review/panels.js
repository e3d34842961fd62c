// The two panels beside the conversation: folded away or not, remembered; where there is no room they lie above it.
const screen = document.getElementById("review-screen");
const wide = matchMedia("(min-width: 1101px)");

const remembered = (name) => localStorage.getItem(`winnow-panel-${name}`) !== "closed";

function set(name, open) {
  screen.classList.toggle(`${name}-closed`, !open);
  for (const button of screen.querySelectorAll(`[data-panel-toggle="${name}"]`)) {
    button.setAttribute("aria-expanded", String(open));
  }
}

const isOpen = (name) => !screen.classList.contains(`${name}-closed`);

/** @param {"queue"|"side"} name */
export function togglePanel(name, open = !isOpen(name)) {
  if (wide.matches) localStorage.setItem(`winnow-panel-${name}`, open ? "open" : "closed");
  else if (open) set(name === "queue" ? "side" : "queue", false);
  set(name, open);
}

/** Close what lies above the conversation. @returns {boolean} whether anything did */
export function closeOverlays() {
  if (wide.matches) return false;
  const open = ["queue", "side"].filter(isOpen);
  for (const name of open) set(name, false);
  return open.length > 0;
}

function arrange() {
  for (const name of ["queue", "side"]) set(name, wide.matches && remembered(name));
}

wide.addEventListener("change", arrange);
screen.addEventListener("click", (event) => {
  const button = event.target.closest("[data-panel-toggle]");
  if (button) togglePanel(button.dataset.panelToggle);
});
arrange();
