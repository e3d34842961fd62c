// The theme switch. The server writes the remembered choice into the page, so there is no flash at the next one.
import { post } from "./http.js";
import { showNotice } from "./notices.js";

function show(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("form[data-theme-switch] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-theme-switch]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  show(theme);
  const data = new FormData(form);
  data.set("theme", theme);
  try {
    await post(form.action, data);
  } catch {
    showNotice("The theme could not be remembered: the server does not answer.", "warn");
  }
});
