"""The filter: read from addresses and recipes, refused by name, and the same rows as a filter in plain Python."""

from typing import Any

import pytest
from django.http import QueryDict

from tests.evals.making import make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.common.errors import BadRequest
from webapp.conversations.filters import ISSUE_WORDS, ConversationFilter, filter_names
from webapp.conversations.models import Conversation, Flag, FlagReason, Source, Status

pytestmark = pytest.mark.django_db


def found(query: str) -> set[int]:
    narrowed = ConversationFilter.from_query(QueryDict(query)).apply(Conversation.objects.all())
    return set(narrowed.values_list("pk", flat=True))


BAD = {
    "reviewer__password__startswith=p": "is not a filter. Use one of: source, status",
    "_connector=OR": "is not a filter",
    "order=owner__password": "is not a filter",
    "page=-1": "is not a filter",
    "source=abc": "must be a whole number",
    "source=-1": "must be a whole number",
    "source=99999999999999999999": "must be a whole number",
    "source=9223372036854775808": "must be a whole number",
    "source=٣": "must be a whole number",
    "source=4444": "There is no source with the number 4444",
    "status=done": "Use one of: unreviewed, approved, rejected, skipped",
    "flag=nonsense": "Use one of: any, none, wrong-answer",
    "issue=nonsense": "Use one of: any, none, one_message",
    "turns_min=1.5": "must be a whole number",
    "turns_min=1e9": "must be a whole number",
    "turns_max=2147483648": "must be a whole number",
    "system=yes": "Use one of: 1, 0",
    "tools=2": "Use one of: 1, 0",
    "edited=1&edited=0": "given more than once",
    "reviewer=nobody-here": "There is nobody called",
    "reviewer=a%00b": "NUL",
    f"subject={'x' * 101}": "at most 100 characters",
    "answer=12": "must be the number of a run",
    "answer=12-nonsense": "right, wrong, no_answer, cut_off, error",
    "answer=012-wrong": "must be the number of a run",
    "answer=٣-wrong": "must be the number of a run",
    "answer=9999999999999999999-wrong": "must be the number of a run",
    "answer=4444-wrong": "There is no evaluation run with the number 4444",
    "q=%21%21": "no letter or digit",
    "q=-only": "only says what to leave out",
}


@pytest.mark.parametrize(("query", "message"), BAD.items())
def test_what_is_not_on_the_list_is_refused(query: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        ConversationFilter.from_query(QueryDict(query))


def test_a_filter_of_everything_goes_to_the_address_and_back() -> None:
    source, user = make_source(), make_user(username="ada")
    run = make_run([])
    query = (
        f"source={source.pk}&status=approved&status=rejected&flag=wrong-answer&turns_min=2&turns_max=9&chars_min=1"
        f"&chars_max=99&system=1&tools=0&edited=1&issue=any&subject=law&reviewer={user.username}"
        f"&answer={run.pk}-wrong&q=%22two+words%22+one"
    )
    whole = ConversationFilter.from_query(QueryDict(query))
    assert whole.to_query() == query
    assert ConversationFilter.from_dict(whole.to_dict()) == whole
    assert {name for name, _ in whole.parts()} == set(filter_names())


def test_the_address_is_canonical() -> None:
    first, second = make_source(), make_source()
    written = f"q=++a++b+&status=skipped&status=approved&source={second.pk}&source={first.pk}&flag=&turns_min="
    expected = f"source={first.pk}&source={second.pk}&status=approved&status=skipped&q=a+b"
    assert ConversationFilter.from_query(QueryDict(written)).to_query() == expected


def test_names_that_the_page_reads_itself_are_left_to_it() -> None:
    assert not ConversationFilter.from_query(QueryDict("order=newest"), other=["order"])


def test_a_saved_filter_survives_what_was_deleted() -> None:
    saved = {"source": [123456], "flag": "gone", "reviewer": "gone"}
    assert not ConversationFilter.from_dict(saved).apply(Conversation.objects.all()).exists()


def test_a_saved_filter_with_another_name_is_refused() -> None:
    with pytest.raises(BadRequest, match="is not a filter"):
        ConversationFilter.from_dict({"status__in": [1]})


def test_chips_say_what_is_set_and_how_to_take_it_away() -> None:
    source = make_source("GSM8K train")
    chosen = ConversationFilter.from_query(QueryDict(f"source={source.pk}&status=approved&status=skipped&edited=0"))
    assert [(chip.label, chip.without) for chip in chosen.chips()] == [
        ("GSM8K train", "status=approved&status=skipped&edited=0"),
        ("approved", f"source={source.pk}&status=skipped&edited=0"),
        ("skipped", f"source={source.pk}&status=approved&edited=0"),
        ("not edited", f"source={source.pk}&status=approved&status=skipped"),
    ]
    assert chosen.describe() == "GSM8K train · approved · skipped · not edited"
    assert ConversationFilter().describe() == "all conversations"


def test_each_part_narrows() -> None:
    user, source = make_user(), make_source()
    make_conversation(make_source())
    wanted = make_conversation(
        source, status=Status.APPROVED, turns=7, characters=5_000, has_system=True, has_tools=True, edited=True,
        issues=",tool_turn,empty_turn,", subject="law", reviewer=user, open_flags=1,
    )  # fmt: skip
    reason = FlagReason.objects.get(slug="unsafe")
    Flag.objects.create(conversation=wanted, source=source, status=wanted.status, reason=reason)
    parts = {
        "source": source.pk, "status": "approved", "flag": "unsafe", "turns_min": 7, "chars_min": 5_000, "system": 1,
        "tools": 1, "edited": 1, "issue": "empty_turn", "subject": "law", "reviewer": user.username,
    }  # fmt: skip
    for name, value in (parts | {"flag": "any", "issue": "any"}).items():
        assert found(f"{name}={value}") == {wanted.pk}, name
    assert found("&".join(f"{name}={value}" for name, value in parts.items())) == {wanted.pk}
    for query in ("turns_max=6", "chars_max=4999", "system=0", "tools=0", "edited=0", "issue=none", "flag=none"):
        assert wanted.pk not in found(query), query
        assert found(query), query


def test_a_resolved_flag_does_not_count() -> None:
    conversation = make_conversation()
    flag: dict[str, Any] = {"conversation": conversation, "source": conversation.source, "status": 0}
    reason = FlagReason.objects.get(slug="unsafe")
    Flag.objects.create(**flag, reason=reason, resolved_at="2026-01-01T00:00:00Z")
    assert not found("flag=unsafe")


def test_the_trash_is_left_out() -> None:
    conversation = make_conversation()
    Source.objects.update(deleted_at="2026-01-01T00:00:00Z")
    assert not found("")
    assert not found(f"source={conversation.source_id}")


def test_every_format_issue_has_words() -> None:
    checking = pytest.importorskip("webapp.conversations.content.checking")
    assert set(ISSUE_WORDS) == set(checking.ISSUES)
