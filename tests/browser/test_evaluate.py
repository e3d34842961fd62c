"""HumanEval from the page through the job and the sandbox to the scores, against a model server, with the mouse.

The stand-in knows the right programs of all but two: one of these ends the process, one is wrong.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stand import Stand
from tests.browser.visits import Visits
from tests.standin import StandIn
from tests.tasks_core.small_hub import humaneval_rows

pytestmark = pytest.mark.timeout(600)

KEY = "sk-browser-secret-4711"
ROWS = 9


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StandIn]:
    answers = {}
    for number, row in enumerate(humaneval_rows(ROWS)):
        body = {0: "    import os\n    os._exit(0)\n", 1: "    return x\n"}.get(number, row["canonical_solution"])
        answers[row["prompt"]] = f"Here it is:\n```python\n{row['prompt']}{body}```"
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(answers))
    with StandIn(tmp_path / "standin", rule="file", answers=str(path), latency_ms=1200, parallel=1, key=KEY) as running:
        yield running


def test_humaneval_through_page_job_and_sandbox(visits: Visits, stand: Stand, server: StandIn) -> None:
    page = visits.window("carl").new_page()
    add_the_endpoint(page, stand, server)
    start_the_run(page, stand)
    watch_it_end(page)
    look_at_the_failures(page)
    send_them_to_review(page)
    see_the_answer_beside_the_conversation(page)
    assert KEY not in page.content()
    assert server.stats()["unauthorized"] == 0


def add_the_endpoint(page: Page, stand: Stand, server: StandIn) -> None:
    page.goto(f"{stand.url}/evaluate/endpoints/")
    page.get_by_role("link", name="Add an endpoint").first.click()
    page.get_by_label("Name", exact=True).fill("tiny coder")
    page.get_by_label("Address").fill(server.address)
    page.get_by_label("Model", exact=True).fill("tiny")
    page.get_by_label(re.compile("^Key")).fill(KEY)
    page.get_by_role("button", name=re.compile("Add and probe")).click()
    expect(page.get_by_role("heading", name="tiny coder")).to_be_visible()
    expect(page.get_by_text("Gives the 20 likeliest first tokens")).to_be_visible()
    assert KEY not in page.content()


def start_the_run(page: Page, stand: Stand) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Evaluate").click()
    page.get_by_role("link", name=re.compile("New evaluation")).first.click()
    page.get_by_label("A task’s split").check()
    page.get_by_label(re.compile("^Task")).select_option("humaneval")
    endpoints = page.get_by_label(re.compile("^Endpoint"))
    choice = endpoints.locator("option").filter(has_text="tiny coder")
    endpoints.select_option(value=choice.get_attribute("value"))
    page.get_by_role("button", name=re.compile("^(Start|Evaluate)")).click()
    expect(page.get_by_role("heading", name=re.compile("tiny coder"), level=1)).to_be_visible()


def watch_it_end(page: Page) -> None:
    """The page fills by itself, without being loaded anew."""
    page.evaluate("window.sameDocument = true")
    expect(page.get_by_text("right so far")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True
    expect(page.get_by_text("77.8 %").first).to_be_visible(timeout=120_000)
    expect(page.get_by_text("done", exact=True).first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name=re.compile("1 ended itself before the tests"))).to_be_visible()
    expect(page.get_by_text(re.compile("bubblewrap|landlock", re.IGNORECASE)).first).to_be_visible()


def look_at_the_failures(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^2 wrong")).click()
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    expect(page.get_by_text("os._exit(0)").or_(page.get_by_text("return x")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"return x \+ \d")).first).to_be_visible()
    page.go_back()


def send_them_to_review(page: Page) -> None:
    page.get_by_label("Reason").select_option(label="wrong answer")
    page.get_by_role("button", name="Count, then flag").click()
    page.get_by_role("button", name=re.compile("^Flag 2 conversations")).click()
    expect(page.get_by_text(re.compile("2 conversations")).first).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Conversations").click()
    page.goto(page.url.split("?")[0] + "?flag=wrong-answer")
    expect(page.get_by_text("def add").first).to_be_visible()


def see_the_answer_beside_the_conversation(page: Page) -> None:
    page.get_by_role("row").filter(has_text="def add").first.get_by_role("link").first.click()
    panel = page.locator("#panel-answers")
    expect(panel).to_contain_text("tiny coder")
    expect(panel).to_contain_text("wrong")
