// g shows what models answered, v takes an answer over as a draft into the last turn of the assistant, h shows what was
// changed since the import.
import { ask, config, currentItem, say } from "./api.js";
import { openTurn, workOn } from "./rewriting.js";
import { togglePanel } from "./panels.js";

const MOST_KEYS = 9;

function answersPanel(item) {
  return document.querySelector(`#review-sides [data-of="${item.id}"] [data-panel="answers"]`);
}

function showAnswers(item) {
  const panel = answersPanel(item);
  if (!panel) return say("No model has answered this one yet.");
  togglePanel("side", true);
  for (const details of panel.querySelectorAll("details")) details.open = true;
  panel.scrollIntoView({ block: "nearest" });
  panel.querySelector("a, summary")?.focus({ preventScroll: true });
  return say("Answers of models. v takes one over as a draft.");
}

function dialogOf(title) {
  const dialog = document.createElement("dialog");
  dialog.className = "adopt-dialog";
  dialog.setAttribute("aria-label", title);
  const heading = document.createElement("h2");
  heading.textContent = title;
  const close = document.createElement("button");
  Object.assign(close, { type: "button", className: "button quiet small", textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.append(heading);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  return { dialog, close };
}

/** Which of several answers. @returns {Promise<object|null>} */
function choose(answers) {
  const { dialog, close } = dialogOf("Take over the answer of …");
  const list = document.createElement("ol");
  list.className = "plain-list adopt-list";
  let chosen = null;
  const take = (answer) => {
    chosen = answer;
    dialog.close();
  };
  answers.slice(0, MOST_KEYS).forEach((answer, index) => {
    const row = document.createElement("button");
    Object.assign(row, { type: "button", className: "button adopt-row" });
    const key = Object.assign(document.createElement("kbd"), { className: "kbd", textContent: String(index + 1) });
    const said = Object.assign(document.createElement("span"), { className: "adopt-said", textContent: answer.text.slice(0, 200) });
    row.append(key, ` ${answer.model} · ${answer.outcome} `, said);
    row.addEventListener("click", () => take(answer));
    const line = document.createElement("li");
    line.append(row);
    list.append(line);
  });
  dialog.append(list, close);
  dialog.addEventListener("keydown", (event) => {
    const answer = /^[1-9]$/.test(event.key) && answers[Number(event.key) - 1];
    if (!answer) return;
    event.preventDefault();
    take(answer);
  });
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(chosen));
    dialog.showModal();
  });
}

async function adopt(item) {
  const { data, message } = await ask(config.addresses.answers.replace("/0", `/${item.conversation}`));
  if (item !== currentItem()) return;
  if (!data) return say(message, "warn");
  if (!data.answers.length) return say("No model has answered this one yet, so there is nothing to take over.");
  const answer = data.answers.length === 1 ? data.answers[0] : await choose(data.answers);
  const work = answer && item === currentItem() && (await workOn(item));
  if (!work) return;
  const turn = work.turns.findLast(({ message: { role } }) => role === "assistant") || work.insert(work.turns.length);
  turn.message = { role: "assistant", content: answer.text };
  openTurn(work, turn, { isNew: true });
  say(`The answer of ${answer.model} is your draft now. Ctrl+Enter saves and approves.`);
}

async function showChanges(item) {
  if (item.version === 1) return say("Nothing was changed since it was imported.");
  const address = config.addresses.since.replace("/0/", `/${item.conversation}/`);
  const { data, message } = await ask(`${address}?version=1`);
  if (!data) return say(message, "warn");
  if (item !== currentItem()) return undefined;
  const { dialog, close } = dialogOf("What was changed since the import");
  const body = document.createElement("div");
  body.innerHTML = data.html;
  dialog.append(body, close);
  return dialog.showModal();
}

document.addEventListener("review:model-answers", ({ detail: { item } }) => showAnswers(item));
document.addEventListener("review:adopt", ({ detail: { item } }) => adopt(item));
document.addEventListener("review:diff", ({ detail: { item } }) => showChanges(item));
