// What the review screen knows: the items that it holds, in order, and which of them is on the screen.

/**
 * @typedef {object} Item  One item of the queue, as the server sent it (see REVIEW's contract), and what happened to it here.
 * @property {number} id
 * @property {number} conversation
 * @property {number} version  What the server said last about the conversation.
 * @property {number|null} seen_flag
 * @property {string} status  The word of the conversation's status.
 * @property {boolean} approvable
 * @property {string[]} issues
 * @property {string} title
 * @property {number} turns  How many turns it has.
 * @property {boolean} blind
 * @property {boolean} editable
 * @property {string} [begins]  The first words of its user.
 * @property {string[]} reasons  Why it is in the queue.
 * @property {object[]|null} messages  Null where they are large: GET the item's address + "messages".
 * @property {string} address  The conversation's page.
 * @property {{turns: string, side: string, why: string}} html
 * @property {string} [decided]  What this reviewer decided here: approved, rejected, skipped.
 * @property {string} [group]  The group of that decision.
 * @property {{decided?: string, group?: string}} [before]  What it was decided here before that.
 * @property {boolean} [lost]  Somebody else has it now, or it was decided elsewhere.
 * @property {boolean} [readonly]  Shown again, not leased.
 * @property {number} [seconds]  For how long it was looked at until it was left.
 */

/** @type {{queue: number, name: string, blind: boolean, search: string, conflicts: number,
 *   addresses: Record<string, string>, keys: Record<string, string>, reasons: {slug: string, label: string}[],
 *   progress: object}} */
export const config = JSON.parse(document.getElementById("review-config")?.textContent || "{}");

export const state = {
  /** @type {Item[]} The last ones, the one on the screen, the next ones. */
  items: [],
  /** Index of the one on the screen; items.length where nothing is left. */
  at: 0,
  /** The id of the item whose text is on the screen now; 0 where none is. */
  shown: 0,
  /** The turn that keys act on, from 0; null for the whole conversation. @type {number|null} */
  turn: null,
  /** From a swap until the next one has been painted. */
  swapping: false,
  /** Set while a text of this item is being edited. */
  editing: false,
};

/** @returns {Item|null} the item on the screen: what is loaded but not shown is none */
export function currentItem() {
  const item = state.items[state.at];
  return item && item.id === state.shown ? item : null;
}

/** @param {number} id @returns {Item|undefined} */
export function itemById(id) {
  return state.items.find((item) => item.id === id);
}

/** The last decision about an item is gone: it is as it was before. @param {Item} item */
export function withoutDecision(item) {
  const { decided, group, status = item.status, before } = item.before || {};
  Object.assign(item, { decided, group, status, before });
}

/** @param {Item} item @returns {HTMLElement|null} the element that holds its conversation */
export function elementOf(item) {
  return document.getElementById(`item-${item.id}`);
}

/** @param {Item} item @param {number} turn from 0 @returns {HTMLElement|null} */
export function turnElement(item, turn) {
  return elementOf(item)?.querySelector(`.turn[data-turn="${turn}"]`) || null;
}
