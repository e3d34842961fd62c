// From a key press to the name of a command, by the keys that this reviewer has chosen.
const TWICE_WITHIN = 1000;
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Process"]);

/**
 * A key press as it is written in the settings: "a", "Shift+o", "ArrowLeft", "Ctrl+Enter", "?".
 * @param {KeyboardEvent} event @returns {string} "" where it is no key of ours
 */
export function keyOf(event) {
  if (MODIFIERS.has(event.key) || event.isComposing) return "";
  const altGraph = event.getModifierState?.("AltGraph");
  const isCharacter = [...event.key].length === 1;
  const lower = event.key.toLowerCase();
  const isLetter = isCharacter && lower !== event.key.toUpperCase();
  const name = event.key === " " ? "Space" : isLetter ? lower : event.key;
  const parts = [];
  if ((event.ctrlKey || event.metaKey) && !altGraph) parts.push("Ctrl");
  if (event.altKey && !altGraph) parts.push("Alt");
  // Of signs Shift is a part: "?" is "?" wherever it lies on the keyboard.
  if (event.shiftKey && (isLetter || !isCharacter)) parts.push("Shift");
  return [...parts, name].join("+");
}

/** The digit of a key press, by the place of the key: with Shift, and on other layouts, it gives another sign. */
export function digitOf(event) {
  const found = /^(?:Digit|Numpad)([1-9])$/.exec(event.code || "");
  const isNumpadSign = event.code?.startsWith("Numpad") && !/^[1-9]$/.test(event.key);
  return found && !isNumpadSign && !event.ctrlKey && !event.metaKey && !event.altKey ? Number(found[1]) : 0;
}

export class Keymap {
  /** @param {Record<string, string>} keys name of a command -> key */
  constructor(keys) {
    this.commands = new Map([...Object.entries(keys).map(([command, key]) => [key, command]), ["Escape", "leave"]]);
    this.first = { key: "", at: 0 };
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {{command: string, waits: boolean}} waits: the first of two presses
   */
  find(event) {
    const key = keyOf(event);
    const twice = `${key} ${key}`;
    if (key && this.commands.has(twice)) {
      const again = this.first.key === key && event.timeStamp - this.first.at < TWICE_WITHIN && !event.repeat;
      this.first = again ? { key: "", at: 0 } : { key, at: event.timeStamp };
      return again ? { command: this.commands.get(twice), waits: false } : { command: "", waits: true };
    }
    this.first = { key: "", at: 0 };
    return { command: this.commands.get(key) || "", waits: false };
  }
}
