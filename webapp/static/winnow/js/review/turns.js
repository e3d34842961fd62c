// Which turn the keys act on. j and k go from turn to turn, a click chooses one.
import { currentItem, elementOf, state, turnElement } from "./state.js";
import { say } from "./saying.js";

/** "k" has gone from the first turn to the whole conversation: pressed again, it stays there. */
let above = false;
const tools = document.getElementById("turn-tools");

function turnsOf(item) {
  return [...(elementOf(item)?.querySelectorAll(".turn") || [])];
}

/** @returns {number|null} the selected turn, from 0; null: the whole conversation */
export function selectedTurn() {
  return state.turn;
}

/** The turn that is edited where none is selected: the last one of the assistant. @returns {number|null} */
export function likelyTurn() {
  const item = currentItem();
  if (!item) return null;
  if (state.turn !== null) return state.turn;
  const turns = turnsOf(item);
  const last = turns.findLast((turn) => turn.classList.contains("turn-assistant")) || turns.at(-1);
  return last ? Number(last.dataset.turn) : null;
}

/** @param {number|null} turn from 0; null selects the whole conversation @param {{focus?: boolean}} [options] */
export function selectTurn(turn, { focus = true } = {}) {
  const item = currentItem();
  for (const old of document.querySelectorAll(".turn.is-current")) old.classList.remove("is-current");
  tools.hidden = true;
  state.turn = null;
  above = false;
  const element = item && turn !== null ? turnElement(item, turn) : null;
  if (!element) return;
  state.turn = turn;
  element.classList.add("is-current");
  element.querySelector(".turn-head")?.append(tools);
  tools.hidden = false;
  if (!focus) return;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
}

/** The next (1) or the previous (-1) turn; before the first one lies the whole conversation. */
export function moveTurn(step) {
  const item = currentItem();
  if (!item) return;
  const all = turnsOf(item).map((turn) => Number(turn.dataset.turn));
  const at = state.turn === null ? -1 : all.indexOf(state.turn);
  const isFresh = state.turn === null && !above;
  const next = isFresh ? 0 : at + step;
  if (next >= all.length) {
    const more = elementOf(item).querySelector(".turns-more a");
    if (more) more.click();
    else say("This is the last turn.");
  } else if (next < 0) {
    selectTurn(null);
    above = true;
    elementOf(item).focus({ preventScroll: true });
    document.getElementById("review-middle").scrollTop = 0;
  } else {
    selectTurn(all[next]);
  }
}

/** Before an item is left: its tools must not stay behind in it. */
export function leaveTurn() {
  selectTurn(null);
  document.getElementById("review-tools-home").append(tools);
}

document.getElementById("review-items").addEventListener("click", (event) => {
  const turn = event.target.closest(".turn");
  if (!turn || event.target.closest("a, button, summary, input, textarea, select, [contenteditable]")) return;
  if (Number(turn.dataset.turn) !== state.turn) selectTurn(Number(turn.dataset.turn), { focus: false });
});
// Whoever comes with Tab into a turn means that turn.
document.getElementById("review-items").addEventListener("focusin", (event) => {
  const turn = event.target.closest(".turn");
  if (turn && Number(turn.dataset.turn) !== state.turn) selectTurn(Number(turn.dataset.turn), { focus: false });
});
