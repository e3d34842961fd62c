"""The main job in a browser without JavaScript: plain links and forms."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tasks_core.customjson import CustomJSON
from tests.browser.made_files import own_messages, write_own
from tests.browser.stand import PASSWORD
from tests.browser.visits import Visits
from tests.servers import wait_until

pytestmark = pytest.mark.timeout(600)


def test_the_main_job(visits: Visits, tmp_path: Path) -> None:
    page = visits.window(java_script_enabled=False).new_page()
    log_in(page)
    import_a_task(page)
    upload(page, write_own(tmp_path))
    decide_and_edit(page)
    approve_in_bulk(page)
    file = mix_and_export(page, tmp_path)
    expected = [own_messages(1), [own_messages(2)[0], {"role": "assistant", "content": "A plum tree."}]]
    assert [one["messages"] for one in CustomJSON(file)][:2] == expected


def log_in(page: Page) -> None:
    page.goto("/sources/import/?from=task")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Import", exact=True)).to_be_visible()


def reload_until(page: Page, text: str, *, exact: bool = False) -> None:
    """Nothing moves by itself here: look again until the page says `text`."""
    wait_until(lambda: page.reload() and page.get_by_text(text, exact=exact).count(), seconds=60, what=text)


def press(page: Page, name: str) -> None:
    """Press a button and wait for the page that follows."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def import_a_task(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^HumanEval")).click()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").get_by_role("group")).to_have_count(3)
    press(page, "Import the task")
    reload_until(page, "done", exact=True)
    expect(page.locator(".counts dd").first).to_have_text("9")


def upload(page: Page, file: Path) -> None:
    page.get_by_role("link", name="Import more").click()
    page.get_by_role("link", name="Upload").click()
    page.get_by_label("Drop files here, or choose them").set_input_files(file)
    press(page, "Import the files")
    reload_until(page, "done", exact=True)
    expect(page.locator(".counts dd")).to_have_text(["8", "6", "1", "1"])


def decide_and_edit(page: Page) -> None:
    page.get_by_role("link", name="Open “orchard”").click()
    page.get_by_role("link", name="Open the conversations").click()
    page.get_by_role("link", name="Which tree stands at corner 1?").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="orchard #2")).to_be_visible()
    page.get_by_role("link", name="Edit turn 2").click()
    page.get_by_label("Text of turn 2").fill("A plum tree.")
    page.get_by_role("button", name="Move turn 1 down").click()
    expect(page.get_by_label("Text of turn 1")).to_have_value("A plum tree.")
    page.get_by_role("button", name="Move turn 1 down").click()
    page.get_by_role("button", name="Save and approve").click()
    expect(page.locator("#turn-2")).to_contain_text("A plum tree.")
    expect(page.locator(".facts-line")).to_contain_text("approved")


def approve_in_bulk(page: Page) -> None:
    page.get_by_role("link", name="back to the list").click()
    page.get_by_role("checkbox", name="all that match (6)").check()
    press(page, "Approve")
    reload_until(page, "of 6 conversations will be changed.")
    press(page, "Approve 4 conversations")
    reload_until(page, "4 changed.")


def mix_and_export(page: Page, folder: Path) -> Path:
    page.goto("/mixtures/")
    page.get_by_label("Name").fill("plain")
    page.get_by_role("button", name="Create the mixture").click()
    page.get_by_role("link", name="Add a component").click()
    page.get_by_role("checkbox", name="orchard").check()
    page.get_by_role("button", name="Add the component").click()
    page.get_by_role("link", name="Show the numbers").click()
    expect(page.locator("#total-lines")).to_have_text("6")
    page.get_by_label("Order", exact=True).select_option("sequence")
    page.get_by_role("button", name="Save order and choices").click()
    press(page, "Export")
    reload_until(page, "ready", exact=True)
    with page.expect_download() as arriving:
        page.get_by_role("link", name="Download").click()
    arriving.value.save_as(folder / "plain.jsonl")
    return folder / "plain.jsonl"
