// What can be undone: this tab's own steps, newest first, and after them what the server remembers of earlier ones.
import { ask } from "./connection.js";
import { config } from "./state.js";
import { waiting } from "./outbox.js";

/** @typedef {{group: string, words: string, item: number|null, conversation: number|null, title: string, kind: string, job: boolean,
 *   made?: number, refused?: number}} Step  made: entries of this key press, of which so many were not saved */

/** This tab's, the newest last. @type {Step[]} */
const own = [];
/** The server's, the newest first; read when it is needed. @type {Step[]} */
let earlier = [];
/** Groups that were undone here, so that a list that was read before does not bring them up again. */
const gone = new Set();

/** @param {object} entry that was put into the outbox @param {string} words what it did */
export function noteStep(entry, words) {
  const last = own.at(-1);
  if (last?.group === entry.group) {
    last.words = [last.words, words].filter(Boolean).join(" and ");
    last.made += 1;
    if (entry.kind === "decide") last.kind = "decide";
    return;
  }
  const { group, item, conversation, kind } = entry;
  own.push({ group, words: words || kind, item, conversation, title: "", kind, job: false, made: 1, refused: 0 });
}

/** A step that was undone. @param {string} group */
export function dropStep(group) {
  gone.add(group);
  const index = own.findIndex((step) => step.group === group);
  if (index >= 0) own.splice(index, 1);
}

/** The server did not take an entry: its step stays the one that "z" comes to, and then says so. @param {object} entry */
export function refuseStep(entry) {
  const step = own.find(({ group }) => group === entry.group);
  if (step) step.refused += 1;
}

/** Nothing of a step was saved, so that there is nothing to undo. @param {Step} step */
export function isRefused(step) {
  return Boolean(step.refused) && step.refused >= step.made;
}

/** The server has taken an undo back: the step is there again. */
export function reviveStep(step) {
  gone.delete(step.group);
  own.push(step);
}

async function readEarlier() {
  const { data, message } = await ask(config.addresses.steps);
  if (!data) return message;
  const underway = new Set(waiting().flatMap(({ entry }) => [entry.group, entry.target]));
  const mine = new Set(own.map((step) => step.group));
  const known = (group) => gone.has(group) || underway.has(group) || mine.has(group);
  earlier = data.steps.filter((step) => step.undoable && !known(step.group));
  return "";
}

/**
 * The newest step that is not undone, and takes it off the pile.
 * @returns {Promise<{step: Step|null, problem: string}>}
 */
export async function takeStep() {
  if (own.length) return { step: own.pop(), problem: "" };
  earlier = earlier.filter((step) => !gone.has(step.group));
  const problem = earlier.length ? "" : await readEarlier();
  return { step: earlier.shift() || null, problem };
}

/** Put a step back that was taken and then not undone. @param {Step} step */
export function putBack(step) {
  if (step.job || !own.length) earlier.unshift(step);
  else own.push(step);
}

/** Items that were decided before those on the screen, the newest first. @returns {Promise<Step[]>} */
export async function decidedBefore() {
  const { data } = await ask(config.addresses.steps);
  return (data?.steps || []).filter((step) => step.kind === "decide" && step.item && !gone.has(step.group));
}
