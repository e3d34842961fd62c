// A store in a database of the browser's own. What stands there survives a closed tab, a crash and a restart.

export class Store {
  #opened = null;

  /** @param {string} database @param {string} name of the store @param {IDBObjectStoreParameters} keys of its rows */
  constructor(database, name, keys) {
    Object.assign(this, { database, name, keys });
  }

  #open() {
    this.#opened ||= new Promise((resolve, reject) => {
      const request = indexedDB.open(this.database, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(this.name, this.keys);
      request.onsuccess = () => {
        // Closed by either, it has to be opened anew: the browser's data was cleared, or is about to be.
        const forget = () => (this.#opened = null);
        request.result.onversionchange = () => {
          request.result.close();
          forget();
        };
        request.result.onclose = forget;
        resolve(request.result);
      };
      request.onerror = () => reject(request.error);
    });
    this.#opened.catch(() => (this.#opened = null));
    return this.#opened;
  }

  /**
   * One transaction; resolves when it is complete, not before.
   * @template T @param {"readonly"|"readwrite"} mode @param {(store: IDBObjectStore) => IDBRequest<T>|void} work
   * @returns {Promise<T|undefined>}
   */
  async run(mode, work) {
    const database = await this.#open();
    return new Promise((resolve, reject) => {
      // "strict": complete means written to the disk.
      const transaction = database.transaction(this.name, mode, { durability: "strict" });
      const request = work(transaction.objectStore(this.name));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error || new Error("aborted"));
    });
  }
}
