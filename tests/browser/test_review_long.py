"""What is long, and who leaves: turns fold around what matters, 5,000 are usable, leases are given back."""

from playwright.sync_api import expect

from tests.browser.reviewing import Messages, Records, Screen, make_queue, sums
from tests.browser.stand import Stand
from tests.browser.visits import Visits
from tests.servers import wait_until

_LEASES = """SELECT count(*) FROM review_lease l JOIN review_queueitem i ON i.id = l.item_id
             WHERE i.queue_id = ? AND l.until > strftime('%Y-%m-%d %H:%M:%f', 'now')"""


def _long_turn() -> Messages:
    """Forty paragraphs, of which one in the middle holds a word of its own."""
    texts = [f"Paragraph {number}. {'It says nothing new. ' * 12}" for number in range(40)]
    texts[20] += "Here stands the xylophone."
    return [{"role": "user", "content": "Tell me much."}, {"role": "assistant", "content": "\n\n".join(texts)}]


def test_a_long_turn_folds_and_opens_around_what_is_looked_for(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "folds", [_long_turn(), *sums(2)])
    screen = Screen(visits.window("rita").new_page(), queue).open()
    for number, is_seen in ((0, True), (20, False), (39, True)):
        expect(screen.item.get_by_text(f"Paragraph {number}.")).to_be_visible(visible=is_seen)
    expect(screen.item.get_by_role("button", name="characters left out")).to_be_visible()
    screen.press("/")
    screen.page.keyboard.type("xylophone")
    screen.page.keyboard.press("Enter")
    expect(screen.item.get_by_text("Paragraph 20.")).to_be_visible()
    expect(screen.item.get_by_text("Paragraph 10.")).to_be_hidden()


def test_five_thousand_turns_stay_usable(visits: Visits, stand: Stand) -> None:
    pairs = [sums(2)[0] for _ in range(2_500)]
    queue = make_queue(stand, "turns", [[turn for pair in pairs for turn in pair], *sums(3)])
    screen = Screen(visits.window("rita").new_page(), queue).open()
    assert screen.item.locator(".turn").count() == 100
    screen.item.locator("[data-more-turns]").click()
    expect(screen.item.locator(".turn")).to_have_count(200)
    screen.press("j", "j")
    screen.decide("a")
    screen.wait_saved()
    assert Records(stand, queue).statuses()[0] == "approved"


def test_leaving_gives_the_leases_back(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "leave", sums(12))
    records = Records(stand, queue)
    screen = Screen(visits.window("rita").new_page(), queue).open()
    wait_until(lambda: records.rows(_LEASES, queue)[0][0] >= 6, seconds=20, what="leases on the next ones")
    screen.page.goto("/review/")
    wait_until(lambda: records.rows(_LEASES, queue)[0][0] == 0, seconds=20, what="the leases to be given back")
