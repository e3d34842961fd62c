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


def test_find_goes_on_into_the_turns_that_are_not_loaded(visits: Visits, stand: Stand) -> None:
    turns = [turn for _ in range(180) for turn in sums(1)[0]]
    turns[255] = {"role": "assistant", "content": "Here stands the xylophone."}
    queue = make_queue(stand, "rest", [turns, *sums(2)])
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.press("/")
    screen.page.keyboard.type("xylophone")
    expect(screen.page.locator("#review-find output")).to_have_text(
        "0 found in the 100 turns shown: Enter loads and searches the rest"
    )
    screen.page.keyboard.press("Enter")
    expect(screen.item.get_by_text("xylophone")).to_be_in_viewport()
    expect(screen.item.locator(".turn")).to_have_count(300)
    screen.page.get_by_placeholder("Find in this conversation").fill("zither")
    screen.page.keyboard.press("Enter")
    expect(screen.said).to_have_text("“zither” is not in this conversation.")
    expect(screen.item.locator(".turn")).to_have_count(360)
    screen.page.keyboard.press("Escape")
    screen.decide("s")
    expect(screen.said).not_to_contain_text("zither")


def test_find_scrolls_to_the_place_in_a_turn_of_one_block(visits: Visits, stand: Stand) -> None:
    text = "It says nothing new. " * 900 + "Here stands the xylophone. " + "Nothing again. " * 900
    asked = {"role": "user", "content": "Tell me much."}
    queue = make_queue(stand, "block", [[asked, {"role": "assistant", "content": text}], *sums(2)])
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.press("/")
    screen.page.keyboard.type("xylophone")
    screen.page.keyboard.press("Enter")
    screen.settle()
    top = """() => {
      const [range] = CSS.highlights.get("found-here");
      return range.getBoundingClientRect().top / innerHeight;
    }"""
    assert 0.1 < screen.page.evaluate(top) < 0.8


def test_leaving_gives_the_leases_back(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "leave", sums(12))
    records = Records(stand, queue)
    screen = Screen(visits.window("rita").new_page(), queue).open()
    wait_until(lambda: records.rows(_LEASES, queue)[0][0] >= 6, seconds=20, what="leases on the next ones")
    screen.page.goto("/review/")
    wait_until(lambda: records.rows(_LEASES, queue)[0][0] == 0, seconds=20, what="the leases to be given back")
