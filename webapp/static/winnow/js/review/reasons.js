// "f": all reasons of flags, to be chosen by typing, by mouse or by finger, with a note.
import { config, currentItem, state } from "./state.js";
import { flag, hindrance } from "./deciding.js";
import { say } from "./saying.js";

const dialog = document.getElementById("reasons");
const filter = dialog.querySelector("[name=filter]");
const note = dialog.querySelector("[name=note]");
const reject = dialog.querySelector("[name=reject]");
const where = dialog.querySelector("[data-where]");
const list = dialog.querySelector("ul");
/** The item and the turn that it was opened for. */
let about = { item: null, turn: null };

const buttons = () => [...list.querySelectorAll("button")];
const shown = () => buttons().filter((button) => !button.parentElement.hidden);

function narrow() {
  const words = filter.value.trim().toLowerCase();
  for (const button of buttons()) button.parentElement.hidden = !button.textContent.toLowerCase().includes(words);
}

/** @param {number|null} turn */
export function openReasons(turn = state.turn) {
  const problem = hindrance();
  if (problem) return say(problem, "warn");
  about = { item: currentItem(), turn };
  where.textContent = turn === null ? "the whole conversation" : `turn ${turn + 1}`;
  filter.value = note.value = "";
  reject.checked = false;
  narrow();
  dialog.showModal();
  return filter.focus();
}

function choose(slug) {
  dialog.close();
  if (about.item !== currentItem()) return say("Another conversation came onto the screen. Nothing was flagged.", "warn");
  return flag(slug, { turn: about.turn, note: note.value.trim(), reject: reject.checked });
}

/** The nth reason has the key n. @param {number} digit from 1 */
export function flagByDigit(digit, options) {
  const reason = config.reasons[digit - 1];
  if (!reason) return say(`There is no reason number ${digit}. f shows all reasons.`, "warn");
  return flag(reason.slug, options);
}

filter.addEventListener("input", narrow);
list.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) choose(button.value);
});
dialog.addEventListener("keydown", (event) => {
  if (event.repeat && event.key === "Enter") return event.preventDefault();
  if (event.key === "Enter" && event.target.matches("input") && !event.isComposing) {
    event.preventDefault();
    const first = shown()[0];
    if (first) choose(first.value);
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return undefined;
  event.preventDefault();
  const all = shown();
  const at = all.indexOf(document.activeElement);
  return all[Math.max(0, Math.min(at + (event.key === "ArrowDown" ? 1 : -1), all.length - 1))]?.focus();
});
