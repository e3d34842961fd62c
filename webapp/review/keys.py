"""The keys of the review screen: the one list of what can be done there, and what each reviewer made of it.

A key is written as the screen's script reads it (static/winnow/js/review/keymap.js): `a`, `Shift+o`, `ArrowLeft`,
`Ctrl+Enter`, `?`; two presses in a row as `d d`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from webapp.accounts.models import User
from webapp.review.models import ReviewSettings


class Command(NamedTuple):
    """Something that a key does: its name, the key it has at first, what it does in words, its group on the page."""

    name: str
    key: str
    words: str
    group: str
    # Works inside a text box too, so that it needs Ctrl.
    chord: bool = False


DECIDE, FLAG, MOVE, EDIT, LOOK = "Decide", "Flag", "Move", "Edit", "Look"

COMMANDS = (
    Command("approve", "a", "approve, and go on", DECIDE),
    Command("reject", "x", "reject, and go on", DECIDE),
    Command("skip", "s", "skip, and go on", DECIDE),
    Command("repeat", ".", "the last decision or flag again", DECIDE),
    Command("undo", "z", "undo the last step, any number of times", DECIDE),
    Command("reasons", "f", "flag: all reasons", FLAG),
    Command("back", "ArrowLeft", "the one before, without deciding", MOVE),
    Command("forward", "ArrowRight", "the next one, without deciding", MOVE),
    Command("turn_down", "j", "the next turn", MOVE),
    Command("turn_up", "k", "the turn before", MOVE),
    Command("edit", "e", "edit the turn", EDIT),
    Command("save", "Ctrl+Enter", "save, approve, and go on", EDIT, chord=True),
    Command("insert_after", "o", "insert a turn after this one", EDIT),
    Command("insert_before", "Shift+o", "insert a turn before this one", EDIT),
    Command("delete_turn", "d d", "delete the turn", EDIT),
    Command("adopt", "v", "take a model's answer over as a draft", EDIT),
    Command("answers", "g", "the answers of models", LOOK),
    Command("diff", "h", "what was changed", LOOK),
    Command("comment", "m", "comment on the turn", LOOK),
    Command("search", "/", "find in the conversation", LOOK),
    Command("help", "?", "these keys", LOOK),
)


class FixedKey(NamedTuple):
    """A key that is the same for everybody."""

    key: str
    shown: str
    words: str
    group: str


FIXED = (
    FixedKey("", "1 – 9", "flag with the team's first nine reasons", FLAG),
    FixedKey("", "Shift + 1 – 9", "the same, reject, and go on", FLAG),
    FixedKey("Enter", "Enter", "edit the turn", EDIT),
    FixedKey("Escape", "Esc", "leave what is open; a draft is kept", EDIT),
)
#: Named keys that may be chosen, by how people may write them.
_NAMED = {
    "arrowleft": "ArrowLeft", "left": "ArrowLeft", "←": "ArrowLeft",
    "arrowright": "ArrowRight", "right": "ArrowRight", "→": "ArrowRight",
    "enter": "Enter", "return": "Enter", "escape": "Escape", "esc": "Escape", "backspace": "Backspace",
    "delete": "Delete", "del": "Delete", "insert": "Insert", "tab": "Tab", "space": "Space", "home": "Home",
    "end": "End", "arrowup": "ArrowUp", "up": "ArrowUp", "↑": "ArrowUp", "arrowdown": "ArrowDown", "down": "ArrowDown",
    "↓": "ArrowDown", "pageup": "PageUp", "pagedown": "PageDown", **{f"f{n}": f"F{n}" for n in range(1, 13)},
}  # fmt: skip
_MODIFIERS = {"ctrl": "Ctrl", "control": "Ctrl", "alt": "Alt", "shift": "Shift"}
#: Without Ctrl, the browser and its readers use these: to scroll, to go from control to control, to reload.
_OF_THE_BROWSER = {
    "Tab", "Space", "Home", "End", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Backspace",
    *(f"F{n}" for n in range(1, 13)),
}  # fmt: skip
_SHOWN = {"ArrowLeft": "←", "ArrowRight": "→", "Escape": "Esc"}


class RefusedKey(Exception):
    """A key that a command cannot have; says why."""


@dataclass(frozen=True)
class ShownKey:
    """A line of the help: what it does, its key as people read it."""

    words: str
    shown: str
    name: str = ""


def show_key(key: str) -> str:
    """`Shift+o` -> "Shift + o"; `d d` -> "d d"; `ArrowLeft` -> "←"."""
    if " " in key:
        return key
    parts = [key] if len(key) == 1 else re.split(r"\+(?=.)", key)
    return " + ".join(_SHOWN.get(part, part) for part in parts)


def read_key(text: str) -> str:
    """A key as a person wrote it, in its one spelling. Raises RefusedKey for what is none."""
    presses = text.split() if " " in text.strip() else [text.strip()]
    if len(presses) == 3 and "+" in presses:
        presses = ["".join(presses)]
    keys = [_read_press(press) for press in presses]
    if len(keys) == 1:
        return keys[0]
    if len(keys) == 2 and keys[0] == keys[1] and len(keys[0]) == 1:
        return f"{keys[0]} {keys[0]}"
    raise RefusedKey("Two presses are possible only of the same key, such as “d d”.")


def _read_press(text: str) -> str:
    *before, name = [text] if len(text) == 1 else re.split(r"\+(?=.)", text)
    modifiers = {_MODIFIERS.get(part.lower(), "") for part in before}
    if not name or "" in modifiers:
        raise RefusedKey(f"“{text}” is not a key. Examples: a, Shift+o, ArrowLeft, Ctrl+Enter, d d.")
    if len(name) == 1 and name not in _NAMED:
        key = name.lower() if name.isalpha() else name
        if name.isalpha() and name != key and not before:
            modifiers.add("Shift")
        if not name.isalpha():
            modifiers.discard("Shift")
    elif name.lower() in _NAMED:
        key = _NAMED[name.lower()]
    else:
        raise RefusedKey(f"“{text}” is not a key. Examples: a, Shift+o, ArrowLeft, Ctrl+Enter, d d.")
    return "+".join([*(part for part in ("Ctrl", "Alt", "Shift") if part in modifiers), key])


def check_keys(keys: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a choice of keys, by the name of the command; empty where nothing is.

    `keys` holds one for every command, in its one spelling.
    """
    problems: dict[str, str] = {}
    taken = {fixed.key: fixed.words for fixed in FIXED if fixed.key}
    for command in COMMANDS:
        key = keys[command.name]
        press = key.split(" ")[0]
        problem = _refusal(command, press)
        if not problem and press in taken:
            so = "" if press == key else f", so that {show_key(key)} would do it, too"
            problem = f"{show_key(press)} does “{taken[press]}” already{so}."
        if problem:
            problems[command.name] = problem
        else:
            taken[press] = command.words
    return problems


