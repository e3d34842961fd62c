// The list of conversations: j and k go from row to row (rows.js), x checks, and the bar at the bottom says how many.
import { isTyping } from "./keys.js";
import "./rows.js";

const boxes = () => [...document.querySelectorAll('input[name="ids"]')];

function updateBar() {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const all = document.getElementById("bulk-all").checked;
  const checked = boxes().filter((box) => box.checked).length;
  bar.classList.toggle("idle", !all && checked === 0);
  document.getElementById("bulk-count").textContent = all ? "" : checked ? `${checked} checked, or` : "Check conversations, or";
  for (const button of bar.querySelectorAll("button")) button.disabled = !all && checked === 0;
  for (const box of boxes()) {
    box.disabled = all;
    box.closest("tr").setAttribute("aria-selected", String(all || box.checked));
  }
  const page = document.getElementById("check-page");
  page.disabled = all;
  page.checked = checked > 0 && checked === boxes().length;
  page.indeterminate = checked > 0 && checked < boxes().length;
}

document.addEventListener("change", ({ target }) => {
  if (target.id === "check-page") for (const box of boxes()) box.checked = target.checked;
  if (target.id === "check-page" || target.id === "bulk-all" || target.name === "ids") updateBar();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "x") {
    document.activeElement.closest("[data-row]")?.querySelector('input[name="ids"]')?.click();
  }
});

// A page that comes back from the history has its boxes as they were left.
for (const name of ["htmx:afterSettle", "pageshow"]) window.addEventListener(name, updateBar);
updateBar();
