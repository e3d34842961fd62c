"""The frame in a real browser: log-in, theme, menus, keys, jobs that move, refusals, a phone, axe."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.stand import PASSWORD
from tests.browser.visits import PHONE
from tests.installation import Installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, prepared_data: Path) -> Installation:
    """Demo data, and an administrator without a password."""
    folder = tmp_path_factory.mktemp("winnow")
    shutil.copytree(prepared_data, folder / "data")
    return Installation(folder)


@pytest.fixture(scope="module")
def address(installation: Installation) -> Iterator[str]:
    """No worker: a job stays where it is."""
    with installation.running(worker=False, beat=False) as web:
        yield web.url


@pytest.fixture(scope="module")
def state(browser: Browser, installation: Installation, address: str) -> Any:
    """The session of somebody who came in by a link."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto(installation.manage("loginlink", "--address", address).stdout.strip())
    page.get_by_role("button", name="Log in as admin").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    found = context.storage_state()
    context.close()
    return found


@pytest.fixture
def page(browser: Browser, address: str, state: Any) -> Iterator[Page]:
    """Somebody who is logged in; whatever the browser complains about fails the test."""
    context = browser.new_context(base_url=address, storage_state=state)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert complaints == []


def open_user_menu(page: Page) -> None:
    page.locator(".frame-menus summary", has_text="admin").click()


def queue_a_job(installation: Installation) -> None:
    """Without a worker it waits."""
    code = (
        "from webapp.conversations.actions.search import queue_indexing;"
        "from webapp.conversations.models import Source;"
        "queue_indexing(source=Source.objects.get(), by=None, send=False)"
    )
    installation.manage("shell", "-v", "0", "-c", code)


def test_logging_in_leads_to_the_page_that_was_asked_for(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/jobs/")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/")
    context.close()


def test_the_theme_changes_at_once_and_is_remembered(page: Page) -> None:
    page.goto("/")
    open_user_menu(page)
    with page.expect_response(re.compile("/theme$")):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    assert 'data-theme="dark"' in page.content()
    open_user_menu(page)
    with page.expect_response(re.compile("/theme$")):
        page.get_by_role("button", name="System").click()
    page.reload()
    assert "data-theme" not in page.content().split(">")[1]


def test_keys_and_menus(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("lavender/2")
    expect(page.locator("#search")).to_have_value("lavender/2")
    open_user_menu(page)
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    page.locator("#jobs-menu summary").click()
    page.locator("h1").click()
    expect(page.locator("#jobs-list")).to_be_hidden()


def test_searching_leads_to_the_list(page: Page) -> None:
    page.goto("/")
    page.locator("#search").fill("Hanseatic")
    page.keyboard.press("Enter")
    page.wait_for_url("**/conversations/?q=Hanseatic")
    expect(page.locator("main")).to_contain_text("Hanseatic League")


def test_a_waiting_job_is_cancelled_from_the_menu(page: Page, installation: Installation) -> None:
    queue_a_job(installation)
    page.goto("/")
    expect(page.locator("#jobs-count")).to_have_text("1 job")
    expect(page.get_by_text("No worker is running")).to_be_visible()
    page.locator("#jobs-menu summary").click()
    page.locator("#jobs-list").get_by_role("button", name="Cancel").click()
    expect(page.locator("#jobs-count")).to_have_text("Jobs")
    expect(page.locator("#jobs-list")).to_contain_text("Nothing is running")


def test_a_refusal_shows_as_a_notice(page: Page) -> None:
    page.goto("/")
    page.evaluate("htmx.ajax('GET', '/jobs/999999/progress', {target: 'main', swap: 'none'})")
    expect(page.get_by_role("alert")).to_contain_text("There is no such job.")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_session_that_ended_keeps_the_page(page: Page) -> None:
    page.goto("/profile")
    page.get_by_label("Full name").fill("half typed")
    page.context.clear_cookies()
    page.evaluate("htmx.ajax('GET', '/jobs/menu', {target: 'main', swap: 'none'})")
    expect(page.get_by_role("alert")).to_contain_text("Your session has ended.")
    expect(page.get_by_label("Full name")).to_have_value("half typed")


@pytest.mark.parametrize("path", ["/", "/people", "/profile", "/jobs/"])
def test_a_phone_sees_everything_without_scrolling_sideways(
    browser: Browser, address: str, state: Any, path: str
) -> None:
    context = browser.new_context(base_url=address, storage_state=state, viewport=PHONE)
    page = context.new_page()
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("link", name="Sources")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Sources")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(browser: Browser, address: str, state: Any, scheme: Any) -> None:
    """axe-core: contrast, names, labels, order of headings."""
    context = browser.new_context(base_url=address, storage_state=state, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    found = {}
    for path in ("/", "/people", "/profile", "/jobs/", "/jobs/1/", "/nothing/here", "/invite/none"):
        page.goto(path)
        violations = Axe().run(page).response["violations"]
        found[path] = [(one["id"], [node["target"] for node in one["nodes"]]) for one in violations]
    context.close()
    assert {path: what for path, what in found.items() if what} == {}
