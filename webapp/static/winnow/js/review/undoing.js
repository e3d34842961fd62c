// "z" takes back the last step, any number of times, also those of before this page was opened; "←" goes back to what
// was shown or decided before.
import { currentItem, itemById, state, withoutDecision } from "./state.js";
import { decidedBefore, dropStep, isRefused, putBack, takeStep } from "./steps.js";
import { forgetDecision } from "./progress.js";
import { insert, load, readItem } from "./loading.js";
import { addEntry } from "./entries.js";
import { renderFacts } from "./rendering.js";
import { say } from "./saying.js";
import { showAt } from "./swapping.js";
import { unmark } from "./marks.js";

const dialog = document.getElementById("undo-bulk");
let busy = false;

/** @param {import("./steps.js").Step} step @returns {Promise<boolean>} */
function agreeTo(step) {
  dialog.querySelector("[data-what]").textContent = step.words;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "undo"), { once: true });
  });
}

/** Show the item of an undone step, at once where it is in the page. */
function showAgain(step, item, started) {
  if (!item) return;
  if (item.group === step.group) {
    withoutDecision(item);
  }
  renderFacts(item);
  if (item === currentItem()) return;
  showAt(state.items.indexOf(item), { command: "undo", started });
}

/** Undo the last step. @param {number} started when the key was pressed */
export async function undo(started) {
  if (busy || state.swapping) return say("One moment: the last step is still being taken back.", "warn");
  if (state.editing) return say("You are editing: leave with Esc first.", "warn");
  busy = true;
  try {
    const { step, problem } = await takeStep();
    if (!step) return say(problem || "There is nothing left to undo.", problem ? "warn" : "info");
    if (isRefused(step)) return await showRefused(step, started);
    if (step.job && !(await agreeTo(step))) return putBack(step);
    carryOut(step, started);
  } finally {
    busy = false;
  }
}

/** What was not saved cannot be undone, and nothing else is undone in its place: back to where it was made. */
async function showRefused(step, started) {
  const item = itemById(step.item) || (await bringBack(step.item));
  const title = item?.title || step.title;
  if (item && item !== currentItem()) showAt(state.items.indexOf(item), { command: "undo", started });
  say(`${[title, step.words].filter(Boolean).join(": ")} was not saved, so there is nothing to undo.`, "warn");
}

function carryOut(step, started) {
  const known = step.item ? itemById(step.item) : null;
  const target = known || { id: step.item, conversation: step.conversation, version: null, seen_flag: null, title: step.title };
  const { entry } = addEntry("undo", { target: step.group, seconds: null }, { item: target });
  dropStep(step.group);
  forgetDecision(step.group);
  unmark("group", step.group);
  say(`Undone: ${[known?.title || step.title, step.words].filter(Boolean).join(": ")}`);
  if (!known) {
    if (step.item && !step.job) wanted.set(entry.id, step);
    return;
  }
  known.undoing = entry.id;
  known.undone = { decided: known.decided, group: known.group, status: known.status, before: known.before, step };
  if (step.kind === "decide") showAgain(step, known, started);
  else if (known !== currentItem()) showAt(state.items.indexOf(known), { command: "undo", started });
}

/** Items that are not in the page and come back when the server has undone the step. @type {Map<string, object>} */
const wanted = new Map();

/** The server has undone a step: the item is ours again, and shows what the server has now. */
export async function afterUndo(entry) {
  const step = wanted.get(entry.id);
  wanted.delete(entry.id);
  const known = entry.item ? itemById(entry.item) : null;
  if (known?.undoing === entry.id) known.undoing = null;
  if (!entry.item || (!step && !known)) return;
  if (known?.decided) return;
  await load({ item: entry.item });
  const item = itemById(entry.item) || (step && (await bringBack(entry.item)));
  if (step && item && item !== currentItem()) showAt(state.items.indexOf(item), { command: "undo", started: performance.now() });
}

/** Read an item that this tab does not hold; it can be looked at. */
async function bringBack(id) {
  const item = await readItem(id);
  if (!item) return null;
  insert({ ...item, readonly: true }, state.at);
  return item && itemById(id);
}

/** "←": the one before, and at the beginning what was decided before this page was opened. */
export async function back(started) {
  if (state.swapping) return say("Too fast: the screen was still changing.", "warn");
  if (state.at > 0) return showAt(state.at - 1, { command: "back", started });
  if (busy) return undefined;
  busy = true;
  const here = state.items.map((item) => item.id);
  const step = (await decidedBefore()).find((before) => !here.includes(before.item));
  const item = step && (await readItem(step.item));
  busy = false;
  if (!item) return say("There is nothing before this one.");
  // Words of the server end with what was decided.
  const decided = ["approved", "rejected", "skipped"].find((word) => step.words.includes(word));
  insert({ ...item, readonly: true, decided: decided || item.status, group: step.group }, 0);
  return showAt(0, { command: "back", started });
}
