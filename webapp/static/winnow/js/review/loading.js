// Brings items: some ahead of the one on the screen, and keeps the hold on all that this tab has. Nothing here ever
// changes what is on the screen, except where nothing is.
import { ask, Pauses, whenReachable } from "./connection.js";
import { config, currentItem, itemById, state } from "./state.js";
import { discard, render, renderAgain, renderFacts, renderTurns } from "./rendering.js";
import { noteOpenConflicts } from "./conflicts.js";
import { noteProgress } from "./progress.js";
import { showEnd } from "./ending.js";
import { showList } from "./listing.js";
import { tab } from "./tab.js";
import { waiting } from "./outbox.js";

const AHEAD = 5;
const BEHIND = 30;
const RENEW = 30_000;
const pauses = new Pauses();

/** How the last request went, for the words where no item is on the screen. */
export const loaded = { ready: false, busy: false, filling: false, problem: "" };
let show = () => {};
let timer = 0;

/** @param {(index: number) => void} showAt called where nothing is on the screen and something has come */
export function onArrival(showAt) {
  show = showAt;
}

const isOpen = (item) => !item.decided && !item.lost && !item.readonly;

/** How many items lie ahead of the one on the screen. */
function ahead() {
  return state.items.slice(state.at + 1).filter(isOpen).length;
}

/** Items whose decision is still in the outbox: ours, though nothing is to be done about them. */
function underway() {
  const undone = new Set(waiting().map(({ entry }) => entry.target).filter(Boolean));
  return waiting()
    .filter(({ entry }) => entry.kind === "decide" && entry.item && !undone.has(entry.group))
    .map(({ entry }) => entry.item);
}

/** What this tab keeps, and how many it should have with what is missing ahead. */
function wanted(wish) {
  // What is asked for by name comes anew, so it is not among what is here already.
  const open = state.items.filter((item) => isOpen(item) && !item.undoing && item.id !== wish).map((item) => item.id);
  const others = underway().filter((id) => !open.includes(id));
  const here = currentItem() && isOpen(currentItem()) ? 1 : 0;
  const missing = Math.max(0, AHEAD + 1 - ahead() - here);
  // Of those underway the server has perhaps taken some by now: they count, but not without limit.
  return { missing, have: [...open, ...others], want: open.length + Math.min(others.length, AHEAD) + missing };
}

/** Ask for what is missing ahead, and for one item in particular where `item` is given. */
export async function load({ item = null, renew = false } = {}) {
  const { missing, have, want } = wanted(item);
  if (!tab() || (loaded.busy && !item)) return;
  if (!missing && !item && !renew) return;
  loaded.busy = true;
  const asked = Date.now();
  const answer = await ask(config.addresses.items, { tab: tab(), have, want, item });
  loaded.busy = false;
  loaded.ready = true;
  loaded.problem = answer.data ? "" : answer.message;
  clearTimeout(timer);
  if (!answer.data) {
    timer = setTimeout(load, pauses.next());
    announce();
    return;
  }
  pauses.reset();
  noteOpenConflicts(answer.data.conflicts, asked);
  await take(answer.data, item);
  const short = ahead() < AHEAD;
  if (short && (loaded.filling || answer.data.items.length > 1)) timer = setTimeout(load, loaded.filling ? 2000 : 0);
  else if (!currentItem() && answer.data.progress.left > 0) timer = setTimeout(load, 10_000);
}

/** What stands in the middle where no item is. */
function announce() {
  if (!currentItem()) showEnd(true);
}

async function take(data, wanted) {
  loaded.filling = data.filling;
  for (const id of data.lost) lose(id);
  const wasEmpty = !currentItem();
  for (const item of data.items) {
    // One at a time, so that a key is not kept waiting.
    if (!wasEmpty) await new Promise((resolve) => setTimeout(resolve));
    arrive(item, item.id === wanted);
  }
  noteProgress(data.progress);
  dropOld();
  showList();
  if (currentItem()) return;
  const first = state.items.findIndex((item, index) => index >= state.at && isOpen(item));
  if (first >= 0) show(first);
  else announce();
}

function arrive(item, isWanted) {
  const known = itemById(item.id);
  if (known) {
    Object.assign(known, item, { lost: false, readonly: false, undoing: null });
    if (!state.editing || known !== currentItem()) renderAgain(known);
  } else if (isWanted) {
    insert(item, state.at);
  } else if (!underway().includes(item.id)) {
    state.items.push(item);
    render(item);
  }
}

/** Put an item before the one at an index; what is on the screen stays. */
export function insert(item, index) {
  state.items.splice(index, 0, item);
  if (state.at >= index) state.at += 1;
  render(item);
  renderFacts(item);
}

function lose(id) {
  const item = itemById(id);
  if (!item || item.decided || item.undoing || item.readonly) return;
  item.lost = true;
  if (item === currentItem()) renderFacts(item);
  else remove(item);
}

function remove(item) {
  const index = state.items.indexOf(item);
  state.items.splice(index, 1);
  if (index < state.at) state.at -= 1;
  discard(item);
}

/** Only the last ones are kept. */
function dropOld() {
  while (state.at > BEHIND) remove(state.items[0]);
}

/** Read an item again, in place. @param {number} id @returns {Promise<import("./state.js").Item|null>} */
export async function refreshItem(id) {
  const fresh = await readItem(id);
  const known = itemById(id);
  if (!fresh || !known) return fresh;
  // What is being written, or is on its way, is newer than what the server has.
  const isUnderway = waiting().some(({ entry }) => entry.kind === "edit" && entry.conversation === known.conversation);
  if (isUnderway || (state.editing && known === currentItem())) return known;
  const { readonly } = known;
  Object.assign(known, fresh, { readonly });
  renderAgain(known);
  return known;
}

/** @param {number} id @returns {Promise<import("./state.js").Item|null>} */
export async function readItem(id) {
  const { data } = await ask(config.addresses.item.replace("/0", `/${id}`));
  return data?.item || data;
}

/** Show other turns for an item, optimistically. @param {import("./state.js").Item} item @param {string} html */
export function replaceTurns(item, html) {
  item.html.turns = html;
  renderTurns(item, html);
}

/** Give back what this tab holds: it is being closed. */
function leave() {
  const data = new FormData();
  data.set("tab", tab());
  data.set("csrfmiddlewaretoken", document.querySelector("#review-token input").value);
  navigator.sendBeacon(config.addresses.leave, data);
}

export function startLoading() {
  setInterval(() => load({ renew: true }), RENEW);
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => event.persisted && load({ renew: true }));
  whenReachable(() => load({ renew: true }));
  return load();
}
