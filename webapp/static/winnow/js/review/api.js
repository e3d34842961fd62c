// What other parts of the review screen (editing in place, comments) build on. Import from here, not from the rest.
//
// Events, all on `document`; `detail.item` is the item on the screen, `detail.turn` an index from 0 or null
// (the whole conversation), `detail.element` the element of that turn or of the item:
//   review:edit-turn {item, turn, element}       e, Enter; without a selected turn the last one of the assistant
//   review:insert {item, turn, element, where}   o, Shift+o: where is "after" or "before"
//   review:delete-turn {item, turn, element}     d d
//   review:model-answers {item}                  g
//   review:adopt {item}                          v
//   review:diff {item}                           h
//   review:comment {item, turn, element}         m
//   review:save {item}                           Ctrl+Enter: save, approve, go on. Not cancelled (preventDefault): approves
//   review:leave {item}                          Esc, and before another item is shown
//   review:shown {item, element}                 after it was painted
//   review:result {entry, result}                what the server said about an entry of this tab
import { state } from "./state.js";

export { addEntry } from "./entries.js";
export { currentItem, elementOf, itemById, turnElement } from "./state.js";
export { decide, goOn } from "./deciding.js";
export { refreshItem, replaceTurns } from "./loading.js";
export { say } from "./saying.js";
export { selectedTurn, selectTurn } from "./turns.js";
export { tell } from "./telling.js";

/** While a text is being edited, keys of decisions do nothing and say so. @param {boolean} on */
export function setEditing(on) {
  state.editing = on;
}
