"""Deciding and flagging with the keys alone."""

import re

from playwright.sync_api import Page, expect

from tests.browser.visits import Visits


def test_a_key_that_cannot_act_says_why(visits: Visits) -> None:
    page = open_at(visits, "/conversations/6/edit")
    page.get_by_label("Turn 2", exact=True).select_option("user")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".facts-line")).to_contain_text("format issue")
    page.wait_for_load_state()
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("cannot be approved yet: it has a format issue")
    expect(page.locator(".facts-line")).to_contain_text("unreviewed")


def test_enter_sets_the_flag_from_the_reason_and_from_the_note(visits: Visits) -> None:
    page = open_at(visits, "/conversations/7/")
    page.keyboard.press("f")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator(".facts-line")).to_contain_text("1 flag")
    page.keyboard.press("f")
    page.get_by_label("Note (optional)", exact=True).press_sequentially("look")
    page.keyboard.press("Enter")
    expect(page.locator(".facts-line")).to_contain_text(re.compile("2 flags"))
    expect(page.locator("#panel-flags")).to_contain_text("look")


def open_at(visits: Visits, address: str) -> Page:
    page = visits.window("rita").new_page()
    page.goto(address)
    return page
