"""Chromium, and a whole Winnow to point it at: one for each module, with the demo data and a small hub.

`-n 2 --dist loadfile` keeps a module on one worker, so that its Winnow is started once.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.stand import Stand, prepare_data
from tests.browser.visits import Visits
from tests.tasks_core.small_hub import write_hub

#: How long Chromium waits for something to appear; generous, because the machine may be busy.
PATIENCE_MILLISECONDS = 30_000

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium. Not for the whole session: beside its event loop Django refuses to use the database."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a hub and the data of a Winnow, made by the first worker that needs it."""
    own = tmp_path_factory.getbasetemp()
    folder = own.parent / "made-once" if "PYTEST_XDIST_WORKER" in os.environ else own / "made-once"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            write_hub(folder / "hub")
            prepare_data(folder, folder / "hub")
            (folder / "made").touch()
    return folder


@pytest.fixture(scope="session")
def hub(made_once: Path) -> Path:
    """A few made-up rows of every dataset, laid out like the hub."""
    return made_once / "hub"


@pytest.fixture(scope="session")
def prepared_data(made_once: Path) -> Path:
    """The data of a Winnow with the demo conversations and one person of each role; to be copied."""
    return made_once / "data"


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, hub: Path, prepared_data: Path) -> Iterator[Stand]:
    """A Winnow of the module's own, running."""
    folder = tmp_path_factory.mktemp("winnow")
    shutil.copytree(prepared_data, folder / "data")
    with Stand(folder, hub).running() as running:
        yield running


@pytest.fixture
def visits(browser: Browser, stand: Stand) -> Iterator[Visits]:
    """Windows on the stand; the test fails when a page of theirs wrote an error to the console."""
    opened = Visits(browser, stand, PATIENCE_MILLISECONDS)
    yield opened
    opened.close()
    assert opened.problems == []


@pytest.fixture
def context(visits: Visits) -> BrowserContext:
    """A window of the administrator, logged in."""
    return visits.window("admin")


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of the administrator, logged in."""
    return context.new_page()
