// The keys of a conversation's page, and the flag form beside it.
import { isTyping } from "./keys.js";
import { showNotice } from "./notices.js";

const form = document.getElementById("flag-form");

function openFlagForm(turn) {
  form.open = true;
  form.querySelector("[name=turn]").value = turn;
  form.querySelector("[name=reason]").focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-flag-turn]");
  if (!link || !form || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openFlagForm(link.dataset.flagTurn);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  const pressed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!pressed) return;
  event.preventDefault();
  if (pressed.disabled) showNotice(pressed.title, "warn");
  else pressed.click();
});

// In a list that hangs open, Enter chooses.
function isOpenList(target) {
  return CSS.supports("selector(:open)") && target.matches("select:open");
}

form?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.repeat || event.isComposing || isOpenList(event.target)) return;
  if (!event.target.matches("select, input")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

// A second press before the answer is there would send the decision twice.
document.getElementById("decide")?.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => delete document.getElementById("decide")?.dataset.sent);
