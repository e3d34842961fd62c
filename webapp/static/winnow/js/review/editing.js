// Editing in place: e, o, Shift+o, d d, Esc, Ctrl+Enter. What is written is a draft until it is saved, and a draft is
// never lost: it is in the browser's database a moment after each key, and comes back when its item is met again.
import "./adopting.js";
import { currentItem, forgetDecision, itemById, renderFacts } from "./api.js";
import { discardDraft, keepLocally, loadDrafts, newestDraft } from "./drafts.js";
import { keepOpen, leave, meetStale, messagesOf, openTurn, removeTurn, save, show, workOn, works } from "./rewriting.js";
import { Work } from "./work.js";

const items = document.getElementById("review-items");

/** An item was met: is there a draft for it? */
async function comeBack(item) {
  if (!item || works.has(item.id) || item.decided) return;
  const draft = await newestDraft(item.conversation);
  const base = draft && (await messagesOf(item));
  if (!base || item !== currentItem() || works.has(item.id)) return;
  const work = new Work(item, base, draft.version);
  work.take(draft.messages);
  Object.assign(work, { at: draft.at, sent: JSON.stringify(draft.messages) });
  if (!work.isChanged) return discardDraft(item);
  works.set(item.id, work);
  if (draft.version === item.version) show(work);
  else meetStale(work);
}

/** An item stands in the page anew, perhaps with another text. */
function repaint(id) {
  const work = works.get(id);
  if (!work) return;
  const { item } = work;
  if (work.version !== item.version && !work.stale) meetStale(work);
  else show(work);
}

/** What the server said about an edit: one that was not taken is a draft again. */
function afterResult({ entry, result }) {
  if (entry.kind !== "edit") return;
  const item = entry.item ? itemById(entry.item) : null;
  const work = item && works.get(item.id);
  if (result.state === "done") {
    // Whoever went on writing has made the version that there is now.
    if (work && !work.stale && work.version === entry.version) work.version = result.version;
    return;
  }
  if (entry.approve) forgetDecision(entry.group);
  if (result.state === "refused") keepLocally(entry.conversation, result.version || entry.version, entry.messages);
  if (!item) return;
  // They are those that were not taken; the draft is to be compared with what the server has.
  item.messages = null;
  if (item.group === entry.group) Object.assign(item, { decided: undefined, group: undefined });
  renderFacts(item);
  comeBack(currentItem());
}

async function insert(item, index, where) {
  const work = await workOn(item);
  if (!work) return;
  const near = work.turnFrom(index);
  const place = near ? work.turns.indexOf(near) + (where === "after" ? 1 : 0) : work.turns.length;
  openTurn(work, work.insert(place));
}

async function edit(item, index) {
  const work = await workOn(item);
  if (work) openTurn(work, work.turnFrom(index) || work.turns.at(-1));
}

async function remove(item, index) {
  const work = await workOn(item);
  const turn = work?.turnFrom(index);
  if (turn) removeTurn(work, turn);
}

const on = (name, act) => document.addEventListener(`review:${name}`, (event) => act(event.detail, event));
on("edit-turn", ({ item, turn }) => edit(item, turn));
on("insert", ({ item, turn, where }) => insert(item, turn, where));
on("delete-turn", ({ item, turn }) => remove(item, turn));
on("leave", (_, event) => leave() && event.preventDefault());
on("save", ({ item }, event) => {
  const work = works.get(item.id);
  if (!work) return;
  event.preventDefault();
  save(work, { approve: true });
});
on("shown", ({ item }) => comeBack(item));
on("result", afterResult);

window.addEventListener("pagehide", keepOpen);
document.addEventListener("visibilitychange", () => document.hidden && keepOpen());
items.addEventListener("click", (event) => {
  const turn = event.target.closest(".draft-turn:not(.is-edited)");
  const work = turn && works.get(currentItem()?.id);
  if (work) openTurn(work, work.turns[Number(turn.dataset.place)]);
});
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) repaint(Number(node.dataset?.item));
}).observe(items, { childList: true });

loadDrafts().then(({ told }) => {
  comeBack(currentItem());
  told.then(() => comeBack(currentItem()));
});
