"""The whole main job with the mouse: from the printed link to a file that a trainer loads, and its proof."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.made_files import Messages, write_openai, write_own
from tests.browser.stand import PASSWORD, Stand
from tests.browser.trainer import check_the_file, expected_lines
from tests.browser.visits import Visits

pytestmark = pytest.mark.timeout(600)

EDITED = "A medlar tree stands at corner 2 of the garden."


def test_the_main_job(visits: Visits, stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKS_CORE_HUB", str(stand.hub))
    page = visits.window().new_page()
    log_in_by_link(page, stand)
    see_the_demo(page)
    import_the_task(page)
    upload_two_files(page, [write_own(tmp_path), write_openai(tmp_path)])
    read_the_report(page, tmp_path)
    see_the_sources(page)
    find_conversations(page, visits)
    edit_and_restore(page)
    flag_resolve_approve(page)
    approve_checked(page)
    approve_all_that_match(page)
    make_the_mixture(page)
    expected = expected_lines(EDITED)
    see_the_preview(page, expected)
    file = export(page, tmp_path)
    check_the_file(file, expected, stand)


def main_link(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Main").get_by_role("link", name=name)


def log_in_by_link(page: Page, stand: Stand) -> None:
    stand.manage("createuser", "ada", "--role", "admin")
    page.goto(stand.login_link("ada"))
    page.get_by_role("button", name="Log in as ada").click()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your new password is set.")).to_be_visible()


def see_the_demo(page: Page) -> None:
    main_link(page, "Home").click()
    expect(page.get_by_role("heading", name="65 conversations")).to_be_visible()
    page.get_by_role("link", name=re.compile("with an open flag")).click()
    expect(page.get_by_role("heading", name="15 conversations")).to_be_visible()


def import_the_task(page: Page) -> None:
    main_link(page, "Sources").click()
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_role("link", name=re.compile("^GSM8K")).click()
    page.get_by_label("Subset").select_option("main")
    page.get_by_label("Split").select_option("train")
    page.get_by_role("button", name="Preview").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("heading", name="First conversations of 1,300")).to_be_visible()
    expect(preview.get_by_role("group")).to_have_count(3)
    expect(preview.get_by_role("article").first).to_contain_text("How many?")
    page.get_by_role("button", name="Import the task").click()
    report = page.get_by_role("region", name=re.compile("^Import GSM8K"))
    expect(report.get_by_role("progressbar")).to_have_js_property("value", 100)
    expect(report.get_by_text("done", exact=True)).to_be_visible()
    expect_counts(report, "1,300", "1,300", "0", "0")


def expect_counts(report: Locator, read: str, accepted: str, duplicates: str, rejected: str) -> None:
    values = report.locator(".counts dd")
    expect(values).to_have_text([read, accepted, duplicates, rejected])


def upload_two_files(page: Page, files: list[Path]) -> None:
    page.get_by_role("link", name="Import more").click()
    page.get_by_role("link", name="Upload").click()
    drop(page, page.locator("#drop-zone"), files)
    for file in files:
        report = page.get_by_role("region", name=re.compile(f"{file.name}$"))
        expect(report.get_by_text("done", exact=True)).to_be_visible()


def drop(page: Page, zone: Locator, files: list[Path]) -> None:
    """Drag files from outside the browser and drop them."""
    box = zone.bounding_box()
    assert box
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **middle, "data": data})
    session.detach()


def read_the_report(page: Page, folder: Path) -> None:
    report = page.get_by_role("region", name=re.compile("orchard.jsonl$"))
    expect_counts(report, "8", "6", "1", "1")
    with page.expect_download() as arriving:
        report.get_by_role("link", name="Download the report").click()
    arriving.value.save_as(folder / "report.txt")
    text = (folder / "report.txt").read_text()
    assert re.search(r"^line 7: \S+", text, re.MULTILINE)
    assert re.search(r"^line 8: \S+", text, re.MULTILINE)
    fruit = page.get_by_role("region", name=re.compile("fruit.jsonl$"))
    expect_counts(fruit, "2", "2", "0", "0")


def see_the_sources(page: Page) -> None:
    main_link(page, "Sources").click()
    for name, count in (("GSM8K main train", "1,300"), ("orchard", "6"), ("fruit", "2")):
        row = page.get_by_role("row", name=re.compile(name))
        expect(row.get_by_role("link", name=count, exact=True)).to_be_visible()


def find_conversations(page: Page, visits: Visits) -> None:
    main_link(page, "Conversations").click()
    tick(page, "Source", "orchard")
    expect(page.get_by_role("heading", name="6 conversations")).to_be_visible()
    tick(page, "Status", "unreviewed")
    expect(chips(page)).to_have_count(2)
    page.get_by_label("Words in the text").fill('"at corner 2"')
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="1 conversation", exact=True)).to_be_visible()
    expect(chips(page)).to_have_count(3)
    other = visits.window("vera").new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", name="1 conversation", exact=True)).to_be_visible()
    other.close()
    page.get_by_role("link", name=re.compile("Remove the filter: .*unreviewed")).click()
    expect(chips(page)).to_have_count(2)
    expect(page).not_to_have_url(re.compile("status="))


def tick(page: Page, menu: str, choice: str) -> None:
    form = page.get_by_role("search", name="Filter conversations")
    form.locator("summary", has_text=menu).click()
    form.get_by_role("checkbox", name=choice).check()
    form.locator("summary", has_text=menu).click()


def chips(page: Page) -> Locator:
    return page.get_by_role("link", name=re.compile("^Remove the filter"))


def edit_and_restore(page: Page) -> None:
    page.get_by_role("link", name="Which tree stands at corner 2?").click()
    save_edit(page, EDITED, "quince was wrong")
    page.get_by_role("link", name="Whole history").click()
    expect(page.locator("#comparison del")).to_contain_text("quince")
    expect(page.locator("#comparison ins")).to_contain_text("medlar")
    expect(page.get_by_text("quince was wrong")).to_be_visible()
    page.get_by_role("button", name="Restore v1").click()
    expect(page.get_by_text("v3", exact=True).first).to_be_visible()
    expect(turn(page, 2)).to_contain_text("quince")
    save_edit(page, EDITED, "it is a medlar after all")


def save_edit(page: Page, text: str, reason: str) -> None:
    turn(page, 2).hover()
    turn(page, 2).get_by_role("link", name="Edit turn 2").click()
    page.get_by_label("Text of turn 2").fill(text)
    page.get_by_label("Why (optional)").fill(reason)
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(turn(page, 2)).to_contain_text(text)


def turn(page: Page, number: int) -> Locator:
    return page.get_by_role("article", name=re.compile(f"^Turn {number},"))


def flag_resolve_approve(page: Page) -> None:
    turn(page, 2).hover()
    turn(page, 2).get_by_role("link", name="Flag turn 2").click()
    page.get_by_label("Reason").select_option("off-topic")
    page.get_by_label("Note (optional)", exact=True).fill("trees again")
    page.get_by_role("button", name="Set the flag").click()
    expect(turn(page, 2).get_by_text("off-topic")).to_be_visible()
    page.get_by_role("button", name="Resolve off-topic").click()
    expect(page.get_by_text("No open flag.")).to_be_visible()
    page.get_by_label("then go on").uncheck()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".facts-line")).to_contain_text("approved")


def approve_checked(page: Page) -> None:
    main_link(page, "Conversations").click()
    tick(page, "Source", "fruit")
    expect(page.get_by_role("heading", name="2 conversations")).to_be_visible()
    page.get_by_label("Check all on this page").check()
    expect(page.get_by_text("2 checked, or")).to_be_visible()
    bulk(page).get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Approve 2 conversations").click()
    expect(page.get_by_text("2 changed.")).to_be_visible()


def bulk(page: Page) -> Locator:
    return page.get_by_role("form", name="Change the checked conversations")


def approve_all_that_match(page: Page) -> None:
    main_link(page, "Conversations").click()
    tick(page, "Source", "GSM8K main train")
    tick(page, "Status", "unreviewed")
    expect(chips(page)).to_have_count(2)
    address = page.url
    approve_in_bulk(page)
    page.get_by_role("button", name="Undo it for 1,300 conversations").click()
    expect(page.get_by_text("1,300 put back.")).to_be_visible()
    page.goto(address)
    approve_in_bulk(page)


def approve_in_bulk(page: Page) -> None:
    page.get_by_role("checkbox", name="all that match (1,300)").check()
    bulk(page).get_by_role("button", name="Approve").click()
    expect(page.get_by_text("of 1,300 conversations will be changed.")).to_be_visible()
    page.get_by_role("button", name="Approve 1,300 conversations").click()
    expect(page.get_by_text("1,300 changed.")).to_be_visible()


def make_the_mixture(page: Page) -> None:
    main_link(page, "Mixtures").click()
    page.get_by_label("Name").fill("garden mix")
    page.get_by_role("button", name="Create the mixture").click()
    page.get_by_role("link", name="Add a component").click()
    expect(page.get_by_role("checkbox", name="approved")).to_be_checked()
    page.get_by_role("checkbox", name="GSM8K main train").check()
    page.get_by_label("Repeats").fill("2")
    page.get_by_label("Slice from").fill("5")
    page.get_by_label("up to, without").fill("25")
    expect(page.get_by_text("1,300 conversations")).to_be_visible()
    page.get_by_role("button", name="Add the component").click()
    page.get_by_role("link", name="Add a component").click()
    page.get_by_role("checkbox", name="orchard").check()
    page.get_by_role("checkbox", name="fruit").check()
    page.get_by_role("button", name="Add the component").click()


def see_the_preview(page: Page, expected: list[Messages]) -> None:
    expect(page.locator("#total-lines")).to_have_text("43")
    examples = page.get_by_role("region", name="First lines of the file").get_by_role("listitem")
    expect(examples.first).to_be_visible()
    shown = [re.sub(r"\s+", " ", text) for text in examples.locator("summary .example-text").all_inner_texts()]
    assert len(shown) >= 5
    for text, messages in zip(shown, expected, strict=False):
        assert messages[0]["content"].endswith(text.strip())


def export(page: Page, folder: Path) -> Path:
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("heading", name=re.compile("ready.*43 conversations"))).to_be_visible()
    for name in ("Download", "Manifest"):
        with page.expect_download() as arriving:
            page.get_by_role("link", name=name).click()
        arriving.value.save_as(folder / arriving.value.suggested_filename)
    return next(folder.glob("*.jsonl.manifest.json")).with_suffix("").with_suffix("")
