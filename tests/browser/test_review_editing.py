"""Editing in place on the review screen: drafts that are never lost, typed parts, answers taken over, conflicts."""

import json
import re
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stand import Stand
from tests.browser.visits import Visits

_numbers = count(1)
#: Makes a queue of conversations, and answers of a model to them; prints the ids of the queue and the conversations.
_MAKE = """
import json
from tests.factories import make_conversation
from webapp.conversations.models import Source
from webapp.review.models import Queue, QueueItem
given = json.loads({given!r})
source = Source.objects.create(name=given["name"], kind="upload", state="ready")
made = [make_conversation(source, messages) for messages in given["texts"]]
queue = Queue.objects.create(name=given["name"], total=len(made))
for rank, conversation in enumerate(made):
    QueueItem.objects.create(queue=queue, conversation=conversation, rank=rank, reasons=",unreviewed,")
print(json.dumps([queue.pk, [conversation.pk for conversation in made]]))
"""
_READ = """
import json
from webapp.conversations.models import Conversation
one = Conversation.objects.get(pk={pk})
print(json.dumps([one.text.message_list(), one.get_status_display(), one.version]))
"""
_EDIT = """
from webapp.conversations.actions.review import save_edit
save_edit(conversation_id={pk}, version=1, messages={messages!r}, by=None)
"""
#: A key acts only on what has been painted.
PAINTED = """() => new Promise((done) => {
  let left = 4;
  const next = () => (left-- ? requestAnimationFrame(next) : done());
  next();
})"""
_ANSWERS = """
from tests.evals.making import make_run
from webapp.conversations.models import Conversation
one = Conversation.objects.get(pk={pk})
for text in ("It is five.", "It is six."):
    make_run([(one, {{"outcome": "wrong", "text": text}})])
"""
PARTS = [
    {"type": "text", "text": "She sold "},
    {"type": "python", "text": "48/2"},
    {"type": "python_output", "text": "25"},
]


def chat(*texts: str) -> list[dict[str, Any]]:
    return [{"role": ("user", "assistant")[index % 2], "content": text} for index, text in enumerate(texts)]


def run(stand: Stand, code: str) -> Any:
    printed = stand.manage("shell", "-v", "0", "-c", code).strip()
    return json.loads(printed.splitlines()[-1]) if printed else None


class Reviewing:
    """A queue of its own on rita's screen."""

    def __init__(self, visits: Visits, texts: list[list[dict[str, Any]]]) -> None:
        self.stand = visits.stand
        given = json.dumps({"name": f"Editing {next(_numbers)}", "texts": texts})
        self.queue, self.ids = run(self.stand, _MAKE.format(given=given))
        self.page = visits.window("rita").new_page()
        self.open()

    def open(self) -> None:
        self.page.goto(f"/review/{self.queue}/")
        expect(self.page.locator("#review-screen")).to_have_attribute("data-ready", "yes")
        expect(self.item).to_be_visible()
        self.page.evaluate(PAINTED)

    @property
    def item(self) -> Locator:
        return self.page.locator(".review-item:not([hidden])")

    @property
    def box(self) -> Locator:
        return self.item.locator("textarea.turn-box")

    @property
    def bar(self) -> Locator:
        return self.item.locator(".draft-bar")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def edit_end(self, text: str) -> None:
        """Open the last turn of the assistant and write at its end."""
        self.press("e")
        expect(self.box.first).to_be_focused()
        self.press("Control+End")
        self.page.keyboard.type(text)

    def is_saved(self) -> None:
        # Conflicts of another test may still wait for rita.
        expect(self.page.locator(".review-bar .saved")).to_have_text(re.compile("all saved|needs? you"))

    def stored(self, index: int) -> tuple[list[dict[str, Any]], str, int]:
        """Messages, status and version of a conversation on the server."""
        self.is_saved()
        messages, status, version = run(self.stand, _READ.format(pk=self.ids[index]))
        return messages, status, version


def tops(page: Page) -> list[float]:
    script = "all => all.map(turn => turn.getBoundingClientRect()).flatMap(box => [box.top, box.height])"
    found: list[float] = page.locator(".review-item:not([hidden]) .turn").evaluate_all(script)
    return found


