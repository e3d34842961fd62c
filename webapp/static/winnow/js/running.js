// Running a python part on the server, and showing what came of it beside its box.
import { csrfToken } from "./http.js";

const WORDS = { same: "✓ ", differs: "≠ ", ran: "", failed: "✗ ", timeout: "✗ ", unavailable: "" };
const LEVELS = { same: "good", differs: "warn", ran: "info", failed: "bad", timeout: "bad", unavailable: "info" };

/**
 * @param {string} address @param {string} code @param {string|null} expected null: there is no output to compare with
 * @returns {Promise<{result: string, words: string, output: string, diff: [string, string][]}>}
 */
export async function runPart(address, code, expected) {
  const failed = (words) => ({ result: "unavailable", words, output: "", diff: [] });
  try {
    const response = await fetch(address, {
      method: "POST",
      body: JSON.stringify({ code, expected }),
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(30_000),
    });
    if (response.ok) return await response.json();
    const said = await response.text();
    return failed(messageIn(said) || `The server answered with error ${response.status || 401}. Is the session over?`);
  } catch {
    return failed("The server cannot be reached, and code runs only there.");
  }
}

function messageIn(text) {
  try {
    return JSON.parse(text).message || "";
  } catch {
    return text.length < 200 && !text.includes("<") ? text : "";
  }
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function pieces(diff) {
  const tags = { added: "ins", removed: "del", same: "span" };
  const shown = make("pre", "run-output", "");
  for (const [mark, text] of diff) shown.append(make(tags[mark], "", text));
  return shown;
}

/** What came of a run, as an element. @param {HTMLElement|null} [use] a button, "Use this output" */
export function runReport(run, use = null) {
  const report = make("div", `run-report run-${run.result}`, "");
  report.setAttribute("role", "status");
  report.append(make("span", `badge ${LEVELS[run.result]}`, `${WORDS[run.result]}${run.words}`));
  if (run.result === "differs") report.append(make("span", "muted", "Struck out: what stands there. Underlined: what the code gives."), pieces(run.diff));
  else if (run.output) report.append(make("pre", "run-output", run.output));
  if (use && ["differs", "ran"].includes(run.result)) report.append(use);
  return report;
}
