// "/": find a text in the conversations on this screen. It stays marked in the next ones until it is cleared.
import { config, currentItem, elementOf } from "./state.js";
import { say, unsay } from "./saying.js";
import { showMoreTurns } from "./rendering.js";
import { unfold } from "./folding.js";

const form = document.getElementById("review-find");
const box = form.querySelector("input");
const count = form.querySelector("output");
/** @type {Range[]} */
let hits = [];
let at = -1;
/** What the line at the bottom says about a search in vain. */
let missed = "";
let searching = false;
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

const wordsNow = () => box.value.trim().toLowerCase();
const turnsOf = (item) => [...elementOf(item).querySelectorAll(".turn")];

/** The link to the turns that are not loaded yet. @returns {HTMLAnchorElement|null} */
const moreOf = (item) => elementOf(item).querySelector(".turns-more a");

/** Only what is loaded is searched. @returns {string} */
function reach(item) {
  return item && moreOf(item) ? ` in the ${turnsOf(item).length.toLocaleString("en-GB")} turns shown` : "";
}

function miss(text, level = "info") {
  missed = text;
  say(text, level);
}

/** Mark what is looked for in the item on the screen. */
export function markFound() {
  const words = wordsNow();
  const item = currentItem();
  const bodies = item && words ? [...elementOf(item).querySelectorAll(".turn-body")] : [];
  hits = bodies.flatMap((body) => rangesOf(body, words)).slice(0, MOST_HITS);
  at = -1;
  // Without touching the text itself, so that a selection or an editor in it is left alone.
  if (window.Highlight) {
    CSS.highlights.set("found", new Highlight(...hits));
    CSS.highlights.delete("found-here");
  }
  const more = !hits.length && reach(item) ? ": Enter loads and searches the rest" : "";
  count.textContent = words ? `${hits.length} found${reach(item)}${more}` : "";
}

/** Load further turns until one of them holds the words. @returns {Promise<boolean>} false: it was broken off */
async function searchRest(item, words) {
  const before = hits.length;
  const isAsked = () => item === currentItem() && words === wordsNow() && !form.hidden;
  for (let link = moreOf(item); link; link = moreOf(item)) {
    const seen = turnsOf(item).length;
    miss(`Not in the ${seen.toLocaleString("en-GB")} turns shown: searching the rest of ${item.turns.toLocaleString("en-GB")}.`);
    if (!(await showMoreTurns(link, { focus: false }))) {
      miss("More turns could not be loaded. Press Enter to try again.", "warn");
      return false;
    }
    if (!isAsked()) return false;
    const isIn = (turn) => turn.querySelector(".turn-body")?.textContent.toLowerCase().includes(words);
    if (!turnsOf(item).slice(seen).some(isIn)) continue;
    const place = at;
    markFound();
    at = place;
    if (hits.length > before) break;
  }
  return true;
}

async function find(step) {
  const item = currentItem();
  const words = wordsNow();
  if (searching || !item || !words) return;
  if (step > 0 && at === hits.length - 1 && hits.length < MOST_HITS && moreOf(item)) {
    searching = true;
    const isDone = await searchRest(item, words).finally(() => (searching = false));
    if (!isDone) return;
  }
  go(step);
}

/** To the place itself: its element may be a turn of many screens. @param {Range} range */
function scrollTo(range) {
  const middle = document.getElementById("review-middle");
  range.startContainer.parentElement.scrollIntoView({ block: "nearest" });
  const { top, height } = range.getBoundingClientRect();
  const frame = middle.getBoundingClientRect();
  middle.scrollTop += top + height / 2 - frame.top - frame.height / 2;
}

function go(step) {
  if (!hits.length) return miss(`“${box.value}” is not in this conversation.`);
  unsay(missed);
  at = (at + step + hits.length) % hits.length;
  const element = hits[at].startContainer.parentElement;
  unfold(element, wordsNow());
  scrollTo(hits[at]);
  if (window.Highlight) CSS.highlights.set("found-here", new Highlight(hits[at]));
  count.textContent = `${at + 1} of ${hits.length}${reach(currentItem())}`;
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
  find(1);
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.shiftKey) {
    event.preventDefault();
    find(-1);
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
document.addEventListener("review:shown", () => {
  unsay(missed);
  markFound();
});
// Quoted phrases and exclusions of the queue's search are left to the server; a plain text is marked here, too.
box.value = config.search;