def test_edit_save_and_approve_in_one(visits: Visits) -> None:
    texts = [chat("One\r\nline.\r\n", "  An answer.\r\nTwo lines."), chat("Next?", "Yes.")]
    review = Reviewing(visits, texts)
    before = tops(review.page)
    review.press("e")
    expect(review.box).to_be_focused()
    assert max(abs(a - b) for a, b in zip(before, tops(review.page), strict=True)) < 8, "the text has jumped"
    review.press("Control+End")
    review.page.keyboard.type(" More.")
    review.press("Control+Enter")
    expect(review.item).to_contain_text("Next?")
    messages, status, version = review.stored(0)
    assert [turn["content"] for turn in messages] == ["One\r\nline.\r\n", "  An answer.\r\nTwo lines. More."]
    assert (status, version) == ("approved", 3)


def test_a_draft_is_kept_on_esc_and_over_a_reload(visits: Visits) -> None:
    review = Reviewing(visits, [chat("Draft?", "Old.")])
    review.edit_end(" New.")
    review.press("Escape")
    expect(review.bar).to_contain_text(re.compile(r"Draft from \d\d:\d\d"))
    expect(review.item).to_contain_text("changed, not saved")
    review.is_saved()
    review.open()
    expect(review.bar).to_contain_text("Draft from")
    expect(review.item).to_contain_text("Old. New.")
    # The server has it, too: a window without the first one's memory shows it.
    other = visits.window("rita").new_page()
    other.goto(f"/review/{review.queue}/")
    assert review.stored(0)[2] == 1
    review.page.get_by_role("button", name="Save", exact=True).click()
    expect(review.bar).to_have_count(0)
    messages, status, version = review.stored(0)
    assert (messages[1]["content"], status, version) == ("Old. New.", "unreviewed", 2)
    expect(review.item.locator(".item-version")).to_have_text("v2")


def test_what_is_typed_while_the_server_is_away_is_kept(visits: Visits) -> None:
    review = Reviewing(visits, [chat("Away?", "Old.")])
    review.page.context.set_offline(True)
    review.edit_end(" Typed offline.")
    expect(review.bar).to_contain_text("Draft kept at")
    review.page.context.set_offline(False)
    review.open()
    expect(review.item).to_contain_text("Old. Typed offline.")
    review.page.context.set_offline(True)
    review.press("Control+Enter")
    expect(review.page.locator(".review-bar .saved")).to_contain_text("kept here")
    review.page.context.set_offline(False)
    messages, status, _ = review.stored(0)
    assert (messages[1]["content"], status) == ("Old. Typed offline.", "approved")
    visits.problems[:] = [problem for problem in visits.problems if "ERR_INTERNET_DISCONNECTED" not in problem]


def test_parts_are_edited_run_and_compared(visits: Visits) -> None:
    review = Reviewing(visits, [[*chat("How many?"), {"role": "assistant", "content": PARTS}]])
    review.press("e")
    run_it = review.item.get_by_role("button", name="Run this Python part")
    run_it.first.click()
    expect(review.item.locator(".run-report")).to_contain_text("Another output", timeout=20_000)
    review.item.get_by_role("button", name="Put this output").click()
    run_it.first.click()
    expect(review.item.locator(".run-report")).to_contain_text("The same output", timeout=20_000)
    review.item.get_by_role("button", name="Add a part").click()
    review.page.keyboard.type(" clips.")
    review.item.get_by_label("Type of this part").last.select_option("reasoning")
    review.item.get_by_role("button", name="Move this part up").last.click()
    review.press("Control+Enter")
    messages, status, _ = review.stored(0)
    types = [part["type"] for part in messages[1]["content"]]
    assert (types, status) == (["text", "python", "reasoning", "python_output"], "approved")
    assert [part["text"] for part in messages[1]["content"]] == ["She sold ", "48/2", " clips.", "24.0"]


