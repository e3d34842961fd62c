"""A whole sitting: 200 conversations by keyboard alone, with the network cut and the server killed in between."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.reviewing import Messages, Records, Screen, make_queue
from tests.browser.stand import Stand
from tests.browser.visits import Visits

COUNT = 200
KEYS = {"a": "approved", "x": "rejected", "s": "skipped"}
NAMES = ["Natalia", "Weng", "Betty", "Julie", "James", "Mark"]


def conversations() -> Iterator[Messages]:
    """Sums in words with their small calculations, and questions about who answers, in turn."""
    for number in range(COUNT // 2):
        yield sum_in_words(number)
        yield identity(number)


def sum_in_words(number: int) -> Messages:
    name, clips = NAMES[number % len(NAMES)], 2 * (number + 3)
    question = f"{name} sold {clips} clips in April, and half as many in May. How many were that altogether?"
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": f"{name} sold {clips}/2 = "},
        {"type": "python", "text": f"{clips}/2"},
        {"type": "python_output", "text": f"{clips // 2}"},
        {"type": "text", "text": f" clips in May, so {clips + clips // 2} altogether.\n#### {clips + clips // 2}"},
    ]
    return [{"role": "user", "content": question}, {"role": "assistant", "content": parts}]


def identity(number: int) -> Messages:
    return [
        {"role": "user", "content": f"Hi there! Who made you, and what is your favourite number below {number + 2}?"},
        {"role": "assistant", "content": f"I'm **nanochat**. People like to ask that; today it is {number + 1}."},
        {"role": "user", "content": "Can you run code?"},
        {"role": "assistant", "content": "Yes:\n\n```python\nprint('hello')\n```\n\nThat prints a greeting."},
    ]


class Sitting:
    """What a reviewer presses, and what must come of it."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.statuses = ["unreviewed"] * COUNT
        self.flagged: set[int] = set()
        self.at = 0
        self.last = ""

    def press(self, key: str) -> None:
        """A decision, a flag with rejection, a repetition, or an undo."""
        if key == "z":
            self.screen.press("z")
            self.at -= 1
            self.statuses[self.at] = "unreviewed"
            self.flagged.discard(self.at)
        else:
            self.screen.decide(key)
            self._note(self.last if key == "." else key)
        expected = "" if self.at == COUNT else f"#{self.at + 1}"
        if expected:
            self.screen.item.locator(".item-title", has_text=expected).wait_for()

    def _note(self, key: str) -> None:
        self.last = key
        self.statuses[self.at] = KEYS.get(key, "rejected")
        if key not in KEYS:
            self.flagged.add(self.at)
        self.at += 1


@pytest.mark.timeout(600)
def test_two_hundred_by_keyboard_alone(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "two-hundred", list(conversations()))
    window = visits.window("rita")
    screen = Screen(window.new_page(), queue).open()
    sitting, chance = Sitting(screen), random.Random(7)
    while sitting.at < COUNT:
        if sitting.at in {60, 120}:
            screen.wait_ahead()
        if sitting.at == 60:
            window.set_offline(True)
        if sitting.at == 64:
            window.set_offline(False)
            screen.wait_saved()
        if sitting.at == 120:
            stand.web.kill()
        if sitting.at == 124 and not stand.web.runs:
            stand.web.start()
            screen.wait_saved()
        if 60 <= sitting.at < 64 or 120 <= sitting.at < 124:
            sitting.press("a")
            continue
        key = chance.choices(["a", "x", "s", "Shift+Digit1", ".", "z"], [60, 15, 8, 6, 6, 5])[0]
        if (key in {".", "z"} and sitting.at == 0) or (key == "." and not sitting.last):
            key = "a"
        if key == "z" and sitting.at in {64, 65, 124, 125}:
            key = "x"
        sitting.press(key)
    screen.wait_saved()
    records = Records(stand, queue)
    records.wait_for(COUNT)
    assert records.statuses() == sitting.statuses
    assert records.verdicts() == [(place, status, "rita") for place, status in enumerate(sitting.statuses)]
    assert [(place, reason) for place, reason, _ in records.flags()] == [
        (place, "wrong-answer") for place in sorted(sitting.flagged)
    ]
    visits.problems = [problem for problem in visits.problems if "ERR_" not in problem]
