"""`seed_demo`: loaded through the real actions, once, findable, with the planned flags and decisions."""

import io
import json

import pytest
from django.core.management import call_command

from tests.factories import make_source
from webapp.conversations import tallies
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Source, Status

pytestmark = pytest.mark.django_db


def seed(*arguments: str) -> dict[str, int | None]:
    out = io.StringIO()
    call_command("seed_demo", "--json", *arguments, stdout=out)
    loaded: dict[str, int | None] = json.loads(out.getvalue())
    return loaded


def test_it_loads_conversations_flags_and_decisions() -> None:
    assert seed()["loaded"] == 65
    totals = tallies.totals()
    assert {status: row["total"] for status, row in totals.items()} == {
        Status.UNREVIEWED: 49,
        Status.APPROVED: 12,
        Status.REJECTED: 4,
    }
    # 14 planted, and one that the import itself finds: a template token.
    assert sum(row["flagged"] for row in totals.values()) == Flag.objects.filter(resolved_at=None).count() == 15
    assert sum(row["with_issue"] for row in totals.values()) == 3
    assert Decision.objects.count() == 16


def test_every_reason_has_an_open_flag() -> None:
    seed()
    assert set(Flag.objects.values_list("reason__slug", flat=True)) == set(
        FlagReason.objects.values_list("slug", flat=True)
    )


def test_a_second_time_changes_nothing() -> None:
    seed()
    assert seed() == {"loaded": 0, "source": None}
    assert Conversation.objects.count() == 65


def test_if_empty_leaves_an_installation_in_use_alone() -> None:
    make_source()
    assert seed("--if-empty")["loaded"] == 0
    assert seed()["loaded"] == 65


def test_a_retired_reason_is_left_out() -> None:
    FlagReason.objects.filter(slug="unsafe").update(active=False)
    assert seed()["loaded"] == 65
    assert not Flag.objects.filter(reason__slug="unsafe").exists()


def test_it_can_be_searched_at_once() -> None:
    seed()
    found = ConversationFilter.from_query({"q": '"Hanseatic League"'}).apply(Conversation.objects.all())
    assert found.count() == 1
    assert Source.objects.get().indexed_through >= found.get().pk
