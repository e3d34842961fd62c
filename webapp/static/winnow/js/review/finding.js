// "/": find a text in the conversations on this screen. It stays marked in the next ones until it is cleared.
import { config, currentItem, elementOf } from "./state.js";
import { say } from "./saying.js";
import { unfold } from "./folding.js";

const form = document.getElementById("review-find");
const box = form.querySelector("input");
const count = form.querySelector("output");
/** @type {Range[]} */
let hits = [];
let at = -1;
const MOST_HITS = 1000;

function rangesOf(root, words) {
  const found = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text && found.length < MOST_HITS; text = walker.nextNode()) {
    const lower = text.data.toLowerCase();
    for (let index = lower.indexOf(words); index >= 0; index = lower.indexOf(words, index + words.length)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, Math.min(index + words.length, text.length));
      found.push(range);
    }
  }
  return found;
}

/** Mark what is looked for in the item on the screen. */
export function markFound() {
  const words = box.value.trim().toLowerCase();
  const item = currentItem();
  const bodies = item && words ? [...elementOf(item).querySelectorAll(".turn-body")] : [];
  hits = bodies.flatMap((body) => rangesOf(body, words)).slice(0, MOST_HITS);
  at = -1;
  // Without touching the text itself, so that a selection or an editor in it is left alone.
  if (window.Highlight) {
    CSS.highlights.set("found", new Highlight(...hits));
    CSS.highlights.delete("found-here");
  }
  count.textContent = words ? `${hits.length} found` : "";
}

function go(step) {
  if (!hits.length) return say(`“${box.value}” is not in this conversation.`);
  at = (at + step + hits.length) % hits.length;
  const element = hits[at].startContainer.parentElement;
  unfold(element, box.value.trim().toLowerCase());
  element.scrollIntoView({ block: "center" });
  if (window.Highlight) CSS.highlights.set("found-here", new Highlight(hits[at]));
  count.textContent = `${at + 1} of ${hits.length}`;
}

export function openFind() {
  form.hidden = false;
  box.focus();
  box.select();
}

function closeFind() {
  form.hidden = true;
  const item = currentItem();
  if (item) elementOf(item).focus({ preventScroll: true });
}

box.addEventListener("input", markFound);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  go(1);
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.shiftKey) {
    event.preventDefault();
    go(-1);
  }
  if (event.key === "Escape") {
    event.stopPropagation();
    closeFind();
  }
});
form.querySelector("[data-close]").addEventListener("click", () => {
  box.value = "";
  markFound();
  closeFind();
});
document.addEventListener("review:shown", markFound);
// Quoted phrases and exclusions of the queue's search are left to the server; a plain text is marked here, too.
box.value = config.search;
