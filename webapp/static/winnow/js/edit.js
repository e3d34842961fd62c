// The edit form: chords, and a word before what was typed is lost.
const editor = document.getElementById("editor");
// A form that comes back with moved turns, or because it was refused, holds what is saved nowhere.
let changed = Boolean(editor.querySelector("form[data-moved]:not([data-moved='']), [role=alert]"));

editor.addEventListener("input", () => {
  changed = true;
});
editor.addEventListener("submit", () => {
  changed = false;
});

// After a turn was moved, inserted or deleted the focus goes to where that happened.
editor.addEventListener("htmx:afterSettle", () => {
  changed = true;
  const moved = /^([a-z-]+?)-(\d+)(?:-(\d+))?$/.exec(editor.querySelector("form")?.dataset.moved || "");
  if (!moved) return;
  const turns = [...editor.querySelectorAll(".edit-turn")];
  const step = { up: -1, down: 1 }[moved[1]] || 0;
  const turn = turns[Math.min(Number(moved[2]) + step, turns.length - 1)];
  turn?.querySelector("textarea")?.focus();
});

window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    (editor.querySelector("[data-chord=ctrl-enter]") || editor.querySelector(".edit-bar .primary"))?.click();
  }
  if (event.key === "Escape") document.querySelector("[data-leave]")?.click();
});
