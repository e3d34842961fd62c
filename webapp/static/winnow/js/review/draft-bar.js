// The bar under a conversation that is being rewritten: what stands there, and what can be done with it.
import { elementOf } from "./api.js";

const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

function button(text, className, act, chord = "") {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: `button small ${className}`, textContent: text });
  made.addEventListener("click", act);
  if (chord) {
    const key = document.createElement("kbd");
    Object.assign(key, { className: "kbd", textContent: chord });
    made.append(" ", key);
  }
  return made;
}

function words(work, editing) {
  const when = work.at ? `from ${clock(work.at)}` : "";
  if (work.stale) return `Draft ${when}. The text has changed since: it was version ${work.version}, now it is ${work.item.version}.`;
  if (editing) return work.at ? `Draft kept at ${clock(work.at)}` : "Editing. A draft is kept as you type.";
  return `Draft ${when}`;
}

/**
 * @param {import("./work.js").Work} work @param {boolean} editing a box is open
 * @param {Record<"save"|"approve"|"leave"|"discard"|"since"|"mine", () => void>} acts
 */
export function showBar(work, editing, acts) {
  const section = elementOf(work.item);
  if (!section) return;
  const bar = section.querySelector(".draft-bar") || document.createElement("div");
  const key = `${editing}-${work.stale}`;
  if (bar.dataset.key !== key) {
    bar.dataset.key = key;
    bar.className = "draft-bar";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Draft");
    const said = document.createElement("span");
    said.className = "draft-said";
    const tools = document.createElement("span");
    tools.className = "toolbar push";
    if (work.stale) {
      tools.append(button("What has changed", "", acts.since), button(`Put mine over version ${work.item.version}`, "", acts.mine));
    } else {
      tools.append(button("Save, approve, next", "primary", acts.approve, "Ctrl Enter"), button("Save", "", acts.save));
      if (editing) tools.append(button("Leave", "quiet", acts.leave, "Esc"));
    }
    tools.append(button("Discard", "quiet danger", acts.discard));
    bar.replaceChildren(said, tools);
  }
  bar.querySelector(".draft-said").textContent = words(work, editing);
  if (!bar.isConnected) section.append(bar);
}

export function hideBar(item) {
  elementOf(item)?.querySelector(".draft-bar")?.remove();
  elementOf(item)?.querySelector(".draft-since")?.remove();
}

/** What somebody else has changed, above the bar. @param {string} html from the server */
export function showSince(work, html) {
  const section = elementOf(work.item);
  section.querySelector(".draft-since")?.remove();
  const panel = document.createElement("section");
  panel.className = "draft-since panel";
  const title = document.createElement("h3");
  title.textContent = `What has changed since version ${work.version}, without your draft`;
  const body = document.createElement("div");
  body.className = "panel-body";
  body.innerHTML = html;
  panel.append(title, body);
  section.querySelector(".draft-bar").before(panel);
  panel.scrollIntoView({ block: "nearest" });
}
