// Sends what waits in the outbox: in order, in batches, one tab at a time. The server knows each entry by its id, so
// that sending twice does nothing twice.
import { ask, channel, Pauses } from "./connection.js";
import { put, readAll, remove } from "./store.js";

const user = document.body.dataset.user || "";
const address = document.body.dataset.sync || "";
const MOST_ENTRIES = 50;
const MOST_CHARACTERS = 1_500_000;
const pauses = new Pauses();

let deliver = () => {};
let others = () => [];
let timer = 0;
let running = false;
let again = false;
/** How many go in one request; one by one after a batch that was turned down as a whole. */
let most = MOST_ENTRIES;

/** Who hears about answers, and what waits outside the store. */
export function onDelivered(hear, homeless) {
  deliver = hear;
  others = homeless;
}

/** Send what waits. @param {{now?: boolean}} [options] now: without waiting for the end of a pause */
export function kick({ now = false } = {}) {
  if (!user || !address) return;
  if (timer && !now) return;
  clearTimeout(timer);
  timer = 0;
  again = running;
  if (running) return;
  running = true;
  alone(sendAll).finally(() => {
    running = false;
    if (again) kick();
  });
}

/** One tab at a time; without locks (they need HTTPS) all at once, which the server can take. */
async function alone(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request("winnow-outbox", work);
}

async function sendAll() {
  again = false;
  while (await sendBatch());
}

async function nextBatch() {
  const rows = (await readAll().catch(() => [])).concat(others());
  const kept = rows.filter((row) => row.user === user && !(row.stuck && triedHere.has(row.entry.id)));
  const batch = [];
  let characters = 0;
  for (const row of kept.slice(0, most)) {
    characters += JSON.stringify(row.entry).length;
    if (batch.length && characters > MOST_CHARACTERS) break;
    batch.push(row);
  }
  return batch;
}

/** @returns {Promise<boolean>} whether there may be more to send now */
async function sendBatch() {
  const batch = await nextBatch();
  if (!batch.length) return false;
  const answer = await ask(address, { entries: batch.map((row) => row.entry) });
  if (answer.data) {
    pauses.reset();
    most = MOST_ENTRIES;
    const settled = await settle(batch, answer.data.results);
    // An answer that says nothing about what was sent would be asked for again and again.
    return settled > 0 || later();
  }
  if (answer.way) return later();
  // The server does not take this request, whatever the way: find out which entry it is.
  if (batch.length > 1) {
    most = 1;
    return true;
  }
  return setAside(batch[0], answer.message);
}

function later() {
  timer = setTimeout(() => {
    timer = 0;
    kick();
  }, pauses.next());
  return false;
}

/** Set aside by this page: each page tries once what an earlier one could not send. */
const triedHere = new Set();

async function setAside(row, message) {
  triedHere.add(row.entry.id);
  if (row.seq === undefined) return later();
  await put({ ...row, stuck: message });
  channel.postMessage({ kind: "changed" });
  // This tab's own listeners do not hear its own messages.
  document.dispatchEvent(new CustomEvent("outbox:stuck"));
  return true;
}

async function settle(batch, results) {
  const byId = new Map(results.map((result) => [result.id, result]));
  const answers = batch.filter((kept) => byId.has(kept.entry.id)).map((kept) => ({ kept, result: byId.get(kept.entry.id) }));
  await remove(answers.map(({ kept }) => kept.seq).filter((seq) => seq !== undefined)).catch(() => {});
  channel.postMessage({ kind: "results", answers });
  deliver(answers);
  return answers.length;
}
