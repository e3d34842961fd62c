// The form of comments beside a conversation: m goes there, names are completed, Ctrl+Enter sends it.
import { isTyping } from "../keys.js";
import { completeNames } from "./mentions.js";

const area = document.querySelector(".comment-form [data-mentions]");
completeNames(area);

document.addEventListener("keydown", (event) => {
  if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  event.preventDefault();
  area.focus();
  area.scrollIntoView({ block: "center" });
});

area.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
  event.preventDefault();
  area.form.requestSubmit();
});