def test_turns_are_inserted_deleted_and_put_back(visits: Visits) -> None:
    review = Reviewing(visits, [chat("a", "b", "c", "d")])
    review.press("j", "j", "j", "d", "d")
    expect(review.item.locator(".is-deleted")).to_contain_text("c")
    review.press("k", "k", "o")
    expect(review.box).to_be_focused()
    review.page.keyboard.type("inserted")
    review.press("Escape")
    expect(review.item.locator(".draft-turn")).to_contain_text("inserted")
    review.item.get_by_role("button", name="Put it back").click()
    expect(review.item.locator(".is-deleted")).to_have_count(0)
    review.page.get_by_role("button", name="Save", exact=True).click()
    contents = [turn["content"] for turn in review.stored(0)[0]]
    assert contents == ["a", "inserted", "b", "c", "d"]


def test_a_draft_of_an_older_text_shows_what_has_changed(visits: Visits) -> None:
    review = Reviewing(visits, [chat("Stale?", "Old.")])
    review.edit_end(" Mine.")
    review.press("Escape")
    review.is_saved()
    run(review.stand, _EDIT.format(pk=review.ids[0], messages=chat("Stale!", "Old.")))
    review.open()
    expect(review.bar).to_contain_text("The text has changed since")
    review.page.get_by_role("button", name="What has changed").click()
    expect(review.item.locator(".draft-since")).to_contain_text("Stale")
    review.page.get_by_role("button", name="Put mine over version 2").click()
    expect(review.item).to_contain_text("Old. Mine.")
    review.page.get_by_role("button", name="Save", exact=True).click()
    assert [turn["content"] for turn in review.stored(0)[0]] == ["Stale?", "Old. Mine."]


def test_a_conflict_shows_both_texts(visits: Visits) -> None:
    review = Reviewing(visits, [chat("Both?", "Old."), chat("Next?", "Yes.")])
    review.edit_end(" Mine.")
    run(review.stand, _EDIT.format(pk=review.ids[0], messages=chat("Both?", "Theirs.")))
    review.press("Control+Enter")
    saved = review.page.locator(".review-bar .saved")
    expect(saved).to_contain_text("need")
    page = review.page.context.new_page()
    page.goto("/review/conflicts")
    page.locator("#main .conflict-list a").first.click()
    expect(page.locator("#main")).to_contain_text("Old. Mine.")
    expect(page.locator("#main")).to_contain_text("Theirs.")


def test_an_answer_of_a_model_is_taken_over(visits: Visits) -> None:
    review = Reviewing(visits, [chat("Sum?", "4."), chat("Next?", "Yes.")])
    run(review.stand, _ANSWERS.format(pk=review.ids[0]))
    review.open()
    review.press("g")
    expect(review.page.locator("#review-said")).to_contain_text("Answers of models")
    review.press("v")
    chooser = review.page.get_by_role("dialog", name="Take over the answer of")
    expect(chooser).to_contain_text("It is five.")
    review.press("2")
    expect(review.box).to_have_value("It is five.")
    expect(review.bar).to_contain_text("Draft kept at")
    review.press("Control+Enter")
    expect(review.item).to_contain_text("Next?")
    messages, status, _ = review.stored(0)
    assert (messages[1]["content"], status) == ("It is five.", "approved")


@pytest.mark.parametrize("key", ["g", "v", "h"])
def test_what_cannot_be_shown_is_said(visits: Visits, key: str) -> None:
    review = Reviewing(visits, [chat("Nothing?", "Nothing.")])
    review.press(key)
    words = {"g": "No model has answered", "v": "nothing to take over", "h": "Nothing was changed"}
    expect(review.page.locator("#review-said")).to_contain_text(words[key])


def test_what_cannot_be_approved_stays_on_the_screen_and_says_why(visits: Visits) -> None:
    review = Reviewing(visits, [chat("Twice?", "No."), chat("Next?", "Yes.")])
    review.press("j", "Shift+o")
    expect(review.box).to_be_focused()
    review.page.keyboard.type("Before.")
    review.press("Control+Enter")
    expect(review.page.locator("#review-said")).to_contain_text("The same role twice in a row")
    expect(review.box).to_have_value("Before.")
    assert review.stored(0) == (chat("Twice?", "No."), "unreviewed", 1)
