// Tables whose rows open something: j and k go from row to row, Enter opens.
import { isTyping } from "./keys.js";

const titles = () => [...document.querySelectorAll("[data-row] .row-title")];

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
  if (event.key !== "j" && event.key !== "k") return;
  event.preventDefault();
  move(event.key === "j" ? 1 : -1);
});
