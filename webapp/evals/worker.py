"""One worker's part of a run, for one slice: claim questions, ask them, score the replies, write what came of them."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.utils import timezone

from webapp.common.running import Cancelled, JobRun, Progress
from webapp.conversations.content.canonical import content_hash
from webapp.conversations.models import Conversation
from webapp.evals import claims
from webapp.evals.answers import find_answers, reply_of
from webapp.evals.asked import conversation_asked, text_asked
from webapp.evals.asking.questions import Failure, Question, Reply, Result
from webapp.evals.broken import flag_broken
from webapp.evals.grading import Grade, Scorer, grade
from webapp.evals.models import EvalResult, EvalRun, Outcome
from webapp.evals.sharing import PLACES, places_of
from webapp.evals.storing import Finished, store_finished

#: Replies are written this often (seconds): what is lost with a killed worker is asked again.
WRITE_SECONDS = 0.1
#: Questions for so long (seconds) are claimed ahead, at the last rate: a fast endpoint must not wait.
AHEAD_SECONDS = 0.25
#: How often the rate is measured.
COUNT_SECONDS = 0.25
#: How often a worker without anything to write says that it lives.
BREATH_SECONDS = 1.0
#: How often it looks for places that others have left, until it has its part of the endpoint.
LOOK_SECONDS = 0.25
#: A pause that the server asks for is so long (seconds) that the worker is given back.
LONG_PAUSE_SECONDS = 5.0
PAUSE_WORDS = "the server asked to wait"
#: So long (seconds) may replies be scored before what is scored is written.
SCORE_SECONDS = 2.0


class Paused(Exception):
    """The run must not go on asking; the message says why, and what to do."""


class Respondent(Protocol):
    """Who is asked: an endpoint (asking.asker.Asker), or a baseline."""

    def submit(self, ticket: int, question: Question) -> None: ...

    def take(self, seconds: float) -> list[tuple[int, Result]]: ...

    def room(self, ahead: int) -> int: ...

    def set_cap(self, count: int) -> None: ...

    @property
    def is_hungry(self) -> bool: ...

    @property
    def open(self) -> int: ...

    @property
    def stopped(self) -> Failure | None: ...

    @property
    def waiting_until(self) -> datetime | None: ...


class Asked(NamedTuple):
    """A claimed result, the conversation as a task would give it, and what its answer is kept under."""

    result: EvalResult
    conversation: dict[str, Any]
    question: Question
    key: bytes


#: Makes the question of a claimed result: the conversation as a task gives it, its content hash, the result.
MakeQuestion = Callable[[EvalResult, dict[str, Any], bytes], tuple[Question, bytes]]


@dataclass
class Worker:
    """What a worker holds: `asked` are out, `replies` wait to be scored, `finished` to be written."""

    run: JobRun
    eval_run: EvalRun
    respondent: Respondent
    make_question: MakeQuestion
    scorer: Scorer
    leads: bool
    concurrency: int

    def __post_init__(self) -> None:
        self.asked: dict[int, Asked] = {}
        self.replies: deque[tuple[Asked, Reply, bool]] = deque()
        self.finished: list[Finished] = []
        self._written = self._looked = self._counted = 0.0
        self._answered = self._a_second = 0
        #: How many questions at once it may have open, how many places the others leave it, and its part.
        self._cap = self._places = 0
        self._part = -1
        self.respondent.set_cap(0)

    def work(self) -> None:
        """Ask until nothing waits. Raises SliceOver, Cancelled, LeaseLost, and Paused."""
        leaving = False
        while True:
            self._measure()
            self._collect()
            wanted = 0 if leaving else self._room()
            if self._is_time_to_write(wanted, leaving=leaving):
                leaving = leaving or self.run.is_wanted_elsewhere()
                claimed = self._write_and_claim(wanted)
                self._ask(claimed)
                if self._is_empty() and leaving:
                    self.run.end_slice()
                self._make_way()
                if self._is_empty() and not claimed and (wanted or not claims.anything_left(self.eval_run.pk)):
                    return

    def _make_way(self) -> None:
        """Where the server has asked for a long pause, the worker does something else meanwhile. Raises SliceOver."""
        seconds = self._pause_asked()
        if seconds < LONG_PAUSE_SECONDS or self.respondent.open or self.replies or self.run.slice_seconds is None:
            return
        with self.run.chunk(may_end_slice=False) as progress:
            store_finished(self.eval_run.pk, self.run.job, self.finished)
            claims.give_back(self.eval_run.pk, self.run.job)
            progress.step = PAUSE_WORDS
        self.run.wait(seconds)

    def _pause_asked(self) -> float:
        """Seconds until the server may be asked again."""
        until = self.respondent.waiting_until
        return 0.0 if until is None else (until - timezone.now()).total_seconds()

    def _room(self) -> int:
        """How many more questions to claim: what waits to be scored counts, so that asking never runs far ahead."""
        return max(0, self.respondent.room(round(self._a_second * AHEAD_SECONDS)) - len(self.replies))

    def _is_empty(self) -> bool:
        return not (self.asked or self.replies or self.finished)

    def _measure(self) -> None:
        """How many answers come in a second."""
        since = time.monotonic() - self._counted
        if since > COUNT_SECONDS:
            self._answered, self._a_second = 0, round(self._answered / since)
            self._counted = time.monotonic()

    def _is_time_to_write(self, wanted: int, *, leaving: bool) -> bool:
        since = time.monotonic() - self._written
        if since > WRITE_SECONDS:
            return bool(self.finished or wanted or (leaving and self._is_empty())) or since > self._patience()
        return wanted > 0 and self.respondent.is_hungry and not self.replies

    def _patience(self) -> float:
        """Seconds until it looks again what the others do."""
        return BREATH_SECONDS if self._places == self._part else LOOK_SECONDS

    def _take_places(self, progress: Progress) -> None:
        """Others may have begun or ended to ask the same endpoint; in the chunk's transaction.

        The places that it writes down are never fewer than the questions that are open, or that may be by the commit.
        """
        if time.monotonic() - self._looked < self._patience():
            return
        cap, self._part = places_of(self.concurrency, self.run.job)
        shrinks = cap < self._cap
        if shrinks:
            self.respondent.set_cap(cap)
        self._cap, self._places = cap, max(cap, self._places if shrinks else self.respondent.open)
        progress.cursor[PLACES] = self._places
        self._looked = time.monotonic()

    def _collect(self) -> None:
        """Take what came back, and score it for a while."""
        stopping: Failure | None = None
        for ticket, result in self.respondent.take(0 if self.replies else WRITE_SECONDS):
            self._answered += 1
            if isinstance(result, Reply):
                self.replies.append((self.asked.pop(ticket), result.storable(), False))
            elif result.pauses:
                stopping = stopping or result  # not an error of this question: it stays claimed, and is given back
            else:
                self.finished.append(_failed(self.asked.pop(ticket), result))
        self._score()
        if not self.asked:
            stopping = stopping or self.respondent.stopped  # nothing that is out would bring the news
        if stopping:
            self._pause(stopping)

    def _score(self) -> None:
        begun = time.monotonic()
        while self.replies and time.monotonic() - begun < SCORE_SECONDS:
            self.finished.append(self._scored(*self.replies.popleft()))

    def _scored(self, asked: Asked, reply: Reply, stored: bool) -> Finished:
        result = asked.result
        graded = grade(result.grader, asked.conversation, reply, self.scorer)
        return Finished(result.pk, result.task, result.subject, graded, reply.tries, asked.key, reply, stored)

    def _write_and_claim(self, wanted: int) -> list[int]:
        """One chunk: what is finished goes in, new questions come out."""
        with self.run.chunk(may_end_slice=False) as progress:
            self._take_places(progress)
            written = store_finished(self.eval_run.pk, self.run.job, self.finished)
            flag_broken(self.run.job, self.eval_run, written)
            claimed = claims.claim(self.eval_run.pk, self.run.job, wanted)
            state, reason = self._show(progress, len(written))
            progress.step = PAUSE_WORDS if self._pause_asked() > BREATH_SECONDS else ""
        self.finished = []
        self._written = time.monotonic()
        self.respondent.set_cap(self._cap)
        if state == EvalRun.State.CANCELLED:
            raise Cancelled
        if state != EvalRun.State.RUNNING:
            raise Paused(reason)
        return claimed

    def _show(self, progress: Progress, written: int) -> tuple[str, str]:
        """The progress of the leading job is that of the whole run. Returns the run's state, which others may set."""
        rows = EvalRun.objects.filter(pk=self.eval_run.pk).values_list("state", "reason", "done", "total")
        state, reason, done, total = rows.get()
        progress.done = done if self.leads else progress.done + written
        progress.total = total if self.leads else None
        return state, reason

    def _ask(self, claimed: list[int]) -> None:
        """Ask what was claimed; what was answered before comes from the store."""
        new = [self._prepared(result, row) for result, row in _with_conversations(claimed)]
        stored = find_answers(one.key for one in new) if new else {}
        for one in new:
            if one.key in stored:
                self.replies.append((one, reply_of(stored[one.key]), True))
            else:
                self.asked[one.result.pk] = one
                self.respondent.submit(one.result.pk, one.question)

    def _prepared(self, result: EvalResult, row: Conversation) -> Asked:
        conversation = conversation_asked(row, result.version)
        digest = content_hash(text_asked(row, result.version))
        question, key = self.make_question(result, conversation, digest)
        return Asked(result, conversation, question, key)

    def _pause(self, failure: Failure) -> None:
        """Write what was answered, give back what was not, and stop the whole run."""
        while self.replies:  # programs take their time, and the lease must not run out
            self._score()
            with self.run.chunk(may_end_slice=False):
                store_finished(self.eval_run.pk, self.run.job, self.finished)
            self.finished = []
        with self.run.chunk(may_end_slice=False):
            store_finished(self.eval_run.pk, self.run.job, self.finished)
            claims.give_back(self.eval_run.pk, self.run.job)
            running = EvalRun.objects.filter(pk=self.eval_run.pk, state=EvalRun.State.RUNNING)
            running.update(state=EvalRun.State.PAUSED, reason=failure.message[:500])
        raise Paused(failure.message)


def _failed(asked: Asked, failure: Failure) -> Finished:
    graded = Grade(Outcome.ERROR, kind=failure.kind[:20], detail=failure.message[:300])
    return Finished(asked.result.pk, asked.result.task, asked.result.subject, graded, failure.tries)


def _with_conversations(ids: Iterable[int]) -> list[tuple[EvalResult, Conversation]]:
    rows = EvalResult.objects.filter(pk__in=list(ids)).select_related("conversation", "conversation__text")
    return [(row, row.conversation) for row in rows.order_by("pk")]
