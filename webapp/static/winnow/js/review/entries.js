// Entries of the outbox, as the screen makes them.
import { add, lastWaiting } from "./outbox.js";
import { currentItem } from "./state.js";
import { noteStep } from "./steps.js";
import { secondsLooked } from "./watching.js";
import { tab } from "./tab.js";
import { uuid } from "./ids.js";

/**
 * Put something that the reviewer did into the outbox. It is kept there until the server has answered.
 *
 * @param {"decide"|"flag"|"resolve"|"edit"|"comment"|"draft"|"undo"} kind
 * @param {object} fields  what this kind needs: decide {status, note}, flag {reason, turn, note}, resolve {flag},
 *   edit {messages, reason, approve}, comment {turn, text}, draft {messages}, undo {target}
 * @param {{item?: import("./state.js").Item, group?: string, words?: string}} [options]  item: the one on the screen
 *   where none is given; group: of the same key press, undone together; words: what undo says about it
 * @returns {{entry: object, kept: Promise<void>}}  kept: resolves when it is in the browser's store
 */
export function addEntry(kind, fields, { item = currentItem(), group = uuid(), words = "" } = {}) {
  const entry = {
    id: uuid(),
    group,
    kind,
    tab: tab(),
    item: item?.id ?? null,
    conversation: item?.conversation ?? null,
    version: item?.version ?? null,
    after: item ? lastWaiting(item.conversation) : null,
    seen_flag: item?.seen_flag ?? null,
    made_at: Date.now(),
    seconds: item && item === currentItem() ? secondsLooked() : null,
    ...fields,
  };
  const kept = add(entry, { title: item?.title || "" });
  if (kind !== "undo" && kind !== "draft") noteStep(entry, words);
  return { entry, kept };
}
