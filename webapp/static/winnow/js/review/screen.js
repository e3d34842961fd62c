// The review screen: keys, buttons and fingers lead to the same commands.
import "./results.js";
import "./side.js";
import { back, undo } from "./undoing.js";
import { closeOverlays } from "./panels.js";
import { config, currentItem, elementOf, state, turnElement } from "./state.js";
import { decide, forward, hindrance, repeat } from "./deciding.js";
import { digitOf, Keymap } from "./keymap.js";
import { flagByDigit, openReasons } from "./reasons.js";
import { likelyTurn, moveTurn, selectTurn } from "./turns.js";
import { onArrival, startLoading } from "./loading.js";
import { passed, showAt } from "./swapping.js";
import { claimTab } from "./tab.js";
import { isTyping } from "../keys.js";
import { openFind } from "./finding.js";
import { refresh } from "./outbox.js";
import { say } from "./saying.js";
import { tell } from "./telling.js";

const screen = document.getElementById("review-screen");
const help = document.getElementById("review-help");
const keymap = new Keymap(config.keys);

/** Events for the parts that edit, comment and show answers. */
function ask(name, turn, detail = {}) {
  const item = currentItem();
  const problem = hindrance();
  if (problem) return say(problem, "warn");
  const element = (turn !== null && turnElement(item, turn)) || elementOf(item);
  return tell(name, { item, turn, element, ...detail });
}

function onTurn(name, detail = {}) {
  const turn = likelyTurn();
  if (state.turn === null && turn !== null && !hindrance()) selectTurn(turn);
  ask(name, turn, detail);
}

function leave() {
  const item = currentItem();
  if (closeOverlays() || !item || !tell("leave", { item })) return;
  if (state.turn !== null) selectTurn(null);
  elementOf(item).focus({ preventScroll: true });
}

function save(started) {
  const item = currentItem();
  if (!item || !tell("save", { item })) return;
  if (!isTyping(document.activeElement)) decide("approved", { command: "save", started });
}

/** @type {Record<string, (started: number) => void>} */
const commands = {
  approve: (started) => decide("approved", { command: "approve", started }),
  reject: (started) => decide("rejected", { command: "reject", started }),
  skip: (started) => decide("skipped", { command: "skip", started }),
  reasons: () => openReasons(),
  repeat,
  undo,
  back,
  forward,
  turn_down: () => moveTurn(1),
  turn_up: () => moveTurn(-1),
  edit: () => onTurn("edit-turn"),
  leave,
  save,
  insert_after: () => onTurn("insert", { where: "after" }),
  insert_before: () => onTurn("insert", { where: "before" }),
  delete_turn: () => onTurn("delete-turn"),
  answers: () => ask("model-answers", state.turn),
  adopt: () => ask("adopt", state.turn),
  diff: () => ask("diff", state.turn),
  comment: () => ask("comment", state.turn),
  search: openFind,
  help: () => help.showModal(),
  passed: () => showAt(state.items.indexOf(passed()[0])),
};
/** Commands that a key held down may repeat; no decision is among them. */
const REPEATABLE = new Set(["turn_down", "turn_up"]);
/** Commands that act inside a text box, too. */
const CHORDS = new Set(["save", "leave"]);

function onDigit(event, digit) {
  if (event.repeat) return;
  flagByDigit(digit, { reject: event.shiftKey, started: event.timeStamp });
}

/** A button or a link keeps its own Enter. */
const ownsEnter = (event) => event.key === "Enter" && !event.ctrlKey && event.target.closest("button, a, summary, [role=button]");

function onKey(event) {
  // A dialog and the search line have their own.
  if (event.defaultPrevented || document.querySelector("dialog[open]") || event.target.closest("#review-find")) return;
  const typing = isTyping(event.target);
  const inFrame = event.target.closest(".frame-head");
  const digit = typing || inFrame ? 0 : digitOf(event);
  if (digit) {
    event.preventDefault();
    return onDigit(event, digit);
  }
  if (ownsEnter(event)) return event.repeat && event.preventDefault();
  const { command, waits } = event.key === "Enter" && !event.ctrlKey && !event.shiftKey ? { command: "edit" } : keymap.find(event);
  if (waits) return typing || inFrame ? undefined : event.preventDefault();
  if (!command || ((typing || inFrame) && !CHORDS.has(command))) return undefined;
  event.preventDefault();
  // The frame has a "/" of its own.
  event.stopImmediatePropagation();
  if (event.repeat && !REPEATABLE.has(command)) return undefined;
  return commands[command]?.(event.timeStamp);
}

/** The second click of a double click would decide what nobody has read. */
function onClick(event) {
  const button = event.target.closest("[data-command], [data-digit]");
  if (!button || button.matches(":disabled")) return;
  if (event.detail > 1 && button.matches("[data-decides]")) {
    say("A second click came too soon after the first. Nothing was decided by it.", "warn");
    return;
  }
  button.closest("details.menu")?.removeAttribute("open");
  const digit = Number(button.dataset.digit || 0);
  if (digit) flagByDigit(digit, { reject: event.shiftKey, started: event.timeStamp });
  else commands[button.dataset.command](event.timeStamp);
}

async function start() {
  window.addEventListener("keydown", onKey, { capture: true });
  screen.addEventListener("click", onClick);
  onArrival(showAt);
  showAt(0);
  await Promise.all([claimTab(), refresh()]);
  await startLoading();
  screen.dataset.ready = "yes";
}

start();
