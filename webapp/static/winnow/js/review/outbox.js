// The outbox: what a reviewer does goes into the browser's store first and stays there until the server has answered.
// Events on `document`: "outbox:count" when what waits changes, "outbox:way" (connection.js), "outbox:result"
// {kept, result} for each answer, also of those that another tab has sent.
import { channel, whenReachable } from "./connection.js";
import { kick, onDelivered } from "./sending.js";
import { put, readAll } from "./store.js";

const user = document.body.dataset.user || "";
const username = document.body.dataset.username || "";

/** What waits, of everybody who has worked in this browser. @type {import("./store.js").Kept[]} */
let rows = [];
/** Entries on their way into the store, by id. @type {Map<string, import("./store.js").Kept>} */
const writing = new Map();
/** Entries that the store did not take: they live only as long as this page. @type {Map<string, import("./store.js").Kept>} */
const homeless = new Map();

function changed() {
  document.dispatchEvent(new CustomEvent("outbox:count", { detail: counts() }));
}

/** Entries of this user that the server has not answered, in order. */
export function waiting() {
  const known = new Set(rows.map((kept) => kept.entry.id));
  const fresh = [...homeless.values(), ...writing.values()].filter((kept) => !known.has(kept.entry.id));
  return [...rows, ...fresh].filter((kept) => kept.user === user);
}

/** @returns {{waiting: number, stuck: import("./store.js").Kept[], others: {username: string, count: number}[]}} */
export function counts() {
  const own = waiting();
  const others = new Map();
  for (const kept of rows) {
    if (kept.user !== user) others.set(kept.username, (others.get(kept.username) || 0) + 1);
  }
  return {
    waiting: own.filter((kept) => !kept.stuck).length,
    stuck: own.filter((kept) => kept.stuck),
    others: [...others].map(([name, count]) => ({ username: name, count })),
  };
}

/** @param {number} conversation @returns {string|null} the id of the last entry on it that waits */
export function lastWaiting(conversation) {
  return waiting().findLast((kept) => kept.entry.conversation === conversation && kept.entry.kind !== "draft")?.entry.id ?? null;
}

/** True while closing the page would lose something: it is not yet in the store. */
export function isUnsafe() {
  return writing.size > 0 || homeless.size > 0;
}

/**
 * Put an entry into the outbox. Resolves when the store has written it (or, without a store, when it is being sent).
 * @param {object} entry @param {{title?: string}} [about]
 */
export async function add(entry, { title = "" } = {}) {
  const kept = { user, username, title, entry };
  writing.set(entry.id, kept);
  changed();
  try {
    kept.seq = await put(kept);
    rows.push(kept);
  } catch (problem) {
    console.warn("The browser's store cannot be used", problem);
    homeless.set(entry.id, kept);
  }
  writing.delete(entry.id);
  changed();
  channel.postMessage({ kind: "changed" });
  kick();
}

/** Read the store again: another tab has changed it. */
export async function refresh() {
  try {
    rows = await readAll();
  } catch {
    rows = [];
  }
  changed();
}

/** Called by the sender for each answer, and in the other tabs through the channel. */
function settle(answers) {
  const ids = new Set(answers.map(({ kept }) => kept.entry.id));
  rows = rows.filter((kept) => !ids.has(kept.entry.id));
  for (const id of ids) homeless.delete(id);
  for (const detail of answers) document.dispatchEvent(new CustomEvent("outbox:result", { detail }));
  changed();
}

channel.addEventListener("message", ({ data }) => {
  if (data.kind === "changed") refresh();
  if (data.kind === "results") settle(data.answers.map((answer) => ({ ...answer, elsewhere: true })));
});
document.addEventListener("outbox:stuck", refresh);
onDelivered(settle, () => [...homeless.values()]);
window.addEventListener("beforeunload", (event) => {
  if (isUnsafe()) event.preventDefault();
});

if (user) {
  channel.postMessage({ kind: "hello", user });
  whenReachable(() => kick({ now: true }));
  refresh().then(() => kick());
}
