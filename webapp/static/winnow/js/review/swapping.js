// Showing another item. The next one stands in the page already; a swap hides one and shows the other.
import { currentItem, elementOf, state } from "./state.js";
import { leaveTurn } from "./turns.js";
import { load } from "./loading.js";
import { lookAt, secondsLooked } from "./watching.js";
import { reveal } from "./rendering.js";
import { showEnd } from "./ending.js";
import { showList } from "./listing.js";
import { tell } from "./telling.js";

/** From a key to the next paint, in milliseconds; read by tests and benchmarks. @type {{command: string, ms: number}[]} */
window.winnowTimings = [];
const MOST_TIMINGS = 2000;
const screen = document.getElementById("review-screen");

function note(command, started) {
  const ms = performance.now() - started;
  performance.measure(`review:${command}`, { start: started, end: started + ms });
  window.winnowTimings.push({ command, ms });
  if (window.winnowTimings.length > MOST_TIMINGS) window.winnowTimings.shift();
}

/**
 * Show the item at an index; items.length shows that nothing is left.
 * @param {number} index @param {{command?: string, started?: number}} [key] what led to it, and when it was pressed
 */
export function showAt(index, { command = "", started = 0 } = {}) {
  const old = currentItem();
  if (old) {
    old.seconds = secondsLooked();
    tell("leave", { item: old });
    leaveTurn();
  }
  state.at = Math.max(0, Math.min(index, state.items.length));
  state.editing = false;
  // Until it has been painted, a key could only mean the one before.
  state.swapping = true;
  screen.dataset.swapping = "yes";
  const item = state.items[state.at] || null;
  reveal(item);
  lookAt(item?.seconds || 0);
  showEnd(!item);
  showList();
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      state.swapping = false;
      delete screen.dataset.swapping;
      if (command) note(command, started);
      if (item && item === currentItem()) tell("shown", { item, element: elementOf(item) });
      load();
    }),
  );
}

/** Go to the next item that is not decided. */
export function goOn(key = {}) {
  const next = state.items.findIndex((item, index) => index > state.at && !item.decided && !item.lost);
  showAt(next >= 0 ? next : state.items.length, key);
}

/** Items that were passed without a decision. @returns {import("./state.js").Item[]} */
export function passed() {
  return state.items.filter((item) => !item.decided && !item.lost && !item.readonly);
}

