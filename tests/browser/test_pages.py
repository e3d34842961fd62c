"""Every page, light, dark and on a phone: no complaint of the browser, nothing in anybody's way, nothing too wide."""

import json
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from playwright.sync_api import Page, expect

from tests.browser.keyboard import Keyboard
from tests.browser.pages import (
    ADDRESSES,
    FAULTY_ADDRESSES,
    FOR_ADMINISTRATORS,
    FOR_CURATORS,
    FOR_REVIEWERS,
    NOT_PAGES,
    OWN,
    readable_views,
)
from tests.browser.stand import Stand
from tests.browser.visits import PHONE, Visits

pytestmark = pytest.mark.timeout(600)

MODES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": PHONE, "is_mobile": True, "has_touch": True},
}
SERIOUS = ("serious", "critical")
#: In the dark only the colours are others, on a phone what scrolls and what is folded away.
RULES = {
    "dark": ["color-contrast"],
    "phone": ["scrollable-region-focusable", "aria-hidden-focus", "button-name", "link-name", "label"],
}
OPEN_ALL = "for (const details of document.querySelectorAll('details')) details.open = true"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: The longest transition or animation of any element, in milliseconds.
LONGEST_MOTION = """Math.max(...[...document.querySelectorAll("*")].flatMap((element) => {
  const style = getComputedStyle(element);
  const times = [...style.transitionDuration.split(","), ...style.animationDuration.split(",")];
  return times.map((time) => parseFloat(time) * (time.trim().endsWith("ms") ? 1 : 1000) || 0);
}))"""


@pytest.fixture(scope="module")
def addresses(stand: Stand) -> dict[str, str]:
    """Where every page is, by name."""
    code = f"from tests.browser.furnish import furnish; furnish({str(stand.folder)!r})"
    made: dict[str, str] = json.loads(stand.manage("shell", "-v", "0", "-c", code).splitlines()[-1])
    return ADDRESSES | made


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Path | None:
    """Where screenshots of all pages go, if they are wanted."""
    if not request.config.getoption("--shots"):
        return None
    folder = request.config.rootpath / "test-results"
    folder.mkdir(exist_ok=True)
    return folder


def test_no_page_is_forgotten(addresses: dict[str, str]) -> None:
    """A new page is a line in pages.py, or in furnish.py where something has to be there first."""
    visited = {resolve(address.partition("?")[0]).view_name for address in ["/login", *addresses.values()]}
    assert readable_views() - visited - set(NOT_PAGES) == set()
    assert set(NOT_PAGES) <= readable_views() - visited


@pytest.mark.parametrize("mode", ["light", "phone"])
def test_every_page(visits: Visits, addresses: dict[str, str], mode: str, shots: Path | None) -> None:
    """Each is opened once: walked through by Tab, looked at by axe, and in the dark once more."""
    page = visits.window("admin", **MODES[mode], reduced_motion="reduce").new_page()
    faults = {}
    for name, address in addresses.items():
        answer = page.goto(address)
        assert answer
        assert answer.ok, f"{name} answers {answer.status}"
        wait_until_it_stands(page)
        take_shot(page, shots, name, mode)
        # The turns of the review screen get their buttons when the focus comes: test_review_screen.
        found = [] if name == "review" or mode == "phone" else Keyboard(page).walk()
        found += faults_of(page, RULES.get(mode))
        if mode == "light":
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            take_shot(page, shots, name, "dark")
            found += faults_of(page, RULES["dark"])
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
        if found:
            faults[name] = found
    assert faults == {}


def take_shot(page: Page, shots: Path | None, name: str, mode: str) -> None:
    """For whoever wants to look at all of them."""
    if shots:
        page.screenshot(path=shots / f"{name.replace(' ', '-')}-{mode}.png", full_page=True)


@pytest.mark.parametrize("mode", MODES)
def test_pages_of_those_who_are_not_logged_in(visits: Visits, addresses: dict[str, str], mode: str) -> None:
    page = visits.window(**MODES[mode]).new_page()
    for address in ("/", "/login", addresses["invitation"]):
        page.goto(address)
        assert faults_of(page) == []


@pytest.mark.parametrize("mode", MODES)
def test_pages_of_errors(visits: Visits, mode: str) -> None:
    visits.refusals = (400, 404, 410)
    page = visits.window("vera", **MODES[mode]).new_page()
    for name, address in FAULTY_ADDRESSES.items():
        answer = page.goto(address)
        assert answer
        assert answer.status in visits.refusals, name
        expect(page.get_by_role("link", name="Go to the home page")).to_be_visible()
        assert faults_of(page) == []


def test_a_viewer_finds_nothing_to_change(visits: Visits, addresses: dict[str, str]) -> None:
    visits.refusals = (403,)
    page = visits.window("vera").new_page()
    refused = set()
    for name, address in addresses.items():
        answer = page.goto(address)
        assert answer
        if answer.status == 403:
            refused.add(name)
            expect(page.get_by_role("link", name="Go to the home page")).to_be_visible()
        elif name not in OWN:
            assert page.locator("main form[method=post]").count() == 0, name
    assert refused == FOR_CURATORS | FOR_REVIEWERS | FOR_ADMINISTRATORS


@pytest.mark.parametrize(("wish", "most"), [("no-preference", 120), ("reduce", 0)])
def test_nothing_moves_for_long(visits: Visits, addresses: dict[str, str], wish: Any, most: int) -> None:
    page = visits.window("admin", reduced_motion=wish).new_page()
    for name in ("home", "list", "conversation", "edit", "upload", "mixture"):
        page.goto(addresses[name])
        assert page.evaluate(LONGEST_MOTION) <= most, name


def wait_until_it_stands(page: Page) -> None:
    """Until all is there that a page brings after itself."""
    expect(page.locator(".htmx-request, #review-screen:not([data-ready=yes])")).to_have_count(0)


def faults_of(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds serious or critical, menus and all, and how much too wide the page is."""
    page.evaluate(OPEN_ALL)
    only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    violations = [one for one in Axe().run(page, options=only).response["violations"] if one["impact"] in SERIOUS]
    found = [f"{one['id']}: {node['target']} {node['html'][:150]}" for one in violations for node in one["nodes"]]
    too_wide = page.evaluate(TOO_WIDE)
    return [*found, f"{too_wide} px too wide"] if too_wide > 0 else found
