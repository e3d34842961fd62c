"""The review screen: keys, mouse and fingers, flags, undo, help, keys of one's own."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.reviewing import Records, Screen, make_queue, sums
from tests.browser.stand import Stand
from tests.browser.visits import PHONE, Visits

#: What a screen reader calls the controls of the bar, of the list and of the panel; and the one with the focus.
_NAMES = """() => [...document.querySelectorAll(
    ".review-bar :is([data-command], [data-digit], summary), .review-list button, .review-item:not([hidden]) summary"
  )].filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .map((one) => one.getAttribute("aria-label") ?? one.textContent.replace(/\\s+/g, " ").trim())"""
_FOCUS = """() => {
  const active = document.activeElement;
  const style = getComputedStyle(active);
  const isSeen = active === document.body || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
  return [active.getAttribute("aria-label") ?? active.textContent.replace(/\\s+/g, " ").trim(), isSeen];
}"""
_MAKE_EMPTY = """
from webapp.conversations.models import Conversation
Conversation.objects.filter(queue_items__queue={queue}).update(issues=",empty_turn,")
"""


def test_each_key_decides_about_what_is_on_the_screen(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "keys", sums(6))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.shows("What is 1 + 1?")
    screen.decide("a")
    screen.shows("What is 2 + 1?")
    screen.decide("x")
    screen.decide("s")
    screen.decide(".")
    expect(screen.said).to_contain_text("#4: skipped")
    screen.wait_saved()
    expect(screen.page.locator("#review-count")).to_have_text("4 of 6")
    assert Records(stand, queue).statuses() == [
        "approved",
        "rejected",
        "skipped",
        "skipped",
        "unreviewed",
        "unreviewed",
    ]


def test_a_key_held_down_decides_once(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "held", sums(4))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.page.keyboard.down("a")
    for _ in range(5):
        screen.page.keyboard.down("a")
        screen.settle()
    screen.page.keyboard.up("a")
    screen.shows("What is 2 + 1?")
    screen.wait_saved()
    assert Records(stand, queue).statuses() == ["approved", *["unreviewed"] * 3]


def test_two_presses_at_once_decide_only_what_was_seen(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "at-once", sums(4))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.page.evaluate("""() => {
      for (let n = 0; n < 2; n += 1) {
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "x", code: "KeyX", bubbles: true }));
      }
    }""")
    expect(screen.said).to_contain_text("Too fast")
    screen.shows("What is 2 + 1?")
    screen.wait_saved()
    assert Records(stand, queue).statuses() == ["rejected", *["unreviewed"] * 3]


def test_flags_show_at_once_on_their_turn(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "flags", sums(4))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.press("j", "j", "1")
    expect(screen.item.locator(".turn").nth(1)).to_contain_text("⚑ wrong answer")
    screen.decide("Shift+Digit3")
    screen.press("f")
    screen.page.keyboard.type("trunc")
    screen.page.keyboard.press("Enter")
    expect(screen.item.locator(".item-head")).to_contain_text("⚑ truncated")
    screen.wait_saved()
    records = Records(stand, queue)
    assert records.flags() == [(0, "wrong-answer", 1), (0, "unsafe", 1), (1, "truncated", None)]
    assert records.statuses() == ["rejected", *["unreviewed"] * 3]


def test_undo_goes_back_any_number_of_steps_also_after_a_reload(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "undo", sums(6))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    for key in "axsa":
        screen.decide(key)
    screen.press("1", "z")
    expect(screen.item.locator(".item-head .badge")).to_have_count(0)
    screen.press("z")
    screen.shows("What is 4 + 1?")
    screen.wait_saved()
    screen.open()
    screen.shows("What is 4 + 1?")
    for number in (3, 2, 1):
        screen.press("z")
        screen.shows(f"What is {number} + 1?")
    screen.wait_saved()
    records = Records(stand, queue)
    assert records.statuses() == ["unreviewed"] * 6
    assert records.verdicts() == []
    assert records.flags() == []
    screen.decide("x")
    screen.wait_saved()
    assert records.verdicts() == [(0, "rejected", "rita")]


def test_arrows_move_without_deciding_and_a_second_decision_stands(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "arrows", sums(4))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.decide("a")
    screen.press("ArrowRight")
    screen.shows("What is 3 + 1?")
    screen.press("ArrowLeft", "ArrowLeft")
    screen.shows("What is 1 + 1?")
    expect(screen.item.locator(".item-status")).to_have_text("approved")
    screen.decide("x")
    screen.shows("What is 2 + 1?")
    screen.wait_saved()
    assert Records(stand, queue).verdicts() == [(0, "rejected", "rita")]


def test_what_was_decided_before_the_page_was_opened_is_shown_again(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "before", sums(3))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.decide("a")
    screen.wait_saved()
    screen.open()
    screen.shows("What is 2 + 1?")
    screen.press("ArrowLeft")
    screen.shows("What is 1 + 1?")
    screen.press("ArrowRight")
    screen.shows("What is 2 + 1?")


def test_everything_by_mouse(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "mouse", sums(5))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    bar = screen.page.locator(".review-bar")
    bar.get_by_role("button", name="approve").first.click()
    screen.shows("What is 2 + 1?")
    screen.item.locator(".turn").nth(1).click()
    bar.get_by_role("button", name="2 bad reasoning").click()
    expect(screen.item.locator(".turn").nth(1)).to_contain_text("bad reasoning")
    bar.get_by_role("button", name="reject").click()
    screen.shows("What is 3 + 1?")
    bar.get_by_text("more", exact=True).click()
    bar.get_by_role("button", name="the one before").click()
    screen.shows("What is 2 + 1?")
    bar.get_by_role("button", name="undo").click()
    expect(screen.said).to_contain_text("Undone")
    screen.page.locator(".review-list").get_by_role("button").nth(3).click()
    screen.shows("What is 4 + 1?")
    screen.wait_saved()
    assert Records(stand, queue).statuses() == ["approved", *["unreviewed"] * 4]


def test_a_double_click_decides_once(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "double", sums(3))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.page.locator(".review-bar [data-command=approve]").dblclick()
    expect(screen.said).to_contain_text("second click")
    screen.wait_saved()
    assert Records(stand, queue).statuses() == ["approved", "unreviewed", "unreviewed"]


def test_a_phone_shows_conversation_and_bar_with_buttons_for_the_panels(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "phone", sums(3))
    page = visits.window("rita", viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    screen = Screen(page, queue).open()
    expect(page.locator("#review-queue")).to_be_hidden()
    expect(page.locator("#review-side")).to_be_hidden()
    for button in page.locator(".review-bar button:visible, .review-bar summary:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44, button.inner_text()
    page.get_by_role("button", name="Queue", exact=True).tap()
    expect(page.locator("#review-queue")).to_be_visible()
    page.get_by_role("button", name="Queue", exact=True).tap()
    page.get_by_role("button", name="approve").first.tap()
    screen.shows("What is 2 + 1?")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screen.wait_saved()


def test_the_end_says_what_was_done(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "end", sums(2))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.decide("a")
    screen.decide("x")
    end = screen.page.locator("#review-end")
    expect(end).to_contain_text("The queue is done")
    expect(end).to_contain_text("You decided 2 conversations in this sitting: 1 approved, 1 rejected")
    screen.press("a")
    expect(screen.said).to_contain_text("Nothing is on the screen")
    screen.press("z")
    screen.shows("What is 2 + 1?")


def test_find_marks_and_slash_does_not_leave_the_screen(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "find", sums(2))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.press("/")
    screen.page.keyboard.type("is")
    expect(screen.page.locator("#review-find output")).to_have_text("2 found")
    screen.page.keyboard.press("Enter")
    expect(screen.page.locator("#review-find output")).to_have_text("1 of 2")
    screen.page.keyboard.press("Escape")
    screen.decide("a")


def test_what_cannot_be_approved_says_why(visits: Visits, stand: Stand) -> None:
    empty = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": ""}]
    queue = make_queue(stand, "issue", [empty])
    stand.manage("shell", "-v", "0", "-c", _MAKE_EMPTY.format(queue=queue))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.press("a")
    expect(screen.said).to_contain_text("cannot be approved yet")
    screen.shows("Hello?")


def test_help_lists_the_keys_that_each_has_chosen(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "own-keys", sums(3))
    page = visits.window("carl").new_page()
    visits.refusals = (400,)
    page.goto("/review/keys")
    page.get_by_label("approve, and go on", exact=True).first.press("y")
    page.get_by_role("button", name="Save the keys").click()
    expect(page.get_by_text("Saved your keys.")).to_be_visible()
    screen = Screen(page, queue).open()
    screen.press("a")
    screen.shows("What is 1 + 1?")
    screen.decide("y")
    screen.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(
        dialog.locator("div", has=page.get_by_text("approve, and go on", exact=True)).locator("kbd").first
    ).to_have_text("y")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.goto("/review/keys")
    page.get_by_role("button", name="Back to the defaults").click()
    expect(page.get_by_label("approve, and go on", exact=True).first).to_have_value("a")


@pytest.mark.parametrize(
    ("command", "key", "problem"),
    [
        ("reject", "a", "already"),
        ("skip", "Ctrl+w", "Ctrl"),
        ("skip", "F5", "belongs to the browser"),
        ("undo", "4", "digits"),
    ],
)
def test_keys_that_cannot_be_are_refused_without_scripts_too(
    visits: Visits, stand: Stand, command: str, key: str, problem: str
) -> None:
    visits.refusals = (400,)
    page = visits.window("carl", java_script_enabled=False).new_page()
    page.goto("/review/keys")
    page.locator(f"[name={command}]").fill(key)
    page.get_by_role("button", name="Save the keys").click()
    expect(page.locator(".field.has-error .error")).to_contain_text(re.compile(problem))
    page.goto("/review/keys")
    expect(page.locator(f"[name={command}]")).not_to_have_value(key)


def test_tab_leads_to_every_control(visits: Visits, stand: Stand) -> None:
    """The buttons of a turn are there as soon as the focus is in it."""
    queue = make_queue(stand, "tab", sums(8))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.wait_ahead()
    wanted = set(screen.page.evaluate(_NAMES))
    met: set[str] = set()
    for _ in range(140):
        screen.page.keyboard.press("Tab")
        name, is_seen = screen.page.evaluate(_FOCUS)
        assert is_seen, f"the focus cannot be seen on {name}"
        met.add(name)
    assert wanted <= met
    assert {"Flag f", "Edit e", "Comment m", "Insert after o"} <= met  # of the turn that has the focus
