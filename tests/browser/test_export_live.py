"""An export whose page was open before it began: the bar stays, and the file is offered without a reload."""

from playwright.sync_api import Page, expect

from tests.browser.stand import Stand

_START = """
from webapp.mixtures.actions import add_component, create_mixture, start_export
from webapp.mixtures.recipes import Component
from webapp.conversations.filters import ConversationFilter
mixture = create_mixture(name="Live", by=None)
add_component(
    mixture=mixture, version=mixture.version, by=None,
    component=Component(filter=ConversationFilter.from_dict({"status": ["approved"]})),
)
mixture.refresh_from_db()
print(start_export(mixture=mixture, format_name="jsonl", by=None).pk)
"""


def test_the_page_follows_an_export_that_takes_its_time(page: Page, stand: Stand) -> None:
    stand.worker.stop()
    number = stand.manage("shell", "-v", "0", "-c", _START).strip().splitlines()[-1]
    page.goto(f"{stand.url}/exports/{number}/")
    progress = page.get_by_label("Progress", exact=True)
    expect(progress).to_contain_text("waiting")
    with page.expect_response(lambda response: "/progress" in response.url):
        pass
    page.wait_for_timeout(300)  # what the answer brings has to stay on the page
    expect(progress).to_contain_text("Export Live")
    stand.worker.start()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    expect(page.get_by_text("12 conversations").first).to_be_visible()
