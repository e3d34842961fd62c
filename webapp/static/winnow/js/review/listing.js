// The queue at the left: the last ones with what was decided, the one on the screen, the next ones with their reasons.
import { state } from "./state.js";

const SIGNS = { approved: "✓", rejected: "✗", skipped: "–" };
const SHOWN_BEHIND = 3;
const SHOWN_AHEAD = 5;

function row(item, index) {
  const entry = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.go = String(item.id);
  if (index === state.at) button.setAttribute("aria-current", "true");
  const title = document.createElement("span");
  title.className = "list-title";
  title.textContent = item.begins || item.title;
  button.title = item.title;
  const why = document.createElement("span");
  why.className = item.decided ? `list-why is-${item.decided}` : "list-why";
  why.textContent = item.decided ? `${SIGNS[item.decided] || ""} ${item.decided}` : item.lost ? "with somebody else" : item.reasons.join(", ");
  button.append(title, why);
  entry.append(button);
  return entry;
}

/** Draw the list anew: about ten rows. */
export function showList() {
  const from = Math.max(0, state.at - SHOWN_BEHIND);
  const rows = state.items.slice(from, state.at + SHOWN_AHEAD + 1).map((item, index) => row(item, from + index));
  document.getElementById("review-list").replaceChildren(...rows);
}
