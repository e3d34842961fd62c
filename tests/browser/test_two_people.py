"""Two browsers on one conversation: nothing is written over, and nobody's text is lost."""

import re

from playwright.sync_api import Page, expect

from tests.browser.visits import Visits

MINE, THEIRS = "Quinces", "Medlars"


def test_a_stale_save_shows_both_texts(visits: Visits) -> None:
    visits.refusals = (409,)
    mine, theirs = open_twice(visits, "/conversations/5/edit")
    save(theirs, THEIRS, reason="first")
    expect(theirs.locator("#turn-2")).to_contain_text(THEIRS)
    save(mine, MINE, reason="second")
    expect(mine.get_by_role("alert")).to_be_visible()
    conflict = mine.locator(".conflict")
    expect(conflict.locator("del")).to_have_text(THEIRS)
    expect(conflict.locator("ins")).to_have_text(MINE)
    expect(mine.get_by_label("Text of turn 2")).to_have_value(MINE)
    expect(mine.get_by_label("Why (optional)")).to_have_value("second")
    theirs.reload()
    expect(theirs.locator("#turn-2")).to_contain_text(THEIRS)
    mine.get_by_role("button", name="Save mine over version 2").click()
    expect(mine.locator("#turn-2")).to_contain_text(MINE)
    expect(mine.locator(".facts-line")).to_contain_text("v3")


def test_approving_what_was_flagged_in_the_meantime(visits: Visits) -> None:
    visits.refusals = (409,)
    mine, theirs = open_twice(visits, "/conversations/10/")
    flag(theirs, "unsafe", "look at this")
    mine.get_by_role("button", name="Approve").click()
    expect(mine.get_by_role("heading", name=re.compile("^Changed in the meantime"))).to_be_visible()
    expect(mine.get_by_role("alert")).to_contain_text("was not saved")
    expect(mine.get_by_text("Flags that you have not seen")).to_be_visible()
    expect(mine.locator("main")).to_contain_text("look at this")
    theirs.reload()
    expect(theirs.locator(".facts-line")).to_contain_text("unreviewed")
    mine.get_by_role("button", name="Approve version 1").click()
    theirs.reload()
    expect(theirs.locator(".facts-line")).to_contain_text("approved")


def test_deciding_on_a_text_that_changed(visits: Visits) -> None:
    visits.refusals = (409,)
    mine, theirs = open_twice(visits, "/conversations/16/")
    theirs.goto("/conversations/16/edit")
    save(theirs, THEIRS, reason="better")
    expect(theirs.locator("#turn-2")).to_contain_text(THEIRS)
    mine.get_by_role("button", name="Reject").click()
    expect(mine.get_by_text("What changed in the text")).to_be_visible()
    expect(mine.locator(".diff ins", has_text=THEIRS)).to_be_visible()
    mine.get_by_role("link", name="Look at it again").click()
    expect(mine.locator("#turn-2")).to_contain_text(THEIRS)
    expect(mine.locator(".facts-line")).to_contain_text("unreviewed")


def open_twice(visits: Visits, address: str) -> tuple[Page, Page]:
    mine, theirs = (visits.window(name).new_page() for name in ("rita", "carl"))
    mine.goto(address)
    theirs.goto(address)
    return mine, theirs


def save(page: Page, text: str, *, reason: str) -> None:
    page.get_by_label("Text of turn 2").fill(text)
    page.get_by_label("Why (optional)").fill(reason)
    page.get_by_role("button", name="Save", exact=True).last.click()


def flag(page: Page, reason: str, note: str) -> None:
    page.get_by_role("link", name=re.compile("^Flag f")).click()
    page.get_by_label("Reason").select_option(reason)
    page.get_by_label("Note (optional)", exact=True).fill(note)
    page.get_by_role("button", name="Set the flag").click()
    expect(page.locator(".facts-line")).to_contain_text("1 flag")
