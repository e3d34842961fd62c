// The outbox in the browser's own database.
import { Store } from "./database.js";

/**
 * @typedef {object} Kept  A row of the store.
 * @property {number} [seq]  Rises with the order in which entries were made, in all tabs.
 * @property {string} user  Whose it is.
 * @property {string} username
 * @property {string} title  The conversation, in words.
 * @property {object} entry  What is sent.
 * @property {string} [stuck]  Why the server cannot take it as it is; shown, and not sent again by itself.
 */
const entries = new Store("winnow-outbox", "entries", { keyPath: "seq", autoIncrement: true });

/** @returns {Promise<Kept[]>} all rows, in the order in which they were made */
export async function readAll() {
  return (await entries.run("readonly", (store) => store.getAll())) || [];
}

/** @param {Kept} kept @returns {Promise<number>} its seq */
export function put(kept) {
  return entries.run("readwrite", (store) => store.put(kept));
}

/** @param {number[]} seqs */
export function remove(seqs) {
  return entries.run("readwrite", (store) => {
    for (const seq of seqs) store.delete(seq);
  });
}
