// The list of conversations: j and k go from row to row, x checks, and the bar at the bottom says how many are checked.
import { isTyping } from "./keys.js";

const boxes = () => [...document.querySelectorAll('input[name="ids"]')];
const titles = () => [...document.querySelectorAll("[data-row] .row-title")];

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

function move(step) {
  const all = titles();
  const row = document.activeElement.closest("[data-row]");
  const at = row ? all.findIndex((title) => row.contains(title)) : step > 0 ? -1 : all.length;
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus({ preventScroll: true });
  next?.closest("tr").scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    move(event.key === "j" ? 1 : -1);
  } else if (event.key === "x") {
    document.activeElement.closest("[data-row]")?.querySelector('input[name="ids"]')?.click();
  }
});

// A page that comes back from the history has its boxes as they were left.
for (const name of ["htmx:afterSettle", "pageshow"]) window.addEventListener(name, updateBar);
updateBar();
