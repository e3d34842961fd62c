// Flags as they show at once, before the server has them: on their turn, or in the head for the whole conversation.
import { config, elementOf, state, turnElement } from "./state.js";
import { waiting } from "./outbox.js";

/** @param {string} slug @returns {string} the reason in words */
export function labelOf(slug) {
  return config.reasons.find((reason) => reason.slug === slug)?.label || slug;
}

/** Show a flag that is on its way. @param {import("./state.js").Item} item @param {object} entry */
export function mark(item, entry) {
  const place = entry.turn === null || entry.turn === undefined
    ? elementOf(item)?.querySelector(".item-flags")
    : turnElement(item, entry.turn)?.querySelector(".turn-head");
  if (!place || place.querySelector(`[data-entry="${entry.id}"]`)) return;
  const chip = document.createElement("span");
  chip.className = "badge warn";
  chip.dataset.entry = entry.id;
  chip.dataset.group = entry.group;
  chip.textContent = `⚑ ${labelOf(entry.reason)}`;
  if (entry.note) chip.title = entry.note;
  const tools = place.querySelector(".turn-tools");
  if (tools) tools.before(chip);
  else place.append(chip);
}

/** Flags of an item that are still in the outbox. */
export function markWaiting(item) {
  const undone = new Set(waiting().map(({ entry }) => entry.target).filter(Boolean));
  for (const { entry } of waiting()) {
    if (entry.kind === "flag" && entry.conversation === item.conversation && !undone.has(entry.group)) mark(item, entry);
  }
}

/** Take back what showed for an entry, or for all entries of a group. @param {"entry"|"group"} by @param {string} id */
export function unmark(by, id) {
  for (const item of state.items) {
    for (const chip of elementOf(item)?.querySelectorAll(`[data-${by}="${CSS.escape(id)}"]`) || []) chip.remove();
  }
}
