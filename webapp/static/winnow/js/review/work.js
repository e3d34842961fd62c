// A text that is being rewritten: its turns as they will be, each with the turn that it was, and how that is shown.
import { joinedText } from "./turn-editor.js";
import { turnElement, elementOf } from "./api.js";

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Which turn each of `messages` was in `base`: equal ones at both ends, in between by their place. */
function origins(base, messages) {
  const most = Math.min(base.length, messages.length);
  let head = 0;
  while (head < most && same(base[head], messages[head])) head += 1;
  let tail = 0;
  while (tail < most - head && same(base.at(-1 - tail), messages.at(-1 - tail))) tail += 1;
  const between = base.length - head - tail;
  return messages.map((_, index) => {
    if (index < head) return index;
    if (index >= messages.length - tail) return base.length - (messages.length - index);
    return index - head < between ? index : null;
  });
}

export class Work {
  /** @param {import("./state.js").Item} item @param {object[]} base its messages @param {number} version of them */
  constructor(item, base, version) {
    Object.assign(this, { item, base, version, at: 0, stale: false });
    this.take(base);
  }

  /** Go on with these messages. */
  take(messages) {
    const from = origins(this.base, messages);
    this.turns = messages.map((message, index) => ({ message, from: from[index] }));
  }

  get messages() {
    return this.turns.map((turn) => turn.message);
  }

  get isChanged() {
    return !same(this.messages, this.base);
  }

  /** @param {number} index of the text as it was @returns {object|undefined} the turn that it is now */
  turnFrom(index) {
    return this.turns.find((turn) => turn.from === index);
  }

  /** The last turn of the text as it was that stands before a place in the new one. */
  insert(place) {
    const before = this.turns[place - 1]?.message.role;
    const turn = { message: { role: before === "user" ? "assistant" : "user", content: "" }, from: null };
    this.turns.splice(place, 0, turn);
    return turn;
  }

  remove(turn) {
    this.turns.splice(this.turns.indexOf(turn), 1);
  }

  /** Put a deleted turn back to its place. @param {number} index of the text as it was */
  restore(index) {
    const place = this.turns.findIndex((turn) => turn.from !== null && turn.from > index);
    this.turns.splice(place < 0 ? this.turns.length : place, 0, { message: this.base[index], from: index });
  }

  nameOf(turn) {
    return `turn ${this.turns.indexOf(turn) + 1}`;
  }

  /** Turns without any text: nothing like that can be approved. @returns {string[]} */
  get empty() {
    const isEmpty = ({ message: { content } }) =>
      !joinedText(content).trim() && (typeof content === "string" || content.every((part) => ["text", "reasoning"].includes(part.type)));
    return this.turns.filter(isEmpty).map((turn) => this.nameOf(turn));
  }

  /** The element of a turn in the page; null for one that was not loaded. */
  elementOf(turn) {
    if (turn.from !== null) return turnElement(this.item, turn.from);
    return elementOf(this.item)?.querySelector(`.draft-turn[data-place="${this.turns.indexOf(turn)}"]`) || null;
  }
}

function preview(message) {
  const shown = document.createElement("div");
  shown.className = "draft-text";
  if (typeof message.content === "string") shown.textContent = message.content;
  else {
    for (const part of message.content) {
      const piece = document.createElement(part.type === "text" ? "span" : "code");
      piece.className = `draft-part draft-${part.type}`;
      piece.textContent = part.text;
      shown.append(piece);
    }
  }
  return shown;
}

function turnArticle(message, className, label) {
  const article = document.createElement("article");
  article.className = `turn-${message.role} ${className}`;
  const head = document.createElement("header");
  head.className = "turn-head";
  const role = document.createElement("h2");
  role.className = "turn-role";
  role.textContent = message.role;
  const note = document.createElement("span");
  note.className = "turn-number";
  note.textContent = label;
  head.append(role, note);
  article.append(head, preview(message));
  return article;
}

/** The page as it was before anything was painted into it. */
export function unpaint(item) {
  const section = elementOf(item);
  if (!section) return;
  for (const made of section.querySelectorAll(".draft-turn, .turn .draft-text, .draft-note")) made.remove();
  for (const turn of section.querySelectorAll(".is-drafted, .is-deleted")) turn.classList.remove("is-drafted", "is-deleted");
}

function note(element, text, restore = null) {
  const made = document.createElement("span");
  made.className = "draft-note badge info";
  made.textContent = text;
  // At the left: the tools of a chosen turn come at the right, and must not move what is just being clicked.
  element.querySelector(".turn-number")?.after(made);
  if (!restore) return;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "draft-note button quiet small", textContent: "Put it back" });
  button.addEventListener("click", restore);
  made.after(button);
}

/** Show the turns as they will be. @param {Work} work @param {(index: number) => void} restore a deleted turn */
export function paint(work, restore) {
  unpaint(work.item);
  let last = null;
  work.turns.forEach((turn, place) => {
    const element = turn.from === null ? turnArticle(turn.message, "draft-turn", "new, not saved") : work.elementOf(turn);
    if (!element) return;
    if (turn.from === null) {
      element.dataset.place = String(place);
      if (last) last.after(element);
      else elementOf(work.item).querySelector(".turns").prepend(element);
    } else if (!same(turn.message, work.base[turn.from])) {
      const body = element.querySelector(".turn-body");
      body?.before(preview(turn.message));
      element.classList.add("is-drafted");
      const { role } = turn.message;
      note(element, role === work.base[turn.from].role ? "changed, not saved" : `changed to ${role}, not saved`);
    }
    last = element;
  });
  work.base.forEach((_, index) => {
    if (work.turnFrom(index)) return;
    const element = turnElement(work.item, index);
    element?.classList.add("is-deleted");
    if (element) note(element, "deleted, not saved", () => restore(index));
  });
}

/** The turns of saved messages, until the server has rendered them. @returns {string} HTML */
export function plainTurns(messages) {
  const holder = document.createElement("div");
  messages.forEach((message, index) => {
    const article = turnArticle(message, "turn", String(index + 1));
    article.id = `turn-${index + 1}`;
    article.querySelector(".draft-text").classList.add("turn-body");
    holder.append(article);
  });
  return holder.innerHTML;
}
