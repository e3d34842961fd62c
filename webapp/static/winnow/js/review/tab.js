// Each tab has an identifier of its own: the server leases items to it. A duplicated tab begins with a copy of the
// first one's and has to notice.
import { uuid } from "./ids.js";

const KEY = "winnow-tab";
let own = "";

/** The identifier of this tab; `claimTab` comes first. */
export function tab() {
  return own;
}

/** Hold a lock with this name for as long as the page lives. @returns {Promise<boolean>} false: somebody else holds it */
function hold(name) {
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}

/** Without locks (they need HTTPS): ask the other tabs and wait for a moment. */
function ask(id) {
  const channel = new BroadcastChannel("winnow-tabs");
  return new Promise((resolve) => {
    const me = uuid();
    channel.onmessage = ({ data }) => {
      if (data.id !== own && data.id !== id) return;
      if (data.kind === "who" && own) channel.postMessage({ kind: "taken", id: own, to: data.me });
      if (data.kind === "taken" && data.to === me) resolve(false);
    };
    channel.postMessage({ kind: "who", id, me });
    setTimeout(() => resolve(true), 150);
  });
}

/** Find this tab's identifier; a reload keeps it. */
export async function claimTab() {
  const isMine = navigator.locks ? (id) => hold(`winnow-tab-${id}`) : ask;
  let id = sessionStorage.getItem(KEY) || uuid();
  while (!(await isMine(id))) id = uuid();
  sessionStorage.setItem(KEY, id);
  own = id;
  return own;
}
