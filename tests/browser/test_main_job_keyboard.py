"""The whole main job by keys alone, in the dark: from the printed link to a file that a trainer loads."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.keyboard import Keyboard
from tests.browser.made_files import write_openai, write_own
from tests.browser.stand import PASSWORD, Stand
from tests.browser.trainer import check_the_file, expected_lines
from tests.browser.visits import Visits

pytestmark = pytest.mark.timeout(600)

EDITED = "A medlar tree stands at corner 2 of the garden."


def test_the_main_job(visits: Visits, stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKS_CORE_HUB", str(stand.hub))
    page = visits.window(color_scheme="dark").new_page()
    keys = Keyboard(page)
    log_in_by_link(keys, stand)
    use_the_menus(keys)
    import_the_task(keys)
    upload(keys, [write_own(tmp_path), write_openai(tmp_path)])
    find(keys)
    edit_and_restore(keys)
    flag_and_resolve(keys)
    edit_and_approve(keys)
    decide_and_move(keys)
    approve_checked(keys)
    approve_all_that_match(keys)
    make_the_mixture(keys)
    file = export(keys, tmp_path)
    check_the_file(file, expected_lines(EDITED), stand)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name, exact=True)


def main_link(keys: Keyboard, name: str) -> None:
    keys.use(keys.page.get_by_role("navigation", name="Main").get_by_role("link", name=name))
    expect(keys.page.get_by_role("heading", name=name, level=1)).to_be_visible()


def log_in_by_link(keys: Keyboard, stand: Stand) -> None:
    stand.manage("createuser", "ada", "--role", "admin")
    keys.page.goto(stand.login_link("ada"))
    expect(button(keys.page, "Log in as ada")).to_be_focused()
    keys.press("Enter")
    keys.fill("New password", PASSWORD)
    keys.fill("The same password again", PASSWORD)
    keys.press("Enter")
    expect(keys.page.get_by_text("Your new password is set.")).to_be_visible()


def use_the_menus(keys: Keyboard) -> None:
    page = keys.page
    main_link(keys, "Home")
    user = page.locator("summary", has_text="ada")
    keys.use(user)
    expect(button(page, "Log out")).to_be_visible()
    keys.go(button(page, "Log out"))
    keys.press("Escape")
    expect(button(page, "Log out")).to_be_hidden()
    expect(user).to_be_focused()
    page.reload()
    keys.press("Tab", "Enter")
    expect(page.locator("main")).to_be_focused()


def import_the_task(keys: Keyboard) -> None:
    page = keys.page
    page.reload()
    main_link(keys, "Sources")
    keys.use(link(page, "Import"))
    keys.use(page.get_by_role("link", name=re.compile("^GSM8K")))
    expect(page.get_by_role("heading", name="GSM8K")).to_be_visible()
    keys.choose("Subset", "main")
    keys.choose("Split", "train")
    keys.use(page.get_by_role("button", name="Preview"))
    expect(page.get_by_role("region", name="Preview").get_by_role("group")).to_have_count(3)
    keys.use(button(page, "Import the task"), back=True)
    report = page.get_by_role("region", name=re.compile("^Import GSM8K"))
    expect(report.get_by_text("done", exact=True)).to_be_visible()


def upload(keys: Keyboard, files: list[Path]) -> None:
    page = keys.page
    with page.expect_file_chooser() as choosing:
        keys.use(link(page, "Import more"))
        keys.use(link(page, "Upload"))
        keys.use(page.get_by_label("Drop files here, or choose them"))
    choosing.value.set_files(files)
    keys.use(button(page, "Import the files"))
    for file in files:
        report = page.get_by_role("region", name=re.compile(f"{file.name}$"))
        expect(report.get_by_text("done", exact=True)).to_be_visible()


def find(keys: Keyboard) -> None:
    page = keys.page
    keys.press("/")
    page.keyboard.type('"the garden"')
    keys.press("Enter")
    expect(count(page, "6 conversations")).to_be_visible()
    tick(keys, "Source", "orchard")
    tick(keys, "Status", "unreviewed")
    expect(chips(page)).to_have_count(3)
    rows = page.locator(".row-title")
    keys.press("j", "j", "j", "k")
    expect(rows.nth(1)).to_be_focused()
    keys.press("x")
    expect(page.get_by_text("1 checked, or")).to_be_visible()
    keys.press("x", "Enter")
    expect(page.get_by_role("heading", name="orchard #2")).to_be_visible()


def count(page: Page, words: str) -> Locator:
    return page.get_by_role("heading", name=words, exact=True)


def chips(page: Page) -> Locator:
    return page.get_by_role("link", name=re.compile("^Remove the filter"))


def tick(keys: Keyboard, menu: str, choice: str) -> None:
    form = keys.page.get_by_role("search", name="Filter conversations")
    keys.use(form.locator("summary", has_text=menu))
    keys.use(form.get_by_role("checkbox", name=choice), "Space")
    keys.press("Escape")


def edit_and_restore(keys: Keyboard) -> None:
    page = keys.page
    edit(keys, EDITED)
    keys.fill("Why (optional)", "quince was wrong")
    keys.press("Enter")
    expect(page.locator("#turn-2")).to_contain_text("medlar")
    keys.use(link(page, "Whole history"))
    expect(page.locator("#comparison ins")).to_contain_text("medlar")
    keys.use(button(page, "Restore v1"))
    expect(page.locator("#turn-2")).to_contain_text("quince")


def edit(keys: Keyboard, text: str) -> None:
    keys.press("e")
    expect(keys.page.get_by_role("heading", name="Edit orchard #2")).to_be_visible()
    keys.fill("Text of turn 2", text)


def flag_and_resolve(keys: Keyboard) -> None:
    page = keys.page
    keys.press("f")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("7")
    keys.fill("Turn (empty: the whole conversation)", "2")
    keys.fill("Note (optional)", "trees again")
    keys.press("Enter")
    expect(page.locator("#turn-2 .badge")).to_be_visible()
    keys.use(page.get_by_role("button", name=re.compile("^Resolve")))
    expect(page.get_by_text("No open flag.")).to_be_visible()


def edit_and_approve(keys: Keyboard) -> None:
    edit(keys, EDITED)
    keys.press("Control+Enter")
    expect(keys.page.locator(".facts-line")).to_contain_text("approved")


def decide_and_move(keys: Keyboard) -> None:
    for key, number in (("ArrowLeft", 1), ("ArrowRight", 3), ("x", 4), ("s", 5), ("a", 6)):
        keys.press(key)
        expect(keys.page.get_by_role("heading", name=f"orchard #{number}")).to_be_visible()


def approve_checked(keys: Keyboard) -> None:
    """Take back what was approved but for the one that was edited, and approve the fruit."""
    page = keys.page
    find_source(keys, "orchard")
    keys.press("j", "j", "j", "j", "j", "x")
    expect(page.get_by_text("1 checked, or")).to_be_visible()
    change_in_bulk(keys, "Back to unreviewed", "Take 1 conversation back to unreviewed")
    expect(page.get_by_text("1 changed.")).to_be_visible()
    find_source(keys, "fruit")
    keys.use(page.get_by_label("Check all on this page"), "Space")
    change_in_bulk(keys, "Approve", "Approve 2 conversations")
    expect(page.get_by_text("2 changed.")).to_be_visible()


def find_source(keys: Keyboard, name: str) -> None:
    main_link(keys, "Conversations")
    tick(keys, "Source", name)
    expect(chips(keys.page)).to_have_count(1)


def change_in_bulk(keys: Keyboard, action: str, confirmation: str) -> None:
    bulk = keys.page.get_by_role("form", name="Change the checked conversations")
    keys.use(bulk.get_by_role("button", name=action), back=True)
    keys.use(button(keys.page, confirmation))


def approve_all_that_match(keys: Keyboard) -> None:
    page = keys.page
    undo = button(page, "Undo it for 1,300 conversations")
    approve_gsm8k(keys)
    keys.use(undo)
    expect(page.get_by_text("1,300 put back.")).to_be_visible()
    approve_gsm8k(keys)


def approve_gsm8k(keys: Keyboard) -> None:
    find_source(keys, "GSM8K main train")
    keys.use(keys.page.get_by_role("checkbox", name="all that match (1,300)"), "Space", back=True)
    change_in_bulk(keys, "Approve", "Approve 1,300 conversations")
    expect(keys.page.get_by_text("1,300 changed.")).to_be_visible()


def make_the_mixture(keys: Keyboard) -> None:
    page = keys.page
    main_link(keys, "Mixtures")
    keys.fill("Name", "garden mix")
    keys.press("Enter")
    keys.use(link(page, "Add a component"))
    keys.use(page.get_by_role("checkbox", name="GSM8K main train"), "Space")
    keys.fill("Repeats", "2")
    keys.fill("Slice from", "5")
    keys.fill("up to, without", "25")
    keys.press("Enter")
    expect(page.locator("#total-lines")).to_have_text("40")
    keys.use(link(page, "Add a component"))
    for source in ("fruit", "orchard"):
        keys.use(page.get_by_role("checkbox", name=source), "Space")
    keys.use(button(page, "Add the component"))
    expect(page.locator("#total-lines")).to_have_text("43")


def export(keys: Keyboard, folder: Path) -> Path:
    page = keys.page
    keys.use(button(page, "Export"))
    expect(page.get_by_role("heading", name=re.compile("ready.*43 conversations"))).to_be_visible()
    names = []
    for name in ("Download", "Manifest"):
        with page.expect_download() as arriving:
            keys.use(link(page, name))
        names.append(arriving.value.suggested_filename)
        arriving.value.save_as(folder / names[-1])
    assert names[1] == f"{names[0]}.manifest.json"
    return folder / names[0]
