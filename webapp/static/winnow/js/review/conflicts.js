// What was not saved and waits for a choice of the reviewer (webapp/review/conflicts.py): how many, and the notices
// about it, which go when it is settled, wherever that was.
import { hideNotice, showNotice } from "../notices.js";

/** What counts also where the server refused it. */
const WORK = new Set(["decide", "edit", "flag", "comment"]);
/** The server's number when the page was made; `ids` take its place once it has named them. */
let counted = Number(document.querySelector("[data-conflicts]")?.dataset.conflicts || 0);
/** Ids of steps, each with the time at which it was heard of. @type {Map<string, number>} */
let ids = new Map();
/** The notices, by the id of the step. @type {Map<string, string>} */
const notices = new Map();

export function openConflicts() {
  return counted + ids.size;
}

/** An answer to an entry that was not carried out. @param {{elsewhere?: boolean}} where another tab has sent it */
export function noteConflict(kept, result, { elsewhere = false } = {}) {
  const isOpen = result.conflict && (result.state === "conflict" || WORK.has(kept.entry.kind));
  if (isOpen) ids.set(result.id, Date.now());
  if (elsewhere) return;
  const text = (kept.title ? `${kept.title}: ` : "") + result.message;
  if (isOpen) notices.set(result.id, text);
  const link = result.conflict ? { href: result.conflict, text: "Look at it" } : null;
  showNotice(text, result.state === "conflict" ? "warn" : "bad", link);
}

/** @param {string[]} open all that wait, as the server knows them @param {number} asked when it was asked */
export function noteOpenConflicts(open, asked) {
  const later = [...ids].filter(([id, at]) => at >= asked && !open.includes(id));
  ids = new Map([...open.map((id) => [id, 0]), ...later]);
  counted = 0;
  for (const [id, text] of notices) {
    if (ids.has(id)) continue;
    notices.delete(id);
    if (![...notices.values()].includes(text)) hideNotice(text);
  }
  document.dispatchEvent(new CustomEvent("outbox:conflicts"));
}
