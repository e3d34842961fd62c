// The keys page: a field takes the key that is pressed in it. Without this script it takes what is typed.
import { keyOf } from "./keymap.js";

const form = document.getElementById("keys-form");
document.querySelector(".press-help").hidden = false;

function warnOfTwins() {
  const fields = [...form.querySelectorAll("[data-press]")];
  for (const field of fields) {
    const twin = fields.find((other) => other !== field && other.value && other.value.split(" ")[0] === field.value.split(" ")[0]);
    field.setCustomValidity(twin ? `${field.value} does “${twin.labels[0].textContent}” already.` : "");
  }
}

form.addEventListener("keydown", (event) => {
  const field = event.target.closest("[data-press]");
  const key = keyOf(event);
  // Tab goes on, as everywhere.
  if (!field || !key || /^(Shift\+)?Tab$/.test(key)) return;
  event.preventDefault();
  if (event.repeat) return;
  if (key === "Backspace" || key === "Delete") field.value = "";
  else field.value = field.name === "delete_turn" && key.length === 1 ? `${key} ${key}` : key;
  field.select();
  warnOfTwins();
});
form.addEventListener("focusin", (event) => event.target.closest("[data-press]")?.select());
form.addEventListener("input", warnOfTwins);
