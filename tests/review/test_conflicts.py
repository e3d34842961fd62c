"""A step that ran into somebody else's change: shown with both texts, and ended by a choice."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import chat
from tests.review.making import Entry, decision, entry, make_items, send
from webapp.accounts.models import User
from webapp.conversations.actions.review import decide, flag_conversation, save_edit
from webapp.conversations.actions.sources import delete_source
from webapp.conversations.models import Conversation, FlagReason, Source, Status
from webapp.review.models import Queue, QueueItem, Step

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(queue: Queue) -> QueueItem:
    return make_items(queue)[0]


@pytest.fixture
def edit(adas: Client, bob: User, item: QueueItem) -> Entry:
    """Ada's edit, which came after Bob's."""
    save_edit(conversation_id=item.conversation_id, version=1, messages=chat("q", "Bob's answer"), by=bob)
    made = entry("edit", item, messages=chat("q", "Ada's answer"), reason="wrong", approve=True)
    assert send(adas, made)[0]["state"] == "conflict"
    return made


def page_of(made: Entry) -> str:
    return reverse("review:conflict", args=[made["id"]])


def fields(page: str, do: str) -> dict[str, str]:
    """What the form of the page sends when a button is pressed."""
    found = dict(re.findall(r'type="hidden" name="(version|seen_flag)" value="(\d+)"', page))
    assert f'name="do" value="{do}"' in page
    return found | {"do": do}


def text_of(item: QueueItem) -> object:
    return Conversation.objects.get(pk=item.conversation_id).text.message_list()


def test_both_texts_are_shown_and_what_happened(adas: Client, edit: Entry) -> None:
    page = adas.get(page_of(edit)).content.decode()
    assert "Ada&#x27;s answer" in page or "Ada's answer" in page
    assert "Bob&#x27;s answer" in page or "Bob's answer" in page
    for words in ("edited and approved", "wrong", "What yours would change now", "bob", "edited"):
        assert words in page
    listed = adas.get(reverse("review:conflicts")).content.decode()
    assert page_of(edit) in listed


def test_what_is_there_is_kept(adas: Client, item: QueueItem, edit: Entry) -> None:
    page = adas.get(page_of(edit)).content.decode()
    for _ in range(2):
        response = adas.post(page_of(edit), fields(page, "keep"))
        assert response["Location"] == reverse("review:conflicts")
    assert Step.objects.get().state == Step.State.SETTLED
    assert text_of(item) == chat("q", "Bob's answer")
    assert page_of(edit) not in adas.get(reverse("review:conflicts")).content.decode()
    assert "This is settled" in adas.get(page_of(edit)).content.decode()
    assert send(adas, edit)[0]["state"] == "done"


def test_mine_is_put_on_top_as_a_new_step(adas: Client, item: QueueItem, edit: Entry) -> None:
    page = adas.get(page_of(edit)).content.decode()
    for _ in range(2):
        assert adas.post(page_of(edit), fields(page, "mine")).status_code == 302
    assert text_of(item) == chat("q", "Ada's answer")
    conversation = Conversation.objects.get()
    assert (conversation.version, conversation.status) == (4, Status.APPROVED)
    item.refresh_from_db()
    assert item.state == QueueItem.State.AGREED
    assert [step.state for step in Step.objects.order_by("number")] == [Step.State.SETTLED, Step.State.DONE]
    assert adas.get("/review/steps").json()["steps"][0]["undoable"] is True


def test_one_that_changed_again_is_shown_again(adas: Client, bob: User, item: QueueItem, edit: Entry) -> None:
    sent = fields(adas.get(page_of(edit)).content.decode(), "mine")
    save_edit(conversation_id=item.conversation_id, version=2, messages=chat("q", "again"), by=bob)
    response = adas.post(page_of(edit), sent)
    assert response.status_code == 409
    assert "again" in response.content.decode()
    assert [step.state for step in Step.objects.all()] == [Step.State.CONFLICT]
    assert text_of(item) == chat("q", "again")


def test_a_decision_against_a_decision_and_a_flag(adas: Client, bob: User, item: QueueItem) -> None:
    decide(conversation_id=item.conversation_id, version=1, status=Status.REJECTED, by=bob, note="nonsense")
    reason = FlagReason.objects.all()[0]
    flag_conversation(conversation_id=item.conversation_id, reason=reason, by=bob, note="see turn 2")
    made = decision(item)
    send(adas, made)
    page = adas.get(page_of(made)).content.decode()
    for words in ("nonsense", "see turn 2", reason.label, "rejected", "approved"):
        assert words in page
    assert adas.post(page_of(made), fields(page, "mine")).status_code == 302
    assert Conversation.objects.get().status == Status.APPROVED


def test_what_is_refused_again_is_said(adas: Client, item: QueueItem) -> None:
    made = entry("edit", item, messages=[], reason="", approve=False)
    send(adas, made)
    page = adas.get(page_of(made)).content.decode()
    response = adas.post(page_of(made), fields(page, "mine"))
    assert response.status_code == 422
    assert [step.state for step in Step.objects.all()] == [Step.State.REFUSED]


def test_others_do_not_see_it(bobs: Client, edit: Entry) -> None:
    assert bobs.get(page_of(edit)).status_code == 404
    assert bobs.post(page_of(edit), {"do": "keep"}).status_code == 404
    assert "No conflicts" in bobs.get(reverse("review:conflicts")).content.decode()


def test_a_form_that_makes_no_sense(adas: Client, edit: Entry) -> None:
    assert adas.post(page_of(edit), {"do": "both", "version": "2"}).status_code == 400
    assert adas.post(page_of(edit), {"do": "mine"}).status_code == 428
    assert adas.post(page_of(edit), {"do": "mine", "version": "x"}).status_code == 400
    assert adas.put(page_of(edit)).status_code == 405
    assert Step.objects.get().state == Step.State.CONFLICT


def test_what_is_deleted_waits_for_nobody(adas: Client, queue: Queue, item: QueueItem, edit: Entry) -> None:
    screen, source = reverse("review:screen", args=[queue.pk]), item.conversation.source
    assert 'data-conflicts="1"' in adas.get(screen).content.decode()
    delete_source(source=source, by=None)
    assert 'data-conflicts="0"' in adas.get(screen).content.decode()
    assert page_of(edit) not in adas.get(reverse("review:conflicts")).content.decode()
    Source.objects.update(deleted_at=None)
    assert page_of(edit) in adas.get(reverse("review:conflicts")).content.decode()
    Step.objects.update(conversation=None, item=None)
    assert 'data-conflicts="0"' in adas.get(screen).content.decode()
    assert "No conflicts" in adas.get(reverse("review:conflicts")).content.decode()


@pytest.mark.parametrize(("count", "words"), [(1, "of your steps needs you"), (2, "of your steps need you")])
def test_home_and_the_list_of_queues_lead_to_conflicts(
    adas: Client, bobs: Client, queue: Queue, count: int, words: str
) -> None:
    items = make_items(queue, count)
    send(bobs, *(decision(item, "rejected") for item in items))
    send(adas, *(decision(item) for item in items))
    home, listed = ((" ".join(adas.get(address).content.decode().split())) for address in ("/", "/review/"))
    assert f'href="/review/conflicts"><strong class="big-number">{count}</strong> <span>{words}' in home
    assert f'href="/review/conflicts">{count} {words}</a>' in listed
    for address in ("/", "/review/"):
        assert "of your steps" not in bobs.get(address).content.decode()
