// Rewriting the text of an item: the draft, the box that is open, and saving. `editing.js` leads keys to it.
import { addEntry, ask, config, currentItem, decide, elementOf, goOn, noteDecision, renderFacts, replaceTurns, say, setEditing } from "./api.js";
import { issuesOf } from "./checking.js";
import { discardDraft, forgetLocally, keepLocally, localDraft, sendDraft } from "./drafts.js";
import { hideBar, showBar, showSince } from "./draft-bar.js";
import { paint, plainTurns, unpaint, Work } from "./work.js";
import { TurnEditor } from "./turn-editor.js";

const PAUSE = 300;
/** What is being rewritten, by item. @type {Map<number, Work>} */
export const works = new Map();
/** The box that is open. @type {{work: Work, turn: object, editor: TurnEditor}|null} */
let open = null;
let timer = 0;

/** Why the text of an item cannot be changed; "" where it can. */
function refusal(item) {
  if (item.lost) return "Somebody else has this one now. Its text cannot be changed here.";
  return item.editable ? "" : item.editable_why || "The text of this one cannot be changed here.";
}

/** The text of an item; a long one is fetched. @returns {Promise<object[]|null>} */
export async function messagesOf(item) {
  if (item.messages) return item.messages;
  const { data, message } = await ask(config.addresses.messages.replace("/0/", `/${item.id}/`));
  if (!data) say(`The whole text could not be loaded. ${message}`, "warn");
  if (data?.version === item.version) item.messages = data.messages;
  return data?.messages || null;
}

/** The work on an item, begun where there is none; null where that cannot be, and the line at the bottom says why. */
export async function workOn(item) {
  const known = works.get(item.id);
  const problem = refusal(item) || (known?.stale && "Your draft is of an older version. Decide about it first, below.");
  if (problem) {
    say(problem, "warn");
    return null;
  }
  if (known) return known;
  const messages = await messagesOf(item);
  if (!messages || item !== currentItem()) return null;
  works.set(item.id, new Work(item, messages, item.version));
  return works.get(item.id);
}

const acts = (work) => ({
  save: () => save(work, { approve: false }),
  approve: () => save(work, { approve: true }),
  leave,
  discard: () => discard(work),
  since: () => showWhatChanged(work),
  mine: () => putOnTop(work),
});

/** Show the draft in the page, and what can be done with it. */
export function show(work) {
  if (work.stale) return showBar(work, false, acts(work));
  paint(work, (index) => {
    work.restore(index);
    keep(work);
    show(work);
  });
  if (work.isChanged) return showBar(work, open?.work === work, acts(work));
  return hideBar(work.item);
}

/** Open the box of a turn; `isNew`: what stands in it is a change already. */
export function openTurn(work, turn, { isNew = false } = {}) {
  leave();
  works.set(work.item.id, work);
  show(work);
  const host = work.elementOf(turn);
  if (!host) return say("This turn is not loaded yet. Show more turns first.", "warn");
  open = { work, turn, editor: new TurnEditor(host, turn.message, work.nameOf(turn), changed) };
  setEditing(true);
  showBar(work, true, acts(work));
  open.editor.focus();
  return isNew && keepOpen();
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(keepOpen, PAUSE);
}

/** What stands in the open box, into the draft of this browser. */
export function keepOpen() {
  if (!open) return;
  const { work, turn, editor } = open;
  turn.message = editor.message;
  keep(work);
  showBar(work, true, acts(work));
}

function keep(work) {
  if (work.isChanged) {
    work.at = Date.now();
    keepLocally(work.item.conversation, work.version, work.messages);
  } else if (work.at) {
    work.at = 0;
    forgetLocally(work.item.conversation);
  }
}

/** Keep the draft here, and bring it to the server. */
function settle(work) {
  keep(work);
  show(work);
  const text = work.isChanged ? JSON.stringify(work.messages) : "";
  if (text && text !== work.sent) sendDraft(work.item, localDraft(work.item.conversation));
  else if (!text && work.sent) discardDraft(work.item);
  work.sent = text;
  if (!text) works.delete(work.item.id);
}

