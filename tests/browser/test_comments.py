"""Comments in a browser: from the conversation's page, without scripts, and from the review screen."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.stand import Stand
from tests.browser.visits import PHONE, Visits

#: Two queues on demo conversations: 1 is reviewed by one person each, 2 by two who disagree about one.
FURNISH = """
from webapp.accounts.models import User
from webapp.conversations.models import Conversation
from webapp.review.models import Queue, QueueItem, Verdict
plain = Queue.objects.create(name="plain", total=3)
twice = Queue.objects.create(name="twice", overlap=2, total=3, done=2, disagreed=1)
found = list(Conversation.objects.order_by("pk")[20:26])
for conversation in found[:3]:
    QueueItem.objects.create(queue=plain, conversation=conversation)
people = [User.objects.get(username=name) for name in ("rita", "carl")]
for conversation, said in zip(found[3:], ((1, 1), (1, 2), (1,))):
    state = 0 if len(said) < 2 else 1 if said[0] == said[1] else 2
    item = QueueItem.objects.create(queue=twice, conversation=conversation, state=state, verdicts_count=len(said))
    for person, status in zip(people, said):
        Verdict.objects.create(item=item, queue=twice, conversation=conversation, source=conversation.source,
                               reviewer=person, status=status, version=1)
print(plain.pk, twice.pk, found[4].pk)
"""
SERIOUS = ("serious", "critical")
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def numbers(stand: Stand) -> tuple[int, int, int]:
    """The ids of both queues and of the conversation that two disagree about."""
    plain, twice, apart = stand.manage("shell", "-v", "0", "-c", FURNISH).split()[-3:]
    return int(plain), int(twice), int(apart)


def open_at(visits: Visits, name: str, address: str) -> Page:
    page = visits.window(name).new_page()
    page.goto(address)
    return page


def on_screen(visits: Visits, name: str, queue: int) -> Page:
    page = open_at(visits, name, f"/review/{queue}/")
    expect(page.locator("#review-screen[data-ready]")).to_be_attached()
    expect(page.locator(".review-item:not([hidden])")).to_be_visible()
    return page


def panel(page: Page) -> str:
    return page.locator(".side-panel:visible .comment-list").first.inner_text()


def test_a_name_is_completed_and_its_owner_is_told(visits: Visits) -> None:
    page = open_at(visits, "rita", "/conversations/12/")
    page.keyboard.press("m")
    area = page.get_by_label("New comment")
    expect(area).to_be_focused()
    page.keyboard.type("Is it so, @c")
    expect(page.get_by_role("option", name="carl")).to_be_visible()
    page.keyboard.press("Enter")
    expect(area).to_have_value("Is it so, @carl ")
    page.get_by_label("Turn", exact=True).select_option("2")
    area.focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#turn-2")).to_contain_text("1 comment")
    theirs = open_at(visits, "carl", "/")
    theirs.get_by_role("link", name="1 mention").click()
    expect(theirs.locator(".mention-list")).to_contain_text("Is it so, @carl")
    theirs.get_by_role("button", name="Mark as read the comment of rita").click()
    expect(theirs.get_by_role("heading", name="Nothing unread")).to_be_visible()
    expect(theirs.get_by_role("link", name="1 mention")).to_have_count(0)


def test_without_scripts(visits: Visits) -> None:
    page = visits.window("rita", java_script_enabled=False).new_page()
    page.goto("/conversations/13/")
    page.get_by_label("New comment").fill("No <b>script</b> here")
    page.get_by_label("Tell").fill("vera")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#panel-comments")).to_contain_text("@vera No <b>script</b> here")
    page.get_by_role("button", name="Resolve the comment of rita").click()
    page.locator("#panel-comments summary").click()
    page.get_by_role("button", name="Open again the comment of rita").click()
    page.get_by_role("button", name="Delete your comment").click()
    expect(page.locator("#panel-comments")).not_to_contain_text("No <b>")


def test_from_the_review_screen_with_keys_and_back(visits: Visits, numbers: tuple[int, int, int]) -> None:
    page = on_screen(visits, "rita", numbers[0])
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("m")
    box = page.get_by_role("form", name="Comment")
    area = box.get_by_label("Comment on turn 2")
    expect(area).to_be_focused()
    page.keyboard.type("Add this, @car")
    expect(box.get_by_role("option", name="carl")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.keyboard.press("m")
    expect(area).to_have_value("Add this, @carl ")
    page.keyboard.press("Control+Enter")
    expect(box).to_be_hidden()
    expect(page.locator(".turn:visible").nth(1)).to_contain_text("1 comment")
    expect(page.locator(".comment-list:visible").first).to_contain_text("Add this, @carl")
    expect(page.locator(".review-item:not([hidden]) .item-status")).to_have_text("unreviewed")
    page.keyboard.press("z")
    expect(page.locator(".comment-list:visible").first).to_contain_text("No open comment.")


def test_the_form_at_the_side_goes_through_the_outbox(visits: Visits, numbers: tuple[int, int, int]) -> None:
    page = on_screen(visits, "carl", numbers[0])
    address = page.url
    side = page.locator(".side-panel:visible")
    side.get_by_label("New comment").fill("From the side")
    side.get_by_label("Tell").fill("rita")
    side.get_by_role("button", name="Comment", exact=True).click()
    expect(side.locator(".comment-list").first).to_contain_text("@rita From the side")
    side.get_by_role("button", name="Resolve the comment of carl").click()
    expect(side.locator(".comment-list").first).to_contain_text("No open comment.")
    assert page.url == address


@pytest.mark.parametrize("mode", ["light", "dark", "phone"])
def test_pages_are_accessible_and_fit(visits: Visits, numbers: tuple[int, int, int], mode: str) -> None:
    options = {"viewport": PHONE} if mode == "phone" else {"color_scheme": mode}
    page = visits.window("rita", **options).new_page()
    twice, apart = numbers[1:]
    addresses = ("agreement", "disagreements", "disagreements?state=settled")
    for address in (*(f"/review/{twice}/{name}" for name in addresses), "/review/mentions", f"/conversations/{apart}/"):
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate(TOO_WIDE) <= 0, address
        found = Axe().run(page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS]
        assert serious == [], address


def test_the_figures_lead_to_the_disagreement(visits: Visits, numbers: tuple[int, int, int]) -> None:
    page = open_at(visits, "rita", f"/review/{numbers[1]}/agreement")
    expect(page.locator("main")).to_contain_text("All said the same on 1 of 2 items.")
    page.get_by_role("row", name=re.compile("and")).get_by_role("link", name="1", exact=True).click()
    page.locator(".disagreements th a").click()
    expect(page.locator("#panel-verdicts")).to_contain_text("they disagree")
