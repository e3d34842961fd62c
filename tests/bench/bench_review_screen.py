"""From a key to the next conversation painted: a sitting of 200 real items, with 100,000 conversations behind it.

TASKS_CORE_HUB=... python -m tests.bench.bench_review_screen [--rows 100000] [--identity FILE]

Half of the items are GSM8K's, half of an identity file; without them made ones. Times are those that the screen itself
takes, from the key event to the second frame after it. What was decided is compared with the database.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.bench.running import table
from tests.browser.conftest import FLAGS
from tests.browser.reviewing import Records, Screen
from tests.browser.stand import PASSWORD, Stand
from tests.servers import chromium_path

GOAL_MS = 50
ITEMS = 200
KEYS = ("a", "a", "x", "a", "s", "a", ".")

_FILL = """
from tests.bench.rows import fill
from webapp.accounts.actions import create_user
fill({rows})
create_user(username="rita", role="reviewer", password={password!r}, by=None)
"""
_QUEUE = """
from tests.factories import make_conversation, make_source
from webapp.conversations.models import Conversation, Source
from webapp.review.models import Queue, QueueItem
sources = list(Source.objects.filter(name__in=("gsm8k", "identity")))
halves = [list(Conversation.objects.filter(source=one).order_by("pk")[:{half}]) for one in sources]
if len(halves) < 2:
    made = make_source("made")
    halves = [[make_conversation(made) for _ in range({half})] for _ in range(2)]
mixed = [one for pair in zip(*halves) for one in pair]
queue = Queue.objects.create(name="bench", total=len(mixed))
QueueItem.objects.bulk_create(QueueItem(queue=queue, conversation=one, rank=n) for n, one in enumerate(mixed))
print(queue.pk, len(mixed), Conversation.objects.count())
"""


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--identity", type=Path, help="CustomJSON lines; without them made ones")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        stand = Stand(Path(folder), Path(os.environ.get("TASKS_CORE_HUB", "")))
        queue, items, total = _prepare(stand, options.rows, options.identity)
        with stand.running():
            timings, wrong = _review(stand, queue, items)
    print(table(("key", "presses", "median, ms", "p95, ms", "slowest, ms"), list(_rows(timings))))
    print(f"\n{items} items of {total:,} conversations; lost or double decisions: {wrong}. The goal is {GOAL_MS} ms.")


def _prepare(stand: Stand, rows: int, identity: Path | None) -> tuple[int, int, int]:
    manage = stand.installation.manage
    manage("migrate", "--verbosity", "0")
    manage("shell", "-v", "0", "-c", _FILL.format(rows=rows, password=PASSWORD), seconds=600)
    if stand.hub.name and identity:
        manage("import_task", "gsm8k", "--subset", "main", "--split", "train", "--name", "gsm8k", seconds=600)
        manage("import_jsonl", str(identity), "--name", "identity", seconds=600)
    queue, items, total = stand.manage("shell", "-v", "0", "-c", _QUEUE.format(half=ITEMS // 2)).split()[-3:]
    return int(queue), int(items), int(total)


def _review(stand: Stand, queue: int, items: int) -> tuple[list[dict[str, Any]], int]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_context(base_url=stand.url, viewport={"width": 1440, "height": 900}).new_page()
        page.goto(stand.login_link("rita"))
        page.get_by_role("button").last.click()
        page.wait_for_url(lambda address: "/login" not in address)
        screen = Screen(page, queue).open()
        for number in range(items):
            screen.decide(KEYS[number % len(KEYS)])
            if number % 25 == 24:
                screen.decide("z")
                screen.decide("a")
        screen.wait_saved()
        timings: list[dict[str, Any]] = page.evaluate("winnowTimings")
        browser.close()
    verdicts = Records(stand, queue).verdicts()
    return timings, abs(items - len(verdicts)) + len(verdicts) - len({place for place, _, _ in verdicts})


def _rows(timings: list[dict[str, Any]]) -> list[list[str]]:
    names = ["all", *sorted({timing["command"] for timing in timings})]
    found = {name: sorted(t["ms"] for t in timings if name in {"all", t["command"]}) for name in names}
    return [
        [name, str(len(times)), *(f"{ms:.1f}" for ms in (statistics.median(times), _p95(times), times[-1]))]
        for name, times in found.items()
    ]


def _p95(times: list[float]) -> float:
    return times[min(len(times) - 1, round(0.95 * len(times)))]


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
