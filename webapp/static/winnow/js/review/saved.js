// On every page: what is not saved yet. In the frame it shows only while there is something to say, on the review
// screen always.
import { noteConflict, openConflicts } from "./conflicts.js";
import { connection } from "./connection.js";
import { counts } from "./outbox.js";
import { showNotice } from "../notices.js";

// In a tab of its own; when it is done, this one goes on by itself.
const LOGIN = `/login?next=${encodeURIComponent("/review/")}`;
const places = document.querySelectorAll("[data-saved]");

const number = (count) => count.toLocaleString("en-GB");
const things = (count) => `${number(count)} ${count === 1 ? "decision" : "decisions"}`;

/** What is to be said, as pieces: text, or [text, address] for a link. */
function pieces() {
  const { waiting, stuck, others } = counts();
  const conflicts = openConflicts();
  const said = [];
  if (connection.way === "ended") said.push(["session ended: log in again", LOGIN]);
  if (connection.way === "other") said.push(["somebody else is logged in here: log in again", LOGIN]);
  if (connection.way === "refused" && waiting) said.push(connection.message || "your role does not allow this any more");
  if (connection.way === "offline") said.push(waiting ? `offline, ${number(waiting)} kept here` : "offline");
  else if (connection.way !== "open" && waiting) said.push(`${number(waiting)} kept here`);
  else if (waiting) said.push(`${number(waiting)} not yet saved`);
  if (connection.way === "away" && waiting) said.push("the server does not answer");
  if (stuck.length) said.push(`${number(stuck.length)} cannot be saved: ${stuck[0].stuck}`);
  if (conflicts) said.push([`${number(conflicts)} ${conflicts === 1 ? "needs" : "need"} you`, document.body.dataset.conflictsPage]);
  for (const { username, count } of others) said.push([`${things(count)} of ${username} wait: log in as ${username}`, LOGIN]);
  return said;
}

function level() {
  const { waiting, stuck, others } = counts();
  if (["ended", "other", "refused"].includes(connection.way) || stuck.length) return "bad";
  if (connection.way !== "open" || openConflicts() || others.length) return "warn";
  return waiting ? "busy" : "good";
}

function show() {
  const said = pieces();
  for (const place of places) {
    const always = place.dataset.saved === "always";
    const words = said.length || !always ? said : ["all saved ✓"];
    place.hidden = words.length === 0;
    place.dataset.level = level();
    const nodes = words.flatMap((piece, index) => [...(index ? [" · "] : []), node(piece)]);
    place.replaceChildren(...nodes);
  }
}

function node(piece) {
  if (typeof piece === "string") return piece;
  const link = document.createElement("a");
  Object.assign(link, { textContent: piece[0], href: piece[1], target: "_blank", rel: "noopener" });
  return link;
}

// Changes come in crowds; the text is written once a frame at most, and at once in a tab that is not seen.
let planned = false;
function plan() {
  if (document.hidden) return show();
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    show();
  });
}

function tellResult({ detail: { kept, result, elsewhere } }) {
  if (result.state !== "done") return noteConflict(kept, result, { elsewhere });
  if (!elsewhere && kept.entry.kind === "comment" && result.message) showNotice(result.message, "warn");
}

document.addEventListener("outbox:count", plan);
document.addEventListener("outbox:way", plan);
document.addEventListener("outbox:conflicts", plan);
document.addEventListener("outbox:result", tellResult);
show();
