// The forms and links in what the server made (turns, panels): here they go through the outbox.
import { currentItem, itemById } from "./state.js";
import { addEntry } from "./entries.js";
import { flag, hindrance } from "./deciding.js";
import { openReasons } from "./reasons.js";
import { say } from "./saying.js";
import { selectTurn } from "./turns.js";
import { showAt } from "./swapping.js";
import { showMoreTurns } from "./rendering.js";
import { state } from "./state.js";
import { tell } from "./telling.js";

const screen = document.getElementById("review-screen");
const RESOLVE = /\/conversations\/\d+\/flags\/(\d+)\/resolve/;

function turnOf(element) {
  const turn = element.closest(".turn");
  return turn ? Number(turn.dataset.turn) : null;
}

function resolve(form, id) {
  const problem = hindrance();
  if (problem) return say(problem, "warn");
  addEntry("resolve", { flag: Number(id) }, { words: "resolved a flag" });
  form.closest("li")?.classList.add("is-resolved");
  form.querySelector("button").disabled = true;
  return say("The flag is resolved.");
}

function flagByForm(form) {
  const data = new FormData(form);
  const turn = Number(data.get("turn"));
  flag(String(data.get("reason")), { turn: turn ? turn - 1 : null, note: String(data.get("note") || "").trim() });
  form.closest("details").open = false;
}

screen.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.closest("[data-of]")) return;
  const address = new URL(form.action).pathname;
  const found = RESOLVE.exec(address);
  if (found) {
    event.preventDefault();
    resolve(form, found[1]);
  } else if (form.querySelector("[name=reason]") && address.endsWith("/flag")) {
    event.preventDefault();
    flagByForm(form);
  }
});

/** @returns {boolean} whether the click was one of ours */
function act(link) {
  const href = link.getAttribute("href") || "";
  if (link.matches("[data-flag-turn]")) {
    selectTurn(turnOf(link), { focus: false });
    openReasons();
  } else if (link.closest(".turn-tools") && link.closest(".turn") && href.includes("/edit")) {
    const turn = turnOf(link);
    selectTurn(turn, { focus: false });
    tell("edit-turn", { item: currentItem(), turn, element: link.closest(".turn") });
  } else if (link.closest(".turns-more")) {
    showMoreTurns(link).then((came) => came || say("More turns could not be loaded. Try again in a moment.", "warn"));
  } else if (/^#i\d+-turn-\d+$/.test(href)) {
    selectTurn(Number(/\d+$/.exec(href)[0]) - 1);
  } else {
    return false;
  }
  return true;
}

screen.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  const link = event.target.closest("a");
  if (link?.closest("[data-of], .review-item") && act(link)) event.preventDefault();
});

/** Whatever leads away opens beside the screen: what is loaded here stays. */
screen.addEventListener("click", (event) => {
  const link = event.target.closest("[data-of] a[href], .review-item a[href]");
  if (link && !event.defaultPrevented && link.origin === location.origin) Object.assign(link, { target: "_blank", rel: "noopener" });
});

document.getElementById("review-list").addEventListener("click", (event) => {
  const button = event.target.closest("[data-go]");
  const item = button && itemById(Number(button.dataset.go));
  if (item && !state.swapping) showAt(state.items.indexOf(item), { command: "go", started: event.timeStamp });
});
