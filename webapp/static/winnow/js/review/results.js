// What the server said about the entries: numbers that the next ones are based on, and what has to be shown otherwise.
import { refuseStep, reviveStep } from "./steps.js";
import { forgetDecision, noteDecision } from "./progress.js";
import { load, refreshItem } from "./loading.js";
import { afterUndo } from "./undoing.js";
import { itemById, state, withoutDecision } from "./state.js";
import { renderFacts } from "./rendering.js";
import { say } from "./saying.js";
import { showList } from "./listing.js";
import { tell } from "./telling.js";
import { unmark } from "./marks.js";

/** Steps that change the version: what the server says after them is what this reviewer has made. */
const CHANGES = new Set(["decide", "edit", "undo"]);
/** Steps after which the panels beside the text, or the text itself, show something else. */
const SHOWN = new Set(["edit", "flag", "resolve", "comment"]);

function takeOver(item, entry, result) {
  if (CHANGES.has(entry.kind) && result.version) item.version = result.version;
  if (result.seen_flag !== null && result.seen_flag !== undefined) item.seen_flag = result.seen_flag;
  if (result.status) item.status = result.status;
}

function done(item, entry, result) {
  for (const one of state.items) {
    if (one.conversation === entry.conversation) takeOver(one, entry, result);
  }
  if (entry.kind === "undo") afterUndo(entry);
  else if (item && SHOWN.has(entry.kind) && !item.decided) refreshItem(item.id);
  else if (item) renderFacts(item);
}

/** It was not taken: what showed for it is taken back. The reason is told by saved.js. */
function notDone(item, entry) {
  refuseStep(entry);
  if (entry.kind === "flag") unmark("entry", entry.id);
  if (entry.kind === "decide") forgetDecision(entry.group);
  if (!item) return;
  if (entry.kind === "decide" && item.group === entry.group) withoutDecision(item);
  if (entry.kind === "undo" && item.undoing === entry.id) undoFailed(item);
  renderFacts(item);
  if (["decide", "edit"].includes(entry.kind)) refreshItem(item.id);
}

function undoFailed(item) {
  const { step, ...was } = item.undone;
  item.undoing = null;
  if (!item.decided) Object.assign(item, was);
  if (was.group === step.group && was.decided) noteDecision(was.group, was.decided, 0);
  reviveStep(step);
}

document.addEventListener("outbox:result", ({ detail: { kept, result, elsewhere } }) => {
  const { entry } = kept;
  const item = entry.item ? itemById(entry.item) : undefined;
  if (result.state === "done") done(item, entry, result);
  else notDone(item, entry);
  // The line still says what the key did.
  if (result.state !== "done" && entry.kind !== "draft" && !elsewhere) say(`${kept.title || "The last step"}: not saved`, "warn");
  tell("result", { entry, result });
  showList();
  // Another tab of this reviewer has moved the numbers on; one that is hidden asks when it is looked at.
  load({ renew: Boolean(elsewhere) && !document.hidden });
});
