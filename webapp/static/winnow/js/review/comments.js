// Comments on the review screen: m opens a box for the turn that the keys act on, Ctrl+Enter keeps what it says, Esc
// closes it. What is typed stays with its turn until it is sent, also where another item is shown in between.
import { addEntry, currentItem, elementOf, itemById, refreshItem, say, turnElement } from "./api.js";
import { completeNames } from "./mentions.js";
import { csrfToken } from "../http.js";

const LONGEST = 4000;
const ACTION = /\/review\/comments\/\d+\/(add|delete|resolve|reopen)$/;
const screen = document.getElementById("review-screen");

/** What the box is about: {item, turn}; null while it is closed. */
let about = null;

const words = (turn) => (turn === null ? "the whole conversation" : `turn ${turn + 1}`);
const keyOf = ({ item, turn }) => `winnow-comment-${item.conversation}-${turn ?? "all"}`;

const box = document.createElement("form");
box.className = "comment-box";
box.hidden = true;
box.setAttribute("aria-label", "Comment");
box.innerHTML = `
  <label for="comment-box-text"></label>
  <textarea id="comment-box-text" rows="3" maxlength="${LONGEST}" required></textarea>
  <div class="toolbar">
    <button class="button primary">Comment <kbd class="kbd">Ctrl+Enter</kbd></button>
    <button class="button quiet" type="button">Close <kbd class="kbd">Esc</kbd></button>
    <span class="muted">@name tells somebody</span>
  </div>`;
const area = box.querySelector("textarea");
document.getElementById("review-middle").append(box);
const completion = completeNames(area);

function open(detail) {
  about = { item: detail.item, turn: detail.turn };
  box.querySelector("label").textContent = `Comment on ${words(about.turn)}`;
  area.value = sessionStorage.getItem(keyOf(about)) || "";
  box.hidden = false;
  area.focus();
}

function close() {
  about = null;
  completion.close();
  box.hidden = true;
}

/** A sign at once, until the server has the comment and the item is shown with it. */
function mark(item, entry) {
  const place = entry.turn === null ? ".item-flags" : ".turn-head";
  const holder = entry.turn === null ? elementOf(item) : turnElement(item, entry.turn);
  const chip = document.createElement("span");
  Object.assign(chip, { className: "badge info", textContent: "your comment", title: entry.text });
  Object.assign(chip.dataset, { entry: entry.id, group: entry.group });
  holder?.querySelector(place)?.append(chip);
}

function keep(item, turn, text) {
  const { entry } = addEntry("comment", { turn, text }, { item, words: `commented on ${words(turn)}` });
  mark(item, entry);
  say(`Your comment on ${words(turn)} is kept.`);
}

function submit() {
  const text = area.value.trim();
  if (!about || !text) return say("The comment is empty. Write something first.", "warn");
  const { item, turn } = about;
  keep(item, turn, text);
  sessionStorage.removeItem(keyOf(about));
  close();
  return (turnElement(item, turn) || elementOf(item))?.focus({ preventScroll: true });
}

/** The form in the panel at the right. */
function submitPanel(form) {
  const item = currentItem();
  const data = new FormData(form);
  const name = String(data.get("name") || "").trim().replace(/^@/, "");
  const written = String(data.get("text")).trim();
  if (!item || !written) return say("The comment is empty. Write something first.", "warn");
  const isNamed = !name || written.toLowerCase().includes(`@${name.toLowerCase()}`);
  keep(item, data.get("turn") ? Number(data.get("turn")) - 1 : null, isNamed ? written : `@${name} ${written}`);
  return form.reset();
}

/** Delete, resolve, open again: small changes of what stands there, not worth an outbox. */
async function change(form) {
  const item = currentItem();
  const request = { method: "POST", headers: { "X-CSRFToken": csrfToken() }, redirect: "manual", credentials: "same-origin" };
  const response = await fetch(form.action, request).catch(() => null);
  if (response?.type !== "opaqueredirect") return say("That could not be done. Try again in a moment.", "bad");
  return item && refreshItem(item.id);
}

document.addEventListener("review:comment", (event) => open(event.detail));
document.addEventListener("review:save", (event) => {
  const form = document.activeElement?.closest(".comment-box, .comment-form");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});
document.addEventListener("review:leave", (event) => {
  if (!about) return;
  const { item, turn } = about;
  const isHere = event.detail.item === currentItem() && box.contains(document.activeElement);
  if (!isHere || !completion.isOpen()) close();
  else completion.close();
  if (!isHere) return;
  event.preventDefault(); // the turn stays selected
  if (!about) (turnElement(item, turn) || elementOf(item))?.focus({ preventScroll: true });
});
document.addEventListener("review:result", ({ detail: { entry, result } }) => {
  if (entry.kind !== "comment" || result.state === "done") return;
  for (const chip of document.querySelectorAll(`[data-entry="${CSS.escape(entry.id)}"]`)) chip.remove();
  const item = entry.item && itemById(entry.item);
  if (item) sessionStorage.setItem(keyOf({ item, turn: entry.turn }), entry.text);
});

area.addEventListener("input", () => about && sessionStorage.setItem(keyOf(about), area.value));
box.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
box.querySelector("[type=button]").addEventListener("click", close);
screen.addEventListener("submit", (event) => {
  const action = ACTION.exec(new URL(event.target.action, location.href).pathname)?.[1];
  if (!action) return;
  event.preventDefault();
  if (action === "add") submitPanel(event.target);
  else change(event.target);
});
screen.addEventListener("focusin", (event) => {
  if (!event.target.matches("[data-mentions]") || event.target.dataset.completing) return;
  event.target.dataset.completing = "yes";
  completeNames(event.target);
  event.target.focus(); // it was moved into a holder of its own
});
