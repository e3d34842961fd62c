"""What a script asks for editing: drafts, what has changed under one, answers of models."""

import pytest
from django.test import Client

from tests.evals.making import make_endpoint, make_run
from tests.factories import chat, make_conversation, make_user
from webapp.accounts.models import Role, User
from webapp.conversations.actions.review import decide, save_edit
from webapp.conversations.models import Status
from webapp.evals.models import Outcome
from webapp.review.models import TurnDraft

pytestmark = pytest.mark.django_db


def test_drafts_are_listed_and_read_by_their_writer_alone(adas: Client, bobs: Client, ada: User) -> None:
    conversation = make_conversation()
    messages = chat("a", "b")
    TurnDraft.objects.create(conversation=conversation, user=ada, version=1, messages=messages)
    listed = adas.get("/review/drafts").json()["drafts"]
    assert [(one["conversation"], one["version"]) for one in listed] == [(conversation.pk, 1)]
    found = adas.get(f"/review/drafts/{conversation.pk}").json()
    assert found == listed[0] | {"messages": messages}
    assert bobs.get("/review/drafts").json() == {"drafts": []}
    assert bobs.get(f"/review/drafts/{conversation.pk}").status_code == 404


def test_what_has_changed_since_a_version(adas: Client, ada: User) -> None:
    conversation = make_conversation(messages=chat("One?", "Two <b>."))
    address = f"/review/drafts/{conversation.pk}/since"
    decide(conversation_id=conversation.pk, version=1, status=Status.APPROVED, by=ada)
    assert adas.get(f"{address}?version=1").json()["changed"] is False
    save_edit(conversation_id=conversation.pk, version=2, messages=chat("One?", "Three <b>."), by=ada)
    found = adas.get(f"{address}?version=2").json()
    assert (found["version"], found["changed"]) == (3, True)
    assert "<ins>Three</ins> &lt;b&gt;." in found["html"]
    assert adas.get(f"{address}?version=9").status_code == 404
    assert adas.get(f"{address}?version=x").status_code == 400
    assert adas.get(f"/review/drafts/{conversation.pk + 1}/since?version=1").status_code == 404


def test_the_newest_answer_of_each_model_is_given_whole(adas: Client) -> None:
    conversation = make_conversation()
    first, second = make_endpoint("first"), make_endpoint("second")
    long = "word " * 2_000
    make_run([(conversation, {"outcome": Outcome.WRONG, "text": "old"})], endpoint=first)
    make_run([(conversation, {"outcome": Outcome.RIGHT, "text": long})], endpoint=first)
    make_run([(conversation, {"outcome": Outcome.WRONG, "text": "other"})], endpoint=second)
    make_run([(conversation, {"outcome": Outcome.ERROR})], endpoint=make_endpoint("third"))
    found = adas.get(f"/review/answers/{conversation.pk}").json()["answers"]
    assert [(one["model"], one["text"]) for one in found] == [("second", "other"), ("first", long)]
    assert found[1]["outcome"] == "right"
    assert adas.get(f"/review/answers/{conversation.pk + 1}").status_code == 404


@pytest.mark.parametrize("address", ["drafts", "drafts/1", "drafts/1/since?version=1", "answers/1"])
def test_only_reviewers_and_only_reading(client: Client, adas: Client, address: str) -> None:
    client.force_login(make_user(Role.VIEWER))
    assert client.get(f"/review/{address}").status_code == 403
    assert adas.post(f"/review/{address}").status_code == 405
