"""Whatever is sent, how often and in which batches: the database is as if each had been sent once, in order."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation, make_source, make_user
from tests.review.making import Entry, add_item, decision, entry, make_queue, undo_of
from webapp.accounts.models import User
from webapp.conversations.actions.review import flag_conversation
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Status
from webapp.review.actions.steps import carry_out_steps
from webapp.review.entries import MOST_ENTRIES, read_batch
from webapp.review.models import Comment, Queue, QueueItem, Step, TurnDraft, Verdict

pytestmark = pytest.mark.django_db

TEXTS = [chat("q", "a"), chat("q", "a", "more", "b"), chat("q"), chat("other", "a")]
#: Each tab works on conversations of its own: between them any order must give the same.
TABS = {0: 0, 1: 1, 2: 0}

decided = st.tuples(st.just("decide"), st.sampled_from([str(status.label) for status in Status]))
taken_back = st.tuples(st.just("undo"), st.sampled_from([0, 0, 0, 1, 2, 5]))
made = st.one_of(
    decided,
    decided,
    taken_back,
    taken_back,
    st.tuples(st.just("flag"), st.tuples(st.sampled_from(["unsafe", "other"]), st.sampled_from([None, 0, 0, 1, 1, 5]))),
    st.tuples(st.just("resolve"), st.none()),
    st.tuples(st.just("edit"), st.tuples(st.integers(0, len(TEXTS) - 1), st.booleans())),
    st.tuples(st.just("comment"), st.none()),
    st.tuples(st.just("draft"), st.integers(0, len(TEXTS) - 1)),
)
scripts = st.lists(st.tuples(st.integers(0, 2), made, st.booleans()), min_size=3, max_size=14)
deliveries = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(1, 5)), max_size=12)
ANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Desk:
    """A reviewer with a queue of three items, each with a flag of somebody else."""

    def __init__(self, overlap: int) -> None:
        self.reviewer = make_user()
        self.queue = make_queue(overlap=overlap)
        source, other = make_source(), make_user()
        self.items = [add_item(self.queue, make_conversation(source, messages=TEXTS[0])) for _ in TABS]
        reason = FlagReason.objects.get(slug="truncated")
        ids = [item.conversation_id for item in self.items]
        self.flags = [flag_conversation(conversation_id=pk, reason=reason, by=other, turn=1).pk for pk in ids]

    def entries(self, script: Sequence[Any]) -> list[Entry]:
        """Made without waiting for an answer: each builds on the one before it on its conversation."""
        found: list[Entry] = []
        last: dict[int, str] = {}
        for number, (place, (kind, said), same_press) in enumerate(script):
            tab = TABS[place]
            one = self._entry(place, kind, said, [each for each in found if each["tab"] == str(tab)])
            if one is None:
                continue
            one |= {"id": str(UUID(int=number + 1)), "group": str(UUID(int=number + 1)), "tab": str(tab)}
            if same_press and found and found[-1]["item"] == one["item"] and "undo" not in (kind, found[-1]["kind"]):
                one["group"] = found[-1]["group"]
            one["after"] = last.get(one["conversation"])
            last[one["conversation"]] = one["id"]
            found.append(one)
        return found

    def _entry(self, place: int, kind: str, said: Any, before: list[Entry]) -> Entry | None:
        item, seen = self.items[place], {"seen_flag": self.flags[place]}
        match kind:
            case "decide":
                return decision(item, said, **seen)
            case "flag":
                return entry("flag", item, reason=said[0], turn=said[1], note="", **seen)
            case "resolve":
                return entry("resolve", item, flag=self.flags[place], **seen)
            case "edit":
                return entry("edit", item, messages=TEXTS[said[0]], approve=said[1], reason="", **seen)
            case "comment":
                return entry("comment", item, turn=None, text="hm", **seen)
            case "draft":
                return entry("draft", item, messages=TEXTS[said], **seen)
            case _:
                return undo_of(before[-1 - said], **seen) if said < len(before) else None


def send(reviewer: User, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    results = []
    for start in range(0, len(entries), MOST_ENTRIES):
        body = json.dumps({"entries": entries[start : start + MOST_ENTRIES]})
        results += carry_out_steps(reviewer=reviewer, entries=read_batch(body.encode()))
    return results


def deliver(entries: list[Entry], plan: Sequence[tuple[int, int, int]]) -> Iterator[list[Entry]]:
    """Batches: each tab sends its own in order, some again, some in the same batch as the ones before them."""
    tabs = [[one for one in entries if one["tab"] == str(tab)] for tab in (0, 1)]
    sent = [0, 0]
    for tab, again, count in [*plan, (0, 3, 99), (1, 99, 99)]:
        start = max(0, sent[tab] - again)
        batch = tabs[tab][start : sent[tab] + count]
        sent[tab] = min(len(tabs[tab]), sent[tab] + count)
        yield [*batch, *batch[:again]]


def state(desk: Desk) -> dict[str, Any]:
    """All that can be seen, without ids that count up and times."""
    ids = [item.conversation_id for item in desk.items]

    def rows(model: Any, *names: str) -> list[Any]:
        found = model.objects.filter(conversation__in=ids).values_list("conversation", *names)
        return sorted(found, key=repr)

    return {
        "conversations": list(
            Conversation.objects.order_by("pk").values_list(
                "status", "version", "open_flags", "edited", "text__messages"
            )
        ),
        "flags": [*rows(Flag, "reason__slug", "turn", "created_by", "resolved_by")],
        "decisions": rows(Decision, "version", "status", "previous", "note"),
        "verdicts": [(*row[:-1], row[-1] is None) for row in rows(Verdict, "status", "version", "withdrawn_at")],
        "comments": [(*row[:-1], row[-1] is None) for row in rows(Comment, "text", "deleted_at")],
        "drafts": rows(TurnDraft, "version", "messages"),
        "items": list(QueueItem.objects.order_by("pk").values_list("state", "verdicts_count")),
        "queue": Queue.objects.values_list("total", "done", "disagreed").get(pk=desk.queue.pk),
        "steps": [
            (*row[:-1], row[-1] is None)
            for row in Step.objects.order_by("pk").values_list(
                "pk", "group", "state", "message", "version", "version_after", "undone_at"
            )
        ],
    }


@contextmanager
def forgotten() -> Iterator[None]:
    """What is done in it is rolled back at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@given(script=scripts, plan=deliveries, overlap=st.sampled_from([1, 1, 1, 2]))