def _refusal(command: Command, press: str) -> str:
    if press in {"1", "2", "3", "4", "5", "6", "7", "8", "9"}:
        return "The digits 1 to 9 flag."
    if "Alt+" in press:
        return "Keys with Alt belong to the browser."
    if command.chord:
        return _refused_chord(press)
    if press.startswith("Ctrl+"):
        return "Keys with Ctrl are kept for what works inside a text box."
    if press.removeprefix("Shift+") in _OF_THE_BROWSER:
        return f"{show_key(press)} belongs to the browser: it scrolls, goes from control to control or reloads."
    return ""


def _refused_chord(press: str) -> str:
    if not press.startswith("Ctrl+"):
        return "This works inside a text box, too, so that it needs Ctrl."
    name = press.removeprefix("Ctrl+").removeprefix("Shift+")
    if (len(name) == 1 and (name.isalnum() or name in "+-=")) or name in _OF_THE_BROWSER:
        return f"{show_key(press)} belongs to the browser."
    return ""


def default_keys() -> dict[str, str]:
    return {command.name: command.key for command in COMMANDS}


def keys_of(user: User) -> dict[str, str]:
    """The key of each command for this reviewer. What was chosen and does not fit any more is left out."""
    row = ReviewSettings.objects.filter(pk=user.pk).first()
    chosen = row.keys if row is not None and isinstance(row.keys, dict) else {}
    keys = default_keys() | {name: key for name, key in chosen.items() if name in default_keys()}
    return keys if not check_keys(keys) else default_keys()


def help_groups(keys: Mapping[str, str]) -> list[tuple[str, list[ShownKey]]]:
    """What `?` shows: the groups with their lines."""
    shown = {command.name: show_key(keys[command.name]) for command in COMMANDS}
    lines = [(command.group, ShownKey(command.words, shown[command.name], command.name)) for command in COMMANDS]
    fixed = [(key.group, ShownKey(key.words, key.shown)) for key in FIXED]
    return [(group, _of_group(group, [*lines, *fixed])) for group in (DECIDE, FLAG, MOVE, EDIT, LOOK)]


def _of_group(group: str, lines: Iterable[tuple[str, ShownKey]]) -> list[ShownKey]:
    return [line for name, line in lines if name == group]
