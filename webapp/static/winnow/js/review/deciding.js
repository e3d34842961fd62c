// Decisions and flags: what a key does to the item on the screen.
import { currentItem, state } from "./state.js";
import { forgetDecision, noteDecision } from "./progress.js";
import { goOn, showAt } from "./swapping.js";
import { labelOf, mark } from "./marks.js";
import { addEntry } from "./entries.js";
import { renderFacts } from "./rendering.js";
import { say } from "./saying.js";
import { secondsLooked } from "./watching.js";
import { uuid } from "./ids.js";

export { goOn };

/** What "." does again. @type {{kind: "decide", status: string}|{kind: "flag", reason: string, reject: boolean}|null} */
let last = null;

/** Why nothing can be done with the item on the screen now; "" where something can. */
export function hindrance() {
  const item = currentItem();
  if (!item) return "Nothing is on the screen yet.";
  if (state.swapping) return "Too fast: the next one was not on the screen yet. Nothing was decided.";
  if (state.editing) return "You are editing: save with Ctrl+Enter, or leave with Esc first.";
  return "";
}

function refusal(item, status) {
  if (item.lost) return "Somebody else has this one now, or it was decided elsewhere. → goes on.";
  if (status === "approved" && !item.approvable) {
    return `It cannot be approved yet: ${item.issues.join(", ") || "it has a format issue"}. Edit it first.`;
  }
  return "";
}

/**
 * Decide about the item on the screen and go on.
 * @param {"approved"|"rejected"|"skipped"} status
 * @param {{note?: string, group?: string, command?: string, started?: number, stay?: boolean}} [options]
 *   group: with other steps of the same key; stay: do not go on
 * @returns {boolean} false: nothing was done, and the line at the bottom says why
 */
export function decide(status, { note = "", group = uuid(), command = status, started = performance.now(), stay = false } = {}) {
  const item = currentItem();
  const problem = hindrance() || refusal(item, status);
  if (problem) {
    say(problem, "warn");
    return false;
  }
  last = { kind: "decide", status };
  if (item.decided === status) {
    say(`${item.title} was ${status} already.`);
    goOn({ command, started });
    return true;
  }
  const seconds = secondsLooked();
  addEntry("decide", { status, note, seconds }, { item, group, words: status });
  // Deciding again stands in place of the decision before, which an undo brings back.
  if (item.group) forgetDecision(item.group);
  item.before = { decided: item.decided, group: item.group, status: item.status, before: item.before };
  Object.assign(item, { decided: status, group, status, readonly: false });
  renderFacts(item);
  noteDecision(group, status, seconds);
  say(`${item.title}: ${status}`);
  if (!stay) goOn({ command, started });
  return true;
}

/**
 * Flag the selected turn, or the whole conversation.
 * @param {string} reason its slug
 * @param {{reject?: boolean, note?: string, turn?: number|null, started?: number}} [options] reject: reject it too, and go on
 */
export function flag(reason, { reject = false, note = "", turn = state.turn, started = performance.now() } = {}) {
  const item = currentItem();
  const problem = hindrance() || (reject && refusal(item, "rejected")) || (item.lost && refusal(item, ""));
  if (problem) return say(problem, "warn");
  const group = uuid();
  const { entry } = addEntry("flag", { reason, turn, note }, { item, group, words: `flagged ${labelOf(reason)}` });
  mark(item, entry);
  if (reject) decide("rejected", { group, command: "flag_reject", started });
  else say(`Flagged ${turn === null ? "the conversation" : `turn ${turn + 1}`}: ${labelOf(reason)}`);
  last = { kind: "flag", reason, reject };
}

/** Do the last thing again, to the item that is on the screen now. */
export function repeat(started) {
  if (!last) return say("There is nothing to repeat yet.");
  if (last.kind === "decide") return decide(last.status, { command: "repeat", started });
  return flag(last.reason, { reject: last.reject, turn: null, started });
}

/** Move without deciding. */
export function forward(started) {
  const problem = state.swapping ? hindrance() : "";
  if (problem) return say(problem, "warn");
  if (state.at >= state.items.length) return say("This is the end.");
  showAt(state.at + 1, { command: "forward", started });
}
