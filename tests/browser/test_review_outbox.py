"""Nothing of a reviewer's work is lost or done twice: offline, logged out, a killed server, closed and doubled tabs."""

import re
from collections import Counter

from playwright.sync_api import Page, Route, expect

from tests.browser.reviewing import Records, Screen, make_queue, sums
from tests.browser.stand import PASSWORD, Stand
from tests.browser.visits import Visits
from tests.servers import wait_until

ONCE = [(0, "approved", "rita"), (1, "rejected", "rita"), (2, "skipped", "rita")]


def decide_three(screen: Screen) -> None:
    for key in "axs":
        screen.decide(key)


def assert_once(stand: Stand, queue: int) -> None:
    """The three decisions have arrived, each once."""
    records = Records(stand, queue)
    records.wait_for(3)
    assert records.verdicts() == ONCE
    assert records.decisions() == Counter({0: 1, 1: 1, 2: 1})


def test_offline_is_kept_and_sent_when_the_network_is_back(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "offline", sums(8))
    window = visits.window("rita")
    screen = Screen(window.new_page(), queue).open()
    window.set_offline(True)
    decide_three(screen)
    expect(screen.saved).to_contain_text("offline, 3 kept here")
    assert Records(stand, queue).verdicts() == []
    window.set_offline(False)
    screen.wait_saved()
    assert_once(stand, queue)
    forgive(visits, "ERR_INTERNET_DISCONNECTED")


def test_what_a_closed_tab_left_is_sent_by_any_page(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "closed", sums(8))
    window = visits.window("rita")
    screen = Screen(window.new_page(), queue).open()
    window.set_offline(True)
    decide_three(screen)
    expect(screen.saved).to_contain_text("3 kept here")
    screen.page.close()
    window.set_offline(False)
    window.new_page().goto("/conversations/")
    assert_once(stand, queue)
    forgive(visits, "ERR_INTERNET_DISCONNECTED")


def test_a_killed_server_gets_all_of_it_when_it_is_back(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "killed", sums(8))
    screen = Screen(visits.window("rita").new_page(), queue).open()
    screen.decide("a")
    stand.web.kill()
    for key in "xs":
        screen.decide(key)
    expect(screen.saved).to_contain_text("kept here")
    stand.web.start()
    screen.wait_saved()
    assert_once(stand, queue)
    forgive(visits, "ERR_CONNECTION")


def test_an_answer_that_got_lost_does_nothing_twice(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "lost", sums(8))
    page = visits.window("rita").new_page()
    lost: list[int] = []

    def lose_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/review/sync", lose_first)
    screen = Screen(page, queue).open()
    decide_three(screen)
    screen.wait_saved()
    assert lost == [200]
    assert_once(stand, queue)
    forgive(visits, "ERR_FAILED")


def test_an_ended_session_goes_on_by_itself_after_a_log_in_in_another_tab(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "ended", sums(8))
    window = visits.window("rita")
    visits.refusals = (401,)
    screen = Screen(window.new_page(), queue).open()
    window.clear_cookies(name="sessionid")
    decide_three(screen)
    expect(screen.saved).to_contain_text("session ended: log in again")
    expect(screen.saved).to_contain_text("3 kept here")
    with window.expect_page() as opened:
        screen.saved.get_by_role("link", name="log in again").click()
    log_in(opened.value, "rita")
    screen.wait_saved()
    assert_once(stand, queue)


def test_deleted_cookies_are_an_ended_session(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "cookies", sums(8))
    window = visits.window("rita")
    visits.refusals = (401,)
    screen = Screen(window.new_page(), queue).open()
    window.clear_cookies()
    decide_three(screen)
    expect(screen.saved).to_contain_text("session ended: log in again")
    expect(screen.page.locator("#review-count")).to_be_in_viewport(ratio=1)
    with window.expect_page() as opened:
        screen.saved.get_by_role("link", name="log in again").click()
    log_in(opened.value, "rita")
    screen.wait_saved()
    assert_once(stand, queue)


def test_a_viewer_who_logs_in_here_is_somebody_else(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "viewer", sums(8))
    window = visits.window("rita")
    visits.refusals = (401, 409)
    screen = Screen(window.new_page(), queue).open()
    window.clear_cookies(name="sessionid")
    other = window.new_page()
    other.goto("/login?next=/profile")
    log_in(other, "vera")
    screen.page.bring_to_front()
    screen.decide("a")
    expect(screen.saved).to_contain_text("somebody else is logged in here")


def test_what_one_did_is_not_sent_as_another(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "another", sums(8))
    window = visits.window("rita")
    visits.refusals = (401, 409)
    screen = Screen(window.new_page(), queue).open()
    window.clear_cookies(name="sessionid")
    decide_three(screen)
    expect(screen.saved).to_contain_text("session ended")
    other = window.new_page()
    other.goto("/login?next=/profile")
    log_in(other, "carl")
    expect(other.locator(".frame-menus .saved")).to_contain_text("3 decisions of rita wait: log in as rita")
    expect(screen.saved).to_contain_text("somebody else is logged in")
    assert Records(stand, queue).verdicts() == []
    window.clear_cookies(name="sessionid")
    other.goto("/login?next=/profile")
    log_in(other, "rita")
    screen.wait_saved()
    assert_once(stand, queue)


