// "Copy" beside a text: <button data-copy="id of the field">.
import { showNotice } from "./notices.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    showNotice("Copied.", "good");
  } catch {
    showNotice("The browser does not allow copying here. The text is selected: press Ctrl+C.", "warn");
  }
});
