// The edit form: chords, running Python parts, and a word before what was typed is lost.
import { runPart, runReport } from "./running.js";

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

const typeOf = (part) => part?.querySelector("select")?.value;
const textOf = (part) => part.querySelector("textarea").value;

async function run(part, button) {
  const next = part.nextElementSibling;
  button.disabled = true;
  button.textContent = "Running …";
  const expected = typeOf(next) === "python_output" ? textOf(next) : null;
  const answer = await runPart(part.closest("form").dataset.run, textOf(part), expected);
  Object.assign(button, { disabled: false, textContent: "Run it" });
  part.querySelector(".run-report")?.remove();
  part.append(runReport(answer));
}

/** Each part that is Python gets a button that runs it. */
function offerRuns() {
  for (const part of editor.querySelectorAll(".edit-part")) {
    let button = part.querySelector(".part-run");
    if (!button) {
      button = document.createElement("button");
      Object.assign(button, { type: "button", className: "button quiet small part-run", textContent: "Run it" });
      button.addEventListener("click", () => run(part, button));
      part.querySelector(".toolbar .toolbar").prepend(button);
    }
    button.hidden = typeOf(part) !== "python";
  }
}

editor.addEventListener("change", offerRuns);
editor.addEventListener("htmx:afterSettle", offerRuns);
offerRuns();
