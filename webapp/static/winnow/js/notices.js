// Short notices in the corner. The same text is never there twice.
const SECONDS = { good: 6, info: 8 };

function region() {
  return document.getElementById("toasts");
}

function closeButton(notice) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet small";
  button.textContent = "Close";
  button.addEventListener("click", () => notice.remove());
  return button;
}

/** Show `text`; `level` is good, bad, warn or info; `link` an optional {href, text} that opens in a new tab. */
export function showNotice(text, level = "bad", link = null) {
  for (const old of region().children) {
    if (old.dataset.text === text) old.remove();
  }
  const notice = document.createElement("div");
  notice.className = `notice ${level}`;
  notice.dataset.text = text;
  notice.setAttribute("role", level === "bad" || level === "warn" ? "alert" : "status");
  const words = document.createElement("div");
  words.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    Object.assign(anchor, { href: link.href, textContent: link.text, target: "_blank", rel: "noopener" });
    words.append(" ", anchor);
  }
  notice.append(words, closeButton(notice));
  region().append(notice);
  if (SECONDS[level]) setTimeout(() => notice.remove(), SECONDS[level] * 1000);
}

/** Take away the notice that says `text`. */
export function hideNotice(text) {
  for (const old of region().children) {
    if (old.dataset.text === text) old.remove();
  }
}

// The server sends one along with a partial: HX-Trigger: {"notice": {"text": "...", "level": "good"}}
document.body.addEventListener("notice", (event) => showNotice(event.detail.text, event.detail.level));
