"""What the server does not take: it is counted and listed until it is settled, and nothing else is undone for it."""

import json

from playwright.sync_api import expect

from tests.browser.reviewing import Records, Screen, make_queue, sums
from tests.browser.stand import Stand
from tests.browser.visits import Visits
from tests.servers import wait_until

#: The conversations of a queue have a format issue that no screen knows of.
_SPOIL = """
from webapp.conversations.models import Conversation
Conversation.objects.filter(queue_items__queue={queue}, queue_items__rank__in={ranks}).update(issues=",empty_turn,")
"""


def spoil(stand: Stand, queue: int, *ranks: int) -> None:
    stand.manage("shell", "-v", "0", "-c", _SPOIL.format(queue=queue, ranks=json.dumps(ranks)))


def test_what_is_refused_is_counted_and_listed_until_it_is_settled(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "refused", sums(4))
    window = visits.window("rita")
    screen = Screen(window.new_page(), queue).open()
    spoil(stand, queue, 0)
    screen.decide("a")
    expect(screen.saved).to_contain_text("1 needs you")
    expect(screen.said).to_contain_text("not saved")
    expect(screen.page.locator("#review-count")).to_have_text("0 of 4")
    with window.expect_page() as opened:
        screen.saved.get_by_role("link", name="1 needs you").click()
    listed = opened.value
    expect(listed.get_by_role("main")).to_contain_text("format issue")
    listed.locator(".conflict-list a").first.click()
    listed.get_by_role("button", name="Keep what is there").click()
    expect(listed.get_by_role("main")).to_contain_text("No conflicts")
    assert Records(stand, queue).statuses()[0] == "unreviewed"
    screen.wait_saved()
    expect(screen.page.locator("#toasts .notice")).to_have_count(0)


def test_undo_after_a_refusal_undoes_nothing_else(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "undoing", sums(5))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.decide("a")
    refused = screen.shown
    spoil(stand, queue, 1)
    screen.decide("a")
    expect(screen.saved).to_contain_text("need")
    screen.press("z")
    expect(screen.page.locator("#review-screen")).to_have_attribute("data-item", refused)
    expect(screen.said).to_contain_text("was not saved")
    assert Records(stand, queue).statuses()[:2] == ["approved", "unreviewed"]
    screen.press("z")
    expect(screen.said).to_contain_text("Undone")
    wait_until(lambda: Records(stand, queue).statuses()[0] == "unreviewed", what="the undo of the first")


def test_the_numbers_of_two_tabs_agree(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "numbers", sums(20))
    window = visits.window("carl")
    first, second = (Screen(window.new_page(), queue).open() for _ in range(2))
    second.decide("a")
    second.wait_saved()
    first.page.bring_to_front()
    expect(first.page.locator("#review-count")).to_have_text("1 of 20")


def test_the_first_press_of_k_marks_a_turn(visits: Visits, stand: Stand) -> None:
    screen = Screen(visits.window("rita").new_page(), make_queue(stand, "marks", sums(2))).open()
    marked = screen.item.locator(".turn.is-current")
    screen.press("k")
    expect(marked).to_have_attribute("data-turn", "0")
    screen.press("k", "k")
    expect(marked).to_have_count(0)
    screen.press("j")
    expect(marked).to_have_attribute("data-turn", "0")
