// What keeps a text from being approved, in the words of the server; it has the last word
// (webapp/conversations/content/checking.py).
import { config } from "./api.js";

const TEXTS = new Set(["text", "reasoning"]);

function isEmpty({ content }) {
  if (typeof content === "string") return !content.trim();
  return content.every((part) => TEXTS.has(part.type) && !part.text.trim());
}

/** @param {object[]} messages @returns {string[]} codes of format issues, each once */
function codes(messages) {
  const roles = messages.map(({ role }) => role);
  const body = roles.filter((role) => role !== "system");
  const first = roles.indexOf("system");
  const found = {
    one_message: body.length < 2,
    two_system: first !== roles.lastIndexOf("system"),
    system_in_middle: roles.some((role, index) => role === "system" && index > 0 && roles[index - 1] !== "system"),
    assistant_first: body[0] === "assistant",
    same_role_twice: body.some((role, index) => index > 0 && role === body[index - 1] && role !== "tool"),
    ends_with_user: body.at(-1) === "user",
    empty_turn: messages.some(isEmpty),
    tool_turn: body.includes("tool"),
  };
  return Object.keys(found).filter((code) => found[code]);
}

/** @param {object[]} messages @returns {string[]} format issues in words */
export function issuesOf(messages) {
  return codes(messages).map((code) => config.issues[code]);
}