def test_two_tabs_get_different_items_and_send_each_once(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "tabs", sums(30))
    window = visits.window("rita")
    first, second = (Screen(window.new_page(), queue).open() for _ in range(2))
    for _ in range(5):
        for screen in (first, second):
            screen.page.bring_to_front()
            screen.decide("a")
    for screen in (first, second):
        screen.page.bring_to_front()
        screen.wait_saved()
    records = Records(stand, queue)
    records.wait_for(10)
    assert len(records.verdicts()) == 10
    assert set(records.decisions().values()) == {1}


def test_a_duplicated_tab_gets_an_identifier_of_its_own(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "twin", sums(30))
    window = visits.window("rita")
    first = Screen(window.new_page(), queue).open()
    with window.expect_page() as opened:
        # A window that a page opens begins with a copy of its session storage, as a duplicated tab does.
        first.page.evaluate("(address) => { window.open(address) }", f"/review/{queue}/")
    second = Screen(opened.value, queue).ready()
    tabs = [screen.page.evaluate("sessionStorage.getItem('winnow-tab')") for screen in (first, second)]
    assert tabs[0] != tabs[1]
    assert first.shown != second.shown


def test_two_reviewers_never_get_the_same_item(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "people", sums(24))
    screens = [Screen(visits.window(name).new_page(), queue).open() for name in ("rita", "carl")]
    for _ in range(12):
        for screen in screens:
            screen.page.bring_to_front()
            if screen.shown:
                screen.decide("a")
    for screen in screens:
        screen.page.bring_to_front()
        screen.wait_saved()
    records = Records(stand, queue)
    records.wait_for(24)
    assert records.decisions() == Counter(dict.fromkeys(range(24), 1))
    assert {name for _, _, name in records.verdicts()} == {"rita", "carl"}


def test_several_reviewers_each_decide_every_item_blind(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "overlap", sums(3), overlap=2)
    screens = [Screen(visits.window(name).new_page(), queue).open() for name in ("rita", "carl")]
    for screen, keys in zip(screens, ("aax", "axx"), strict=True):
        screen.page.bring_to_front()
        for key in keys:
            screen.decide(key)
        screen.wait_saved()
    records = Records(stand, queue)
    records.wait_for(6)
    assert len(records.verdicts()) == 6
    statuses = Counter(records.statuses())
    assert statuses["unreviewed"] >= 1, "what they do not agree about stays unreviewed"


def test_a_change_of_somebody_else_is_a_conflict_that_is_shown(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "clash", sums(4))
    window = visits.window("rita")
    screen = Screen(window.new_page(), queue).open()
    conversation = screen.item.locator(".item-title a").get_attribute("href")
    other = visits.window("carl").new_page()
    other.goto(conversation or "")
    other.get_by_role("button", name="Reject").click()
    wait_until(lambda: Records(stand, queue).statuses()[0] == "rejected", what="the decision of carl")
    screen.page.bring_to_front()
    screen.decide("a")
    expect(screen.saved).to_contain_text("1 needs you")
    with window.expect_page() as opened:
        screen.saved.get_by_role("link", name="1 needs you").click()
    expect(opened.value.get_by_role("main")).to_contain_text("approved")
    assert Records(stand, queue).statuses()[0] == "rejected"


def log_in(page: Page, username: str) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).not_to_have_url(re.compile("/login"))


def forgive(visits: Visits, what: str) -> None:
    """The browser writes about requests that could not be made; here they were not meant to be."""
    visits.problems = [problem for problem in visits.problems if what not in problem]


KEPT = """() => new Promise((resolve, reject) => {
  const request = indexedDB.open("winnow-outbox", 1);
  request.onsuccess = () => {
    const rows = request.result.transaction("entries").objectStore("entries").count();
    rows.onsuccess = () => { request.result.close(); resolve(rows.result); };
  };
  request.onerror = reject;
})"""
CLEAR = """() => new Promise((resolve, reject) => {
  const request = indexedDB.deleteDatabase("winnow-outbox");
  request.onsuccess = () => resolve(true);
  request.onerror = reject;
})"""


def test_what_is_decided_after_the_browsers_data_was_cleared_is_kept_again(visits: Visits, stand: Stand) -> None:
    queue = make_queue(stand, "cleared", sums(8))
    window = visits.window("rita")
    page = window.new_page()
    screen = Screen(page, queue).open()
    assert page.evaluate(CLEAR)
    window.set_offline(True)
    decide_three(screen)
    expect(screen.saved).to_contain_text("3 kept here")
    assert page.evaluate(KEPT) == 3
    window.set_offline(False)
    screen.wait_saved()
    assert_once(stand, queue)
    forgive(visits, "ERR_INTERNET_DISCONNECTED")
