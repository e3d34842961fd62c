// The editor of a turn in typed parts: a box and a type for each, and for python the button that runs it.
import { runPart, runReport } from "../running.js";
import { config } from "./api.js";
import { withLineEnds } from "./line-ends.js";

export const PART_TYPES = {
  text: "text",
  python: "Python",
  python_output: "output",
  reasoning: "reasoning",
  tool_call: "tool call",
  tool_result: "tool result",
};
const PROSE = new Set(["text", "reasoning"]);

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function button(text, name, act) {
  const made = make("button", { type: "button", className: "button quiet small", textContent: text, title: name });
  made.setAttribute("aria-label", name);
  made.addEventListener("click", act);
  return made;
}

/** A text box that grows with its text. @param {string} text @param {string} name for screen readers */
export function textBox(text, name) {
  const box = make("textarea", { className: "turn-box", value: text, rows: 1, spellcheck: true });
  box.setAttribute("aria-label", name);
  const grow = () => {
    if (CSS.supports("field-sizing", "content")) return;
    box.style.height = "0";
    box.style.height = `${box.scrollHeight}px`;
  };
  box.addEventListener("input", grow);
  requestAnimationFrame(grow);
  return box;
}

export class PartsEditor {
  /** @param {{type: string, text: string}[]} parts @param {() => void} onChange */
  constructor(parts, onChange) {
    this.onChange = onChange;
    this.rows = make("div", { className: "parts-rows" });
    const add = button("+ Add a part", "Add a part", () => this.#add());
    this.element = make("div", { className: "parts-editor" }, this.rows, add);
    for (const part of parts) this.rows.append(this.#row(part));
    this.element.addEventListener("input", onChange);
  }

  /** @returns {{type: string, text: string}[]} */
  get parts() {
    return [...this.rows.children].map((row) => ({
      type: row.querySelector("select").value,
      text: withLineEnds(row.original, row.querySelector("textarea").value),
    }));
  }

  focus() {
    this.rows.querySelector("textarea")?.focus({ preventScroll: true });
  }

  #row(part) {
    const row = make("div", { className: "edit-part", original: part.text });
    const select = make("select", {});
    for (const [value, label] of Object.entries(PART_TYPES)) select.append(make("option", { value, textContent: label }));
    select.value = part.type;
    select.setAttribute("aria-label", "Type of this part");
    const run = button("Run it", "Run this Python part and compare its output", () => this.#run(row, run));
    run.classList.add("part-run");
    const tools = make(
      "span",
      { className: "toolbar push" },
      run,
      button("↑", "Move this part up", () => this.#move(row, -1)),
      button("↓", "Move this part down", () => this.#move(row, 1)),
      button("Remove", "Remove this part", () => this.#remove(row)),
    );
    const dress = () => {
      row.dataset.type = select.value;
      run.hidden = select.value !== "python";
      row.querySelector("textarea").classList.toggle("mono", !PROSE.has(select.value));
    };
    row.append(make("div", { className: "toolbar" }, select, tools), textBox(part.text, "Text of this part"));
    select.addEventListener("change", () => {
      dress();
      this.onChange();
    });
    dress();
    return row;
  }

  #add() {
    this.rows.append(this.#row({ type: "text", text: "" }));
    this.rows.lastChild.querySelector("textarea").focus();
    this.onChange();
  }

  #move(row, step) {
    const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (step < 0) other.before(row);
    else other.after(row);
    row.querySelector("textarea").focus();
    this.onChange();
  }

  #remove(row) {
    const next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    (next || this.element).querySelector("textarea, button")?.focus();
    this.onChange();
  }

  async #run(row, run) {
    const next = row.nextElementSibling;
    const hasOutput = next?.dataset.type === "python_output";
    const expected = hasOutput ? next.querySelector("textarea").value : null;
    run.disabled = true;
    run.textContent = "Running …";
    const answer = await runPart(config.addresses.run, row.querySelector("textarea").value, expected);
    Object.assign(run, { disabled: false, textContent: "Run it" });
    row.querySelector(".run-report")?.remove();
    const use = button("Use this output", "Put this output into the part behind it", () => this.#use(row, answer.output));
    row.append(runReport(answer, use));
    run.focus({ preventScroll: true });
  }

  #use(row, output) {
    let next = row.nextElementSibling;
    if (next?.dataset.type !== "python_output") {
      next = this.#row({ type: "python_output", text: "" });
      row.after(next);
    }
    next.querySelector("textarea").value = output;
    row.querySelector(".run-report").remove();
    next.querySelector("textarea").focus();
    this.onChange();
  }
}