/** Close the box; the draft stays. @returns {boolean} whether one was open */
export function leave() {
  if (!open) return false;
  const { work, turn, editor } = open;
  clearTimeout(timer);
  turn.message = editor.message;
  open = null;
  editor.close();
  setEditing(false);
  if (turn.from === null && turn.message.content === "") work.remove(turn);
  settle(work);
  return true;
}

function end(work) {
  if (open?.work === work) {
    clearTimeout(timer);
    open.editor.close();
    open = null;
    setEditing(false);
  }
  works.delete(work.item.id);
  unpaint(work.item);
  hideBar(work.item);
}

function nothingToSave(work, approve, started) {
  const { sent, item } = work;
  end(work);
  forgetLocally(item.conversation);
  if (sent) discardDraft(item);
  return approve ? decide("approved", { command: "save", started }) : say("Nothing was changed.");
}

function hindrance(work, approve) {
  if (work.stale) return "The text has changed since your draft. Decide about it first, below.";
  if (approve && work.empty.length) return `It cannot be approved: ${work.empty.join(", ")} without text.`;
  const issues = approve ? issuesOf(work.messages) : [];
  if (issues.length) return `It cannot be approved yet: ${issues.join("; ")}. Save alone keeps it unapproved.`;
  return refusal(work.item);
}

/** Save the draft as the text; with `approve` approve it and go on. */
export function save(work, { approve, started = performance.now() }) {
  const { item } = work;
  if (open?.work === work) open.turn.message = open.editor.message;
  if (!work.isChanged) return nothingToSave(work, approve, started);
  const problem = hindrance(work, approve);
  if (problem) return say(problem, "warn");
  const { messages, version } = work;
  end(work);
  const words = approve ? "edited and approved" : "edited";
  const { entry } = addEntry("edit", { messages, reason: "", approve, version }, { item, words });
  forgetLocally(item.conversation);
  Object.assign(item, { messages, turns: messages.length });
  replaceTurns(item, plainTurns(messages));
  say(`${item.title}: ${words}`);
  if (!approve) return elementOf(item)?.focus({ preventScroll: true });
  Object.assign(item, { decided: "approved", group: entry.group, readonly: false });
  renderFacts(item);
  noteDecision(entry.group, "approved", entry.seconds);
  return goOn({ command: "save", started });
}

function discard(work) {
  const hadDraft = work.at || work.sent;
  end(work);
  if (hadDraft) discardDraft(work.item);
  say("The draft is gone.");
  elementOf(work.item)?.focus({ preventScroll: true });
}

/** Delete a turn, in the draft. */
export function removeTurn(work, turn) {
  if (work.turns.length === 1) return say("A conversation needs at least one turn.", "warn");
  const name = work.nameOf(turn);
  work.remove(turn);
  settle(work);
  return say(`In your draft ${name} is deleted. Ctrl+Enter saves and approves.`);
}

async function whatChanged(work) {
  const address = config.addresses.since.replace("/0/", `/${work.item.conversation}/`);
  const { data, message } = await ask(`${address}?version=${work.version}`);
  if (!data) say(message, "warn");
  return data;
}

async function showWhatChanged(work) {
  const data = await whatChanged(work);
  if (data && works.get(work.item.id) === work) showSince(work, data.html);
}

/** The draft becomes one of the version that is there now. */
async function putOnTop(work) {
  const now = await messagesOf(work.item);
  if (!now || works.get(work.item.id) !== work) return;
  const fresh = new Work(work.item, now, work.item.version);
  fresh.take(work.messages);
  Object.assign(fresh, { at: work.at, sent: work.sent });
  works.set(work.item.id, fresh);
  hideBar(work.item);
  keep(fresh);
  show(fresh);
}

/** A draft of an older version: where only the status has changed since, that is none of its business. */
export async function meetStale(work) {
  work.stale = true;
  if (open?.work === work) leave();
  show(work);
  const data = await whatChanged(work);
  if (data && !data.changed) await putOnTop(work);
}
