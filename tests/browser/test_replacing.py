"""Find and replace from the list to its undo, by a curator."""

import re

from playwright.sync_api import expect

from tests.browser.visits import Visits


def test_find_and_replace_is_seen_done_and_undone(visits: Visits) -> None:
    page = visits.window("carl").new_page()
    page.goto("/conversations/?status=unreviewed")
    page.get_by_role("link", name="Find and replace").click()
    page.get_by_label("Find", exact=True).fill("the ")
    page.get_by_label("Replace it by").fill("THE ")
    page.get_by_label("Whole words only").uncheck()
    page.get_by_role("button", name="Show what would change").click()
    go_on = page.get_by_role("button", name=re.compile(r"Replace in \d+ conversations"))
    expect(go_on).to_be_visible(timeout=30_000)
    expect(page.locator("ins").first).to_have_text("THE ")
    go_on.click()
    undo = page.get_by_role("button", name=re.compile("Undo it for"))
    expect(undo).to_be_visible(timeout=30_000)
    undo.click()
    expect(page.locator("#replace")).to_contain_text("put back.", timeout=30_000)


def test_a_python_part_is_run_on_the_edit_page(visits: Visits) -> None:
    page = visits.window("rita").new_page()
    page.goto("/conversations/5/edit?turn=2")
    page.get_by_role("button", name="Split into parts").last.click()
    page.get_by_label("Type of part 1", exact=False).last.select_option("python")
    page.get_by_label("Text of part 1", exact=False).last.fill("48/2")
    page.get_by_role("button", name="Run it").last.click()
    expect(page.locator(".run-report")).to_contain_text("24", timeout=20_000)
