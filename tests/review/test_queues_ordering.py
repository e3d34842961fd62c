"""Orders and reasons: which conversation comes first, and what a reviewer is told about it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests.evals.making import make_endpoint, make_run
from tests.factories import make_conversation, make_source, make_user
from tests.review.queueing import State, close, in_order, item_of, make_queue, refill
from webapp.conversations.actions.review import decide, flag_conversation
from webapp.conversations.models import Conversation, FlagReason, Status
from webapp.evals.models import Adapter, Outcome
from webapp.review.facts import Facts, Looking
from webapp.review.models import Queue
from webapp.review.ordering import rank_of, shuffled
from webapp.review.reasons import codes_of, reason_words

WRONG, RIGHT = {"outcome": Outcome.WRONG}, {"outcome": Outcome.RIGHT}
IDS = st.integers(min_value=1, max_value=2**42 - 1)


@given(st.integers(min_value=0, max_value=2**32), st.sets(IDS, min_size=2))
def test_no_two_conversations_get_the_same_place_at_random(seed: int, ids: set[int]) -> None:
    assert len({shuffled(seed, number) for number in ids}) == len(ids)


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=2**63 - 1))
def test_a_random_place_fits_the_databases_and_never_changes(seed: int, number: int) -> None:
    assert -(2**63) <= shuffled(seed, number) < 2**63
    assert shuffled(seed, number) == shuffled(seed, number)


def test_a_random_place_is_that_of_yesterday() -> None:
    """Queues that are there keep their order, and their samples, over releases."""
    assert [shuffled(42, number) for number in (1, 2, 3)] == [
        5088844758199759560,
        2514856528539837980,
        3051055963505447593,
    ]


def test_another_seed_is_another_order() -> None:
    ids = range(1, 200)
    orders = {tuple(sorted(ids, key=lambda number: shuffled(seed, number))) for seed in range(20)}
    assert len(orders) == 20


def test_a_draw_favours_nobody() -> None:
    """Of 10,000 ids each tenth of them has about a tenth of the lowest 1,000 places."""
    drawn = sorted(range(10_000), key=lambda number: shuffled(7, number))[:1_000]
    parts = [sum(number // 1_000 == part for number in drawn) for part in range(10)]
    assert sum((count - 100) ** 2 / 100 for count in parts) < 27.9  # chi square, 9 degrees, p = 0.001


@given(st.sampled_from(Queue.Order.values), IDS, IDS, st.integers(0, 10**7), st.integers(0, 10**7))
def test_every_rank_fits_and_what_weighs_more_comes_first(
    order: str, first: int, second: int, few: int, many: int
) -> None:
    few, many = sorted((few, many))
    light = rank_of(order, 1, first, Facts(open_flags=few, failed=(1,) * min(few, 50)))
    heavy = rank_of(order, 1, second, Facts(open_flags=many, failed=(1,) * min(many, 50)))
    assert all(-(2**63) <= rank < 2**63 for rank in (light, heavy))
    if order == Queue.Order.FLAGGED and min(many, 2**20) > min(few, 2**20):
        assert heavy < light


@given(
    st.builds(Facts, st.sampled_from(Status.values), st.integers(0, 3), st.just((1,)), st.just((2,)), st.booleans()),
    st.booleans(),
)
def test_reasons_fit_their_column(facts: Facts, sampled: bool) -> None:
    assert len(codes_of(facts, sampled=sampled)) <= 200


pytestmark = pytest.mark.django_db


def conversations(count: int) -> list[Conversation]:
    source = make_source()
    return [make_conversation(source) for _ in range(count)]


def test_what_most_models_fail_comes_first_by_the_newest_answer_of_each() -> None:
    one, two, three, four = conversations(4)
    qwen, tiny = make_endpoint("qwen"), make_endpoint("tiny")
    make_run([(one, WRONG), (two, WRONG), (three, RIGHT)], endpoint=qwen)
    make_run([(one, RIGHT), (two, {"outcome": Outcome.NO_ANSWER}), (four, {"outcome": Outcome.ERROR})], endpoint=qwen)
    make_run([(two, {"outcome": Outcome.CUT_OFF}), (three, WRONG)], endpoint=tiny)
    make_run([(one, WRONG), (four, WRONG)], endpoint=make_endpoint("dice", adapter=Adapter.CHANCE))
    queue = make_queue(order="failures")
    assert in_order(queue) == [two.pk, three.pk, one.pk, four.pk]
    assert reason_words(queue, [item_of(queue, three)])[item_of(queue, three).pk] == [
        "wrong answer: tiny",
        "right answer: qwen",
        "unreviewed",
    ]


def test_of_several_samples_more_than_half_must_be_right() -> None:
    (one,) = conversations(1)
    endpoint = make_endpoint()
    make_run([(one, {**RIGHT, "sample": 0}), (one, {**WRONG, "sample": 1})], endpoint=endpoint)
    assert Looking.for_queue(0).facts_of([one.pk])[one.pk].failed == (endpoint.pk,)
    make_run([(one, {**RIGHT, "sample": n}) for n in (0, 1)] + [(one, {**WRONG, "sample": 2})], endpoint=endpoint)
    assert Looking.for_queue(0).facts_of([one.pk])[one.pk].passed == (endpoint.pk,)


def test_disagreement_of_people_comes_before_that_of_models() -> None:
    one, two, three = conversations(3)
    make_run([(one, WRONG), (two, WRONG)])
    make_run([(two, RIGHT)])
    other = make_queue(overlap=2)
    close(other, three, State.DISAGREED)
    queue = make_queue(order="disagreement")
    assert in_order(queue) == [three.pk, two.pk, one.pk]
    item = item_of(queue, three)
    assert reason_words(queue, [item])[item.pk][0] == "reviewers disagree"


def test_most_flags_first_and_a_refill_puts_them_into_order_again() -> None:
    one, two, three = conversations(3)
    reason = FlagReason.objects.get(slug="unsafe")
    flag_conversation(conversation_id=three.pk, reason=reason, by=None)
    queue = make_queue(order="flagged")
    assert in_order(queue) == [three.pk, one.pk, two.pk]
    for turn in (0, 1):
        flag_conversation(conversation_id=two.pk, reason=reason, by=None, turn=turn)
    refill(queue)
    assert in_order(queue) == [two.pk, three.pk, one.pk]


def test_a_random_queue_is_shuffled_by_its_seed() -> None:
    ids = [one.pk for one in conversations(9)]
    queue = make_queue(order="random", seed=3)
    assert in_order(queue) == sorted(ids, key=lambda number: shuffled(3, number))


def test_flags_are_named_unless_the_queue_is_blind() -> None:
    (one,) = conversations(1)
    for slug in ("unsafe", "wrong-answer"):
        flag_conversation(conversation_id=one.pk, reason=FlagReason.objects.get(slug=slug), by=None)
    seeing, blind = make_queue(), make_queue(overlap=2)
    said = [reason_words(queue, [item_of(queue, one)])[item_of(queue, one).pk] for queue in (seeing, blind)]
    assert said[0][0].startswith("flagged: ")
    assert "wrong answer" in said[0][0]
    assert said[1] == ["flagged", "unreviewed"]


def test_a_sample_says_so_and_what_is_not_so_any_more_is_not_said() -> None:
    (one,) = conversations(1)
    queue = make_queue(sample=5)
    item = item_of(queue, one)
    assert reason_words(queue, [item])[item.pk] == ["drawn at random, one of 5", "unreviewed"]
    decide(conversation_id=one.pk, version=1, status=Status.APPROVED, by=make_user())
    assert reason_words(queue, [item])[item.pk] == ["drawn at random, one of 5"]


def test_without_any_reason_the_filter_is_one() -> None:
    one = make_conversation(status=Status.APPROVED)
    queue = make_queue({"status": ["approved"]})
    item = item_of(queue, one)
    assert reason_words(queue, [item])[item.pk] == ["fits the queue’s filter"]


def test_reasons_of_a_page_take_the_same_few_queries_however_many_there_are() -> None:
    there = conversations(6)
    make_run([(one, WRONG) for one in there])
    for one in there:
        flag_conversation(conversation_id=one.pk, reason=FlagReason.objects.get(slug="unsafe"), by=None)
    queue = make_queue()
    for count in (1, 6):
        items = list(queue.items.all()[:count])
        with CaptureQueriesContext(connection) as queries:
            reason_words(queue, items)
        assert len(queries) == 6


@pytest.mark.parametrize("adapter", [Adapter.CHANCE, Adapter.REFERENCE])
def test_baselines_are_no_models(adapter: Adapter) -> None:
    one, two = conversations(2)
    make_run([(two, WRONG)], endpoint=make_endpoint(adapter=adapter))
    queue = make_queue(order="failures")
    assert in_order(queue) == [one.pk, two.pk]
    item = item_of(queue, two)
    assert reason_words(queue, [item])[item.pk] == ["unreviewed"]


def test_a_queue_of_the_answers_of_a_run_says_so() -> None:
    one, _ = conversations(2)
    run = make_run([(one, WRONG)], endpoint=make_endpoint(adapter=Adapter.CHANCE), name="coin of May")
    queue = make_queue({"answer": f"{run.pk}-wrong"})
    item = item_of(queue, one)
    assert reason_words(queue, [item])[item.pk] == ["wrong in coin of May", "unreviewed"]
    run.delete()
    queue.refresh_from_db()
    assert reason_words(queue, [item])[item.pk] == ["unreviewed"]
