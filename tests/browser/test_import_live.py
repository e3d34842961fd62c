"""A long import as it is seen while it runs, stopped and taken up again; and a worker that is away."""

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stand import Stand
from tests.browser.visits import Visits
from tests.servers import wait_until

pytestmark = pytest.mark.timeout(600)

LINES = 160_000
ALL_LINES = f"{LINES:,}"
#: A worker is missed after 25 seconds.
MISSED_MILLISECONDS = 40_000
DONE_MILLISECONDS = 120_000


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes a while."""
    path = tmp_path_factory.mktemp("big") / "big.jsonl"
    with path.open("w") as file:
        for number in range(LINES):
            question = {"role": "user", "content": f"What comes after {number}?"}
            answer = {"role": "assistant", "content": f"After {number} comes {number + 1}."}
            file.write(f"{json.dumps([question, answer])}\n")
    return path


def test_an_import_moves_stops_and_goes_on(visits: Visits, stand: Stand, big_file: Path) -> None:
    page = visits.window("carl").new_page()
    upload(page, big_file)
    address = page.url
    wait_for_the_middle(page)
    with held(stand):
        seen = value_of(bar(page))
        expect(report(page)).to_contain_text(re.compile(rf"[\d,]+ of {ALL_LINES} lines"))
        cancel_from_the_menu(page.context.new_page())
        expect(report(page)).to_contain_text("stopping after this step")
    expect(report(page).get_by_text("cancelled", exact=True)).to_be_visible()
    kept = look_at_the_incomplete_source(page)
    assert 0 < kept < LINES
    go_on(page, address, seen)
    page.context.close()
    see_that_it_ended(visits.window("carl").new_page(), address)


def test_a_missing_worker_is_told_and_missed_no_more(visits: Visits, stand: Stand, tmp_path: Path) -> None:
    file = tmp_path / "small.jsonl"
    turns = [{"role": "user", "content": "Is anybody here?"}, {"role": "assistant", "content": "Yes."}]
    file.write_text(json.dumps(turns))
    stand.worker.kill()
    page = visits.window("carl").new_page()
    upload(page, file)
    banner = page.get_by_text("No worker is running")
    expect(banner).to_be_visible(timeout=MISSED_MILLISECONDS)
    expect(report(page, "small.jsonl")).to_contain_text("waiting for a worker")
    stand.worker.start()
    expect(report(page, "small.jsonl").get_by_text("done", exact=True)).to_be_visible(timeout=DONE_MILLISECONDS)
    expect(banner).to_be_hidden()


@contextlib.contextmanager
def held(stand: Stand) -> Iterator[None]:
    """The worker stands still between two writes, so that there is time to look and others can write."""
    wait_until(lambda: stops_between_writes(stand), what="a moment between two writes")
    try:
        yield
    finally:
        stand.worker.resume()


def stops_between_writes(stand: Stand) -> bool:
    """Stop the worker; in the middle of a write let it go on at once."""
    stand.worker.suspend()
    with contextlib.closing(sqlite3.connect(stand.installation.data / "winnow.sqlite3", timeout=0.1)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            stand.worker.resume()
            return False
    return True


def upload(page: Page, file: Path) -> None:
    page.goto("/sources/import/?from=upload")
    page.get_by_label("Drop files here, or choose them").set_input_files(file)
    page.get_by_role("button", name="Import the files").click()
    report(page, file.name).get_by_role("link", name=f"Import {file.name}").click()
    expect(page.get_by_role("heading", name=f"Import {file.name}")).to_be_visible()


def report(page: Page, name: str = "big.jsonl") -> Locator:
    return page.get_by_role("region", name=re.compile(f"{name}$"))


def bar(page: Page) -> Locator:
    return report(page).get_by_role("progressbar")


def value_of(bar: Locator) -> float:
    return float(bar.evaluate("bar => bar.value"))


def wait_for_the_middle(page: Page) -> None:
    """The bar moves by itself; what it says is more than nothing and less than all."""
    expect(report(page)).to_contain_text(re.compile(r"\d a second.*\d+ (s|min) left", re.DOTALL))


def cancel_from_the_menu(page: Page) -> None:
    page.goto("/jobs/")
    page.locator("#jobs-menu summary").click()
    menu = page.locator("#jobs-list")
    expect(menu.get_by_role("progressbar", name="Progress of Import big.jsonl")).to_be_visible()
    menu.get_by_role("button", name="Cancel Import big.jsonl").click()
    expect(menu).to_contain_text("stopping after this step")
    page.close()


def look_at_the_incomplete_source(page: Page) -> int:
    """What came before is there, and says that it is not all. Returns how many conversations."""
    report(page).get_by_role("link", name="Open “big”").click()
    expect(page.get_by_text("The import stopped before its end.")).to_be_visible()
    return int(page.locator("#source-counts .big-number").first.inner_text().replace(",", ""))


def go_on(page: Page, address: str, seen: float) -> None:
    page.goto(address)
    stopped = value_of(bar(page))
    assert stopped >= seen
    report(page).get_by_role("button", name="Continue").click()
    page.goto(address)
    expect(bar(page)).not_to_have_js_property("value", stopped)
    assert value_of(bar(page)) > stopped


def see_that_it_ended(page: Page, address: str) -> None:
    page.goto(address)
    expect(report(page).get_by_text("done", exact=True)).to_be_visible(timeout=DONE_MILLISECONDS)
    expect(report(page).locator(".counts dd")).to_have_text([ALL_LINES, ALL_LINES, "0", "0"])
    report(page).get_by_role("link", name="Open “big”").click()
    expect(page.locator("#source-counts .big-number").first).to_have_text(ALL_LINES)
    expect(page.get_by_text("The import stopped before its end.")).to_have_count(0)
