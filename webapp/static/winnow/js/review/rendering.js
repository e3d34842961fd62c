// An item in the page: three pieces (conversation, side panel, why it is here), hidden until it is its turn.
import { config, elementOf, state } from "./state.js";
import { foldLongTurns } from "./folding.js";
import { leaveTurn, selectTurn } from "./turns.js";
import { markWaiting } from "./marks.js";

// The page of the conversation then answers with the next turns alone.
const MORE = { "HX-Request": "true", "HX-Target": "more-turns" };

/** @param {string} html as the server made it @returns {DocumentFragment} */
function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Several conversations stand in the page: each gets identifiers of its own, and its turns their index. */
function number(holder, item) {
  for (const element of holder.querySelectorAll("[id]")) {
    const old = element.id;
    element.id = `i${item.id}-${old}`;
    for (const label of holder.querySelectorAll(`[for="${CSS.escape(old)}"]`)) label.htmlFor = element.id;
  }
  for (const link of holder.querySelectorAll('a[href^="#"]')) link.href = `#i${item.id}-${link.getAttribute("href").slice(1)}`;
}

function numberTurns(holder) {
  holder.querySelectorAll(".turn").forEach((turn, index) => {
    turn.dataset.turn ??= /\d+$/.exec(turn.id)?.[0] - 1 || String(index);
    turn.tabIndex = -1;
  });
}

function head(item) {
  const header = make("header", "item-head");
  const title = make("h2", "item-title");
  const link = make("a", "", item.title);
  Object.assign(link, { href: item.address, target: "_blank", rel: "noopener", title: "Open its page in a new tab" });
  title.append(link);
  const facts = make("p", "facts-line");
  facts.append(make("span", `status item-status status-${item.status}`, item.status));
  facts.append(make("span", "item-version", `v${item.version}`));
  facts.append(make("span", "", item.turns === 1 ? "1 turn" : `${item.turns.toLocaleString("en-GB")} turns`));
  for (const issue of item.issues) facts.append(make("span", "badge bad", `! ${issue}`));
  if (item.blind) facts.append(make("span", "badge info", "blind: you do not see what others said"));
  facts.append(make("span", "item-flags"));
  header.append(title, facts, make("p", "item-notice notice warn"));
  header.lastChild.hidden = true;
  return header;
}

function hold(place, className, item, html) {
  const holder = make("div", className);
  holder.dataset.of = String(item.id);
  holder.hidden = true;
  holder.append(fragment(html));
  number(holder, item);
  document.getElementById(place).append(holder);
  return holder;
}

/** Put an item into the page, hidden. @param {import("./state.js").Item} item */
export function render(item) {
  const section = make("section", "review-item");
  section.id = `item-${item.id}`;
  section.dataset.item = String(item.id);
  section.tabIndex = -1;
  section.hidden = true;
  section.setAttribute("aria-label", item.title);
  const turns = make("div", "turns");
  turns.append(fragment(item.html.turns));
  number(turns, item);
  numberTurns(turns);
  section.append(head(item), turns);
  document.getElementById("review-items").append(section);
  hold("review-sides", "side-panel", item, item.html.side);
  hold("review-whys", "why", item, item.html.why);
  foldLongTurns(turns, config.search);
  markWaiting(item);
  const said = turns.querySelector(".turn-user .turn-body") || turns.querySelector(".turn-body");
  item.begins = said ? said.textContent.trim().slice(0, 90) : "";
}

/** Take an item out of the page. */
export function discard(item) {
  elementOf(item)?.remove();
  for (const piece of document.querySelectorAll(`[data-of="${item.id}"]`)) piece.remove();
}

/** Show one item (null: none) and hide the rest: nothing but toggling. */
export function reveal(item) {
  for (const section of document.querySelectorAll("#review-items > .review-item:not([hidden])")) section.hidden = true;
  for (const piece of document.querySelectorAll("[data-of]:not([hidden])")) piece.hidden = true;
  const section = item && elementOf(item);
  state.shown = section ? item.id : 0;
  document.getElementById("review-screen").dataset.item = section ? String(item.id) : "";
  if (!section) return;
  section.hidden = false;
  for (const piece of document.querySelectorAll(`[data-of="${item.id}"]`)) piece.hidden = false;
  document.getElementById("review-middle").scrollTop = 0;
  section.focus({ preventScroll: true });
}

/** Other turns for an item that is in the page already. @param {import("./state.js").Item} item @param {string} html */
export function renderTurns(item, html) {
  const turns = elementOf(item)?.querySelector(".turns");
  if (!turns) return;
  turns.replaceChildren(fragment(html));
  number(turns, item);
  numberTurns(turns);
  foldLongTurns(turns, config.search);
  markWaiting(item);
}

/** What stands in the head about the version and the status. */
export function renderFacts(item) {
  const section = elementOf(item);
  if (!section) return;
  const word = item.decided || item.status;
  const status = section.querySelector(".item-status");
  status.className = `status item-status status-${word}`;
  status.textContent = word;
  section.querySelector(".item-version").textContent = `v${item.version}`;
  const notice = section.querySelector(".item-notice");
  notice.hidden = !item.lost;
  notice.textContent = item.lost ? "Somebody else has this one now, or it was decided elsewhere. Go on to the next one." : "";
}

/** The same item as the server shows it now; who reads it stays where they are. */
export function renderAgain(item) {
  const wasShown = elementOf(item)?.hidden === false;
  const middle = document.getElementById("review-middle");
  const { turn } = state;
  const { scrollTop } = middle;
  if (wasShown) leaveTurn();
  const next = elementOf(item)?.nextElementSibling;
  discard(item);
  render(item);
  if (next) next.before(elementOf(item));
  renderFacts(item);
  if (!wasShown) return;
  reveal(item);
  middle.scrollTop = scrollTop;
  selectTurn(turn, { focus: false });
}

/** More turns of a long conversation: what stands behind the button's address takes the button's place. */
export async function showMoreTurns(link, { focus = true } = {}) {
  const section = link.closest(".review-item");
  link.setAttribute("aria-disabled", "true");
  const response = await fetch(link.href, { headers: MORE, credentials: "same-origin" }).catch(() => null);
  if (!response?.ok) {
    link.removeAttribute("aria-disabled");
    return false;
  }
  const more = fragment(await response.text());
  const item = { id: Number(section.dataset.item) };
  number(more, item);
  // They are written for the page that they came from.
  for (const anchor of more.querySelectorAll('a[href^="?"]')) anchor.href = new URL(anchor.getAttribute("href"), link.href);
  const first = more.querySelector(".turn");
  link.closest(".turns-more").replaceWith(more);
  numberTurns(section);
  foldLongTurns(section, config.search);
  if (focus) first?.focus();
  return true;
}
