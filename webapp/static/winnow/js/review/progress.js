// "37 of 200 · 14 s each", and what was done in this sitting.
import { config } from "./state.js";
import { waiting } from "./outbox.js";

const progress = { done: 0, total: 0, left: 0, mine: 0, disagreed: 0, taken: 0, ...config.progress };
/** What this tab has decided: by group, so that an undone one leaves. @type {Map<string, {status: string, seconds: number}>} */
const sitting = new Map();
/** Decisions (and less the undone ones) that the server's numbers do not hold yet. */
let ahead = 0;

/** The server's numbers. They hold what it had taken when it answered; what still waits is added here. */
export function noteProgress(numbers) {
  const entries = waiting().map((kept) => kept.entry);
  if (entries.length && ahead !== 0) return;
  Object.assign(progress, numbers);
  ahead = entries.filter((entry) => entry.kind === "decide" && entry.item).length;
  show();
}

/** @param {string} group @param {string} status @param {number} seconds */
export function noteDecision(group, status, seconds) {
  sitting.set(group, { status, seconds });
  ahead += 1;
  show();
}

/** It was undone, or the server did not take it. */
export function forgetDecision(group) {
  if (!sitting.delete(group)) return;
  ahead -= 1;
  show();
}

/** Seconds for each decision of this sitting; null before the first. */
export function pace() {
  const last = [...sitting.values()].slice(-50).map((one) => one.seconds);
  return last.length ? last.reduce((sum, seconds) => sum + seconds, 0) / last.length : null;
}

/** @returns {{all: number, approved: number, rejected: number, skipped: number}} */
export function sittingCounts() {
  const counts = { all: sitting.size, approved: 0, rejected: 0, skipped: 0 };
  for (const { status } of sitting.values()) counts[status] = (counts[status] || 0) + 1;
  return counts;
}

/** @returns {object} the server's numbers as they stand */
export function numbers() {
  return progress;
}

/** 14 -> "14 s"; 2.4 -> "2.4 s"; 95 -> "1 min 35 s" */
export function asTime(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function show() {
  const done = Math.max(0, Math.min((config.blind ? progress.mine : progress.done) + ahead, progress.total));
  const format = (count) => count.toLocaleString("en-GB");
  document.getElementById("review-count").textContent = `${format(done)} of ${format(progress.total)}`;
  const bar = document.getElementById("review-progress");
  bar.max = progress.total || 1;
  bar.value = done;
  const each = pace();
  const place = document.getElementById("review-pace");
  place.hidden = each === null;
  place.textContent = each === null ? "" : `${asTime(each)} each`;
}

show();
