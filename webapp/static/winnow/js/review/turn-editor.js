// The editor of one turn: a box of the same size in the same place, or one for each typed part.
import { PartsEditor, textBox } from "./parts.js";
import { withLineEnds } from "./line-ends.js";

const ROLES = ["system", "user", "assistant", "tool"];

/** All text of a turn, whatever the types of its parts. */
export function joinedText(content) {
  return typeof content === "string" ? content : content.map((part) => part.text).join("");
}

export class TurnEditor {
  /**
   * @param {HTMLElement} host the element of the turn @param {{role: string, content: string|object[]}} message
   * @param {string} name the turn in words @param {() => void} onChange
   */
  constructor(host, message, name, onChange) {
    Object.assign(this, { host, name, onChange, original: message.content });
    for (let details = host.querySelector("details.long-turn"); details; details = null) details.open = true;
    const shown = host.querySelector(".draft-text") || host.querySelector(".turn-body");
    const height = shown?.getBoundingClientRect().height || 0;
    this.element = document.createElement("div");
    this.element.className = "turn-editor";
    this.#head(message.role);
    this.#fill(message.content);
    host.classList.add("is-edited");
    if (shown) shown.before(this.element);
    else host.append(this.element);
    // Not smaller than what stood there, so that nothing below it moves.
    if (this.box) this.box.style.minHeight = `${Math.ceil(height)}px`;
    this.element.addEventListener("input", onChange);
  }

  get message() {
    const content = this.parts ? this.parts.parts : withLineEnds(joinedText(this.original), this.box.value);
    return { role: this.role.value, content };
  }

  focus() {
    if (this.parts) return this.parts.focus();
    this.box.focus({ preventScroll: true });
    return this.box.setSelectionRange(0, 0);
  }

  close() {
    this.element.remove();
    this.tools.remove();
    this.host.classList.remove("is-edited");
  }

  #head(role) {
    this.role = document.createElement("select");
    for (const one of ROLES) this.role.append(new Option(one, one));
    this.role.value = role;
    this.role.setAttribute("aria-label", `Role of ${this.name}`);
    this.role.addEventListener("change", this.onChange);
    this.form = document.createElement("button");
    Object.assign(this.form, { type: "button", className: "button quiet small" });
    this.form.addEventListener("click", () => this.#turnOver());
    this.tools = document.createElement("span");
    this.tools.className = "turn-editor-tools";
    this.tools.append(this.role, this.form);
    (this.host.querySelector(".turn-head") || this.host).append(this.tools);
  }

  #fill(content) {
    const isText = typeof content === "string";
    this.form.textContent = isText ? "Split into parts" : "Join into one text";
    this.parts = isText ? null : new PartsEditor(content, this.onChange);
    this.box = isText ? textBox(content, `Text of ${this.name}`) : null;
    this.element.replaceChildren(this.parts?.element || this.box);
  }

  /** From one text to parts, and back. */
  #turnOver() {
    const { content } = this.message;
    this.original = typeof content === "string" ? [{ type: "text", text: content }] : joinedText(content);
    this.#fill(this.original);
    this.focus();
    this.onChange();
  }
}
