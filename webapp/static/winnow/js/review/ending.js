// What stands in the middle where no item is: still looking, nothing left for now, or the end of the queue.
import { asTime, numbers, pace, sittingCounts } from "./progress.js";
import { connection } from "./connection.js";
import { loaded } from "./loading.js";
import { state } from "./state.js";

const place = document.getElementById("review-end");
const heading = place.querySelector("h2");
const words = place.querySelector("p");
const links = place.querySelector(".end-links");
const back = place.querySelector("[data-passed]");

const count = (number, one, many) => `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;

/** What this sitting has come to, in words. */
function sitting() {
  const done = sittingCounts();
  if (!done.all) return "";
  const parts = ["approved", "rejected", "skipped"].filter((word) => done[word]).map((word) => `${done[word]} ${word}`);
  return `You decided ${count(done.all, "conversation", "conversations")} in this sitting: ${parts.join(", ")}, ${asTime(pace())} each.`;
}

/** @returns {[string, string, boolean]} heading, sentence, whether the links are of use */
function situation() {
  if (connection.way === "ended") return ["Your session has ended", "Log in again in another tab (below); this page then goes on by itself. What you decided is kept here.", false];
  if (["offline", "away"].includes(connection.way)) {
    return ["Nothing more is loaded", "The server cannot be reached. What you decided is kept here and sent when it answers again; this page tries by itself.", false];
  }
  if (loaded.problem) return ["The next ones could not be loaded", loaded.problem, true];
  if (!loaded.ready) return ["Loading", "The first conversations are on their way.", false];
  const skipped = state.items.filter((item) => !item.decided && !item.lost && !item.readonly).length;
  if (loaded.filling) return ["Still looking", "Winnow is still finding the conversations of this queue. They show here as they come.", false];
  if (skipped) return ["The end of the queue", `You passed ${count(skipped, "one", "of them")} without deciding. ${sitting()}`, true];
  if (numbers().left > 0) {
    return ["Nothing left for you right now", `${count(numbers().left, "conversation is", "conversations are")} with other reviewers. This page looks again every few seconds. ${sitting()}`, true];
  }
  if (!numbers().total) return ["This queue is empty", "Nothing matches its filter.", true];
  return ["The queue is done", sitting() || "Every conversation in it is decided.", true];
}

/** @param {boolean} isEnd whether there is no item to show */
export function showEnd(isEnd) {
  const screen = document.getElementById("review-screen");
  place.hidden = !isEnd;
  screen.classList.toggle("at-end", isEnd);
  for (const button of screen.querySelectorAll("[data-decides], .bar-reasons button")) button.disabled = isEnd;
  if (!isEnd) return;
  const [title, sentence, withLinks] = situation();
  heading.textContent = title;
  words.textContent = sentence;
  links.hidden = !withLinks;
  back.hidden = !state.items.some((item) => !item.decided && !item.lost && !item.readonly);
  if (document.activeElement === document.body) place.focus({ preventScroll: true });
}

document.addEventListener("outbox:way", () => place.hidden || showEnd(true));
