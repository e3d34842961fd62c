// One line at the bottom that says what a key has done, or why it has done nothing. Screen readers hear it.
import { showNotice } from "../notices.js";

/** Clear the line where it still says `text`. @param {string} text */
export function unsay(text) {
  const line = document.getElementById("review-said");
  if (text && line.textContent === text) line.textContent = "";
}

/** @param {string} text @param {"info"|"warn"|"bad"} [level] bad stays as a notice until it is closed */
export function say(text, level = "info") {
  if (level === "bad") showNotice(text, "bad");
  const line = document.getElementById("review-said");
  line.dataset.level = level;
  // The same words twice are not read out twice, unless the line was empty in between.
  if (line.textContent === text) line.textContent = "";
  line.textContent = text;
}
