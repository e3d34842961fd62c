"""How many questions at once, and how long to wait: with a clock of the test's own."""

import time
from email.utils import formatdate

import pytest

from webapp.evals.asking.failures import KINDS, quoted, scrub, status_fault
from webapp.evals.asking.limiting import Limiter
from webapp.evals.asking.waiting import Pace, retry_after
from webapp.evals.models import EvalResult

pytestmark = pytest.mark.once


def test_it_doubles_with_each_round_of_answers_up_to_the_cap() -> None:
    limiter = Limiter(80, 0.0)
    seen = [limiter.allowed]
    for _ in range(4):
        for _ in range(limiter.allowed):
            limiter.succeeded(0.0)
        seen.append(limiter.allowed)
    assert seen == [16, 32, 64, 80, 80]


def test_it_reaches_the_cap_within_two_seconds_while_answers_take_minutes() -> None:
    limiter = Limiter(64, 0.0)
    for tenth in range(1, 20):
        limiter.tick(tenth / 10)
    assert limiter.allowed == 64


def test_an_overload_halves_it_once_for_all_that_was_open_together() -> None:
    limiter = Limiter(16, 0.0)
    for _ in range(20):
        limiter.succeeded(0.0)
    epoch = limiter.epoch
    for _ in range(5):
        limiter.overloaded(epoch, told_to_wait=False)
    assert limiter.allowed == 8
    limiter.overloaded(limiter.epoch, told_to_wait=False)
    assert limiter.allowed == 4


def test_after_an_overload_it_grows_by_one_for_each_clean_round() -> None:
    limiter = Limiter(16, 0.0)
    for _ in range(20):
        limiter.succeeded(0.0)
    limiter.overloaded(limiter.epoch, told_to_wait=False)
    limiter.tick(100.0)
    seen = [limiter.allowed]
    for _ in range(3):
        for _ in range(limiter.allowed + 1):
            limiter.succeeded(0.0)
        seen.append(limiter.allowed)
    assert seen == [8, 9, 10, 11]


def test_after_a_wait_it_begins_with_one_and_comes_back_fast() -> None:
    limiter = Limiter(16, 0.0)
    for _ in range(20):
        limiter.succeeded(0.0)
    limiter.overloaded(limiter.epoch, told_to_wait=True)
    assert limiter.allowed == 1
    for _ in range(7):
        limiter.succeeded(0.0)
    assert limiter.allowed == 8


def test_it_never_goes_below_one_but_with_a_cap_of_none() -> None:
    limiter = Limiter(4, 0.0)
    for _ in range(10):
        limiter.overloaded(limiter.epoch, told_to_wait=False)
    assert limiter.allowed == 1
    limiter.cap = 0
    assert limiter.allowed == 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "0"}, 0.0),
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "."}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT", "Date": "Wed, 21 Oct 2015 07:27:30 GMT"}, 30.0),
    ],
)
def test_retry_after_is_a_number_or_a_date_by_the_servers_clock(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date_without_the_servers_clock() -> None:
    found = retry_after({"Retry-After": formatdate(time.time() + 60, usegmt=True)})
    assert found == pytest.approx(60, abs=5)


def test_pauses_grow_and_differ() -> None:
    pace = Pace(pause=1, longest_pause=5)
    for tries, full in ((1, 1), (2, 2), (3, 4), (4, 5), (2000, 5)):
        drawn = {pace.pause_after(tries) for _ in range(20)}
        assert len(drawn) > 10
        assert all(full / 2 <= seconds <= full for seconds in drawn)


@pytest.mark.parametrize(
    ("status", "kind", "retry", "pauses"),
    [
        (400, "bad_request", False, False), (401, "key_refused", False, True), (402, "payment", False, True),
        (403, "key_refused", False, True), (404, "not_found", False, False), (408, "timeout", True, False),
        (413, "bad_request", False, False), (422, "bad_request", False, False), (429, "rate_limited", True, False),
        (500, "http_500", True, False), (502, "http_502", True, False), (503, "http_503", True, False),
        (504, "http_504", True, False), (529, "http_other", True, False), (301, "redirect", False, False),
        (308, "redirect", False, False), (204, "http_other", False, False),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, kind: str, retry: bool, pauses: bool) -> None:
    fault = status_fault(status, "Too bad.")
    assert (fault.kind, fault.retry, fault.pauses) == (kind, retry, pauses)
    assert fault.is_overload() == (status in {408, 429, 503})


def test_every_kind_fits_into_its_column() -> None:
    longest = EvalResult._meta.get_field("kind").max_length
    assert longest is not None
    assert [kind for kind in KINDS if len(kind) > longest] == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"error": {"message": "Too\\n many", "code": 1}}', "Too many"),
        (b'{"error": "no"}', "no"),
        (b'{"detail": "no"}', "no"),
        (b'{"detail": [{"loc": 1}]}', '{"detail": [{"loc": 1}]}'),
        (b"plain \xff text", "plain \N{REPLACEMENT CHARACTER} text"),
        (b"[" * 60_000, "[" * 60_000),
        (b"", ""),
    ],
)
def test_what_the_body_of_an_error_says(body: bytes, says: str) -> None:
    assert quoted(body) == says


@pytest.mark.parametrize("form", ['a"b/c+d', 'a\\"b/c+d', "a%22b%2Fc%2Bd", "a%22b/c%2Bd"])
def test_the_key_is_taken_out_however_it_is_written(form: str) -> None:
    assert scrub(f"You sent Bearer {form}.", 'a"b/c+d') == "You sent Bearer (key hidden)."
