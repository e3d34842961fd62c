"""The store of answers: each is kept under everything that determines it, so that no run asks for it twice."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from webapp.evals.asking.questions import Connection, Question, Reply
from webapp.evals.models import Answer

#: It rises when the same question would be asked in another way.
KEY_VERSION = 1


def key_of(connection: Connection, question: Question, sample: int, *, run: int | None) -> bytes:
    """SHA-256 (32 bytes) over adapter, address, model, messages, sampling, mode, letters and the number of the sample.

    With `run` the answer is kept for this run alone. The limits of an endpoint and its key do not change what it
    answers, so they are no part of it.
    """
    sampling = question.sampling
    return _digest(
        endpoint=[connection.adapter, connection.address, connection.model],
        messages=question.messages,
        sampling=[sampling.temperature, sampling.max_tokens, sampling.top_p, sampling.top_k, sampling.seed],
        mode=[question.mode, question.letters, question.token_ids],
        likely_tokens=connection.top_logprobs if question.mode == "letters" else None,
        sample=sample,
        run=run,
    )


def key_of_baseline(adapter: str, content_hash: bytes, text: str, seed: int, sample: int) -> bytes:
    """The same for a baseline, whose answer follows from the conversation."""
    return _digest(endpoint=[adapter], content=content_hash.hex(), text=text, seed=seed, sample=sample)


def _digest(**parts: Any) -> bytes:
    return hashlib.sha256(orjson.dumps({"version": KEY_VERSION, **parts}, option=orjson.OPT_SORT_KEYS)).digest()


def find_answers(keys: Iterable[bytes]) -> dict[bytes, Answer]:
    """The stored answers among these keys."""
    return {bytes(answer.key): answer for answer in Answer.objects.filter(key__in=list(keys))}


def store_answers(replies: Mapping[bytes, Reply]) -> dict[bytes, int]:
    """Store replies under their keys, in the caller's transaction; the first one stays. Returns the ids by key."""
    rows = [_row(key, replies[key]) for key in sorted(replies)]  # one order everywhere: no circle of locks
    Answer.objects.bulk_create(rows, ignore_conflicts=True)
    return {bytes(key): pk for pk, key in Answer.objects.filter(key__in=list(replies)).values_list("pk", "key")}


def _row(key: bytes, reply: Reply) -> Answer:
    return Answer(
        key=key,
        text=reply.text,
        finish=reply.finish[:20],
        letters=json.dumps(dict(reply.letters)) if reply.letters else "",
        forced=reply.forced,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        latency_ms=reply.latency_ms,
    )


def reply_of(answer: Answer) -> Reply:
    """A stored answer as it once came back."""
    return Reply(
        text=answer.text,
        finish=answer.finish,
        letters=answer.letter_logprobs(),
        forced=answer.forced,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        latency_ms=answer.latency_ms,
        tries=0,
    )