@ANY
def test_repeats_and_batches_change_nothing(script: Any, plan: Any, overlap: int) -> None:
    with forgotten():
        desk = Desk(overlap)
        entries = desk.entries(script)
        with forgotten():
            answers = {result["id"]: result for result in send(desk.reviewer, entries)}
            once = state(desk)
            assert_tallies_match()
            for item in desk.items:
                assert_history_matches(item.conversation)
        for batch in deliver(entries, plan):
            for result in send(desk.reviewer, batch):
                assert _without_ids(result) == _without_ids(answers[result["id"]])
        assert state(desk) == once


def _without_ids(result: dict[str, Any]) -> dict[str, Any]:
    """Without the number of the newest flag; and a conflict that was taken back since asks for nothing more."""
    settled = Step.objects.filter(pk=result["id"], state=Step.State.SETTLED).exists()
    return result | {"seen_flag": 0} | ({"state": "settled", "conflict": None} if settled else {})


@given(script=scripts, overlap=st.sampled_from([1, 1, 1, 2]))
@ANY
def test_undoing_all_gives_everything_back(script: Any, overlap: int) -> None:
    with forgotten():
        desk = Desk(overlap)
        before = _seen(desk)
        send(desk.reviewer, desk.entries(script))
        undone = Step.objects.filter(state=Step.State.DONE, undone_at=None)
        steps = undone.exclude(kind__in=(Step.Kind.UNDO, Step.Kind.DRAFT)).order_by("-number")
        groups = dict.fromkeys((step.group, step.item_id) for step in steps)
        items = {item.pk: item for item in desk.items}
        results = send(desk.reviewer, [entry("undo", items[item or 0], target=str(group)) for group, item in groups])
        assert [result["state"] for result in results] == ["done"] * len(groups)
        assert _seen(desk) == before
        assert_tallies_match()


def _seen(desk: Desk) -> list[Any]:
    """Statuses, texts, open flags, verdicts and comments that stand, items and their queue."""
    conversations = Conversation.objects.order_by("pk").values_list("status", "text__messages", "edited", "open_flags")
    flags = Flag.objects.filter(resolved_at=None).values_list("conversation", "reason", "turn", "created_by")
    items = QueueItem.objects.order_by("pk").values_list("state", "verdicts_count")
    queue = Queue.objects.values_list("total", "done", "disagreed").get(pk=desk.queue.pk)
    standing = Verdict.objects.standing().count() + Comment.objects.filter(deleted_at=None).count()
    return [list(conversations), sorted(flags), list(items), queue, standing]
