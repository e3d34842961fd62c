// The outbox in the browser's own database. What stands here survives a closed tab, a crash and a restart.

/**
 * @typedef {object} Kept  A row of the store.
 * @property {number} [seq]  Rises with the order in which entries were made, in all tabs.
 * @property {string} user  Whose it is.
 * @property {string} username
 * @property {string} title  The conversation, in words.
 * @property {object} entry  What is sent.
 * @property {string} [stuck]  Why the server cannot take it as it is; shown, and not sent again by itself.
 */
const NAME = "winnow-outbox";
let opened = null;

function open() {
  opened ||= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: "seq", autoIncrement: true });
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      request.result.onclose = () => (opened = null);
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  opened.catch(() => (opened = null));
  return opened;
}

/**
 * One transaction; resolves when it is complete, not before.
 * @template T @param {"readonly"|"readwrite"} mode @param {(store: IDBObjectStore) => IDBRequest<T>|void} work
 * @returns {Promise<T|undefined>}
 */
async function run(mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    // "strict": complete means written to the disk.
    const transaction = database.transaction("entries", mode, { durability: "strict" });
    const request = work(transaction.objectStore("entries"));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error || new Error("aborted"));
    transaction.onerror = () => reject(transaction.error);
  });
}

/** @returns {Promise<Kept[]>} all rows, in the order in which they were made */
export async function readAll() {
  return (await run("readonly", (store) => store.getAll())) || [];
}

/** @param {Kept} kept @returns {Promise<number>} its seq */
export function put(kept) {
  return run("readwrite", (store) => store.put(kept));
}

/** @param {number[]} seqs */
export function remove(seqs) {
  return run("readwrite", (store) => {
    for (const seq of seqs) store.delete(seq);
  });
}
