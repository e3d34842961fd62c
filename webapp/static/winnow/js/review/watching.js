// How long an item has been looked at: not while the tab is hidden, and at most a minute without any sign of life.
const LONGEST_PAUSE = 60_000;
let looked = 0;
let last = performance.now();

function count() {
  const now = performance.now();
  if (!document.hidden) looked += Math.min(now - last, LONGEST_PAUSE);
  last = now;
}

for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove", "scroll"]) {
  window.addEventListener(name, count, { capture: true, passive: true });
}
document.addEventListener("visibilitychange", () => {
  // What was hidden until now does not count; what is hidden from now on was seen until now.
  if (document.hidden) looked += Math.min(performance.now() - last, LONGEST_PAUSE);
  last = performance.now();
});

/** Begin with another item, of which `before` seconds were spent already. */
export function lookAt(before = 0) {
  looked = before * 1000;
  last = performance.now();
}

/** Seconds spent with the item on the screen, to a tenth. */
export function secondsLooked() {
  count();
  return Math.round(looked / 100) / 10;
}
