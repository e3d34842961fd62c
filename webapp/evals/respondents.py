"""Who answers the questions of a run, and how a question of it is put: by an endpoint, or by a baseline."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from webapp.evals.address_policy import current_policy
from webapp.evals.answers import key_of, key_of_baseline
from webapp.evals.asking.apart import AskerApart
from webapp.evals.asking.questions import Connection, Failure, Question, Reply, Result
from webapp.evals.baselines import baseline_reply
from webapp.evals.configuration import RunSettings
from webapp.evals.grading import LETTER, letters_of
from webapp.evals.models import Adapter, EvalResult, EvalRun
from webapp.evals.prompting import prompt_of
from webapp.evals.worker import MakeQuestion, Respondent

#: So many questions a baseline is given at once.
BASELINE_ROOM = 500


@contextmanager
def respondent_of(eval_run: EvalRun, connection: Connection | None) -> Iterator[tuple[Respondent, MakeQuestion]]:
    """The one who answers, and what makes its questions. `connection` is None for a baseline."""
    if connection is None:
        baseline = Baseline(eval_run)
        yield baseline, baseline.make_question
    else:
        with AskerApart(connection, current_policy()) as asker:
            yield asker, EndpointQuestions(eval_run, connection).make_question


class EndpointQuestions:
    """How the questions of a run are put to an endpoint; the same for every worker and every start."""

    def __init__(self, eval_run: EvalRun, connection: Connection) -> None:
        self.options = RunSettings.from_dict(eval_run.options)
        self.connection = connection
        self.mode = eval_run.configuration["mode"]
        # A server that does not say which model it has may have got another one since: its answers are of this run.
        shared = self.options.reuse and bool(connection.model)
        self.run = None if shared else eval_run.pk
        self.token_ids: Mapping[str, int] = eval_run.configuration.get("token_ids", {})

    def make_question(self, result: EvalResult, conversation: dict[str, Any], _hash: bytes) -> tuple[Question, bytes]:
        """The question of a result, and what its answer is kept under."""
        question = self._question(result, conversation)
        return question, key_of(self.connection, question, result.sample, run=self.run)

    def _question(self, result: EvalResult, conversation: dict[str, Any]) -> Question:
        messages = prompt_of(conversation["messages"])
        sampling = self.options.sampling(result.sample)
        if result.grader != LETTER:
            return Question(messages, sampling)
        letters = letters_of(conversation)
        token_ids = {letter: self.token_ids[letter] for letter in letters if letter in self.token_ids}
        return Question(messages, sampling, self.mode, letters, token_ids)


class Baseline:
    """Answers at once, from the conversation itself; the replies wait until they are taken."""

    def __init__(self, eval_run: EvalRun) -> None:
        self.adapter = Adapter(eval_run.endpoint.adapter)
        self.options = RunSettings.from_dict(eval_run.options)
        self._replies: dict[int, Reply] = {}
        self._ready: deque[tuple[int, Result]] = deque()

    def make_question(self, result: EvalResult, conversation: dict[str, Any], digest: bytes) -> tuple[Question, bytes]:
        """An empty question: a baseline is not asked, it looks at the conversation."""
        seed = self.options.seed + result.sample
        reply = baseline_reply(
            self.adapter,
            grader=result.grader,
            messages=conversation["messages"],
            letters=letters_of(conversation),
            content_hash=digest,
            seed=seed,
        )
        self._replies[result.pk] = reply
        return Question(()), key_of_baseline(self.adapter, digest, reply.text, seed, result.sample)

    def submit(self, ticket: int, _question: Question) -> None:
        """Answer a question that `make_question` has prepared."""
        self._ready.append((ticket, self._replies.pop(ticket)))

    def take(self, _seconds: float) -> list[tuple[int, Result]]:
        """All answers so far."""
        ready = list(self._ready)
        self._ready.clear()
        self._replies.clear()  # what is left came from the store
        return ready

    def room(self, _ahead: int = 0) -> int:
        """How many questions it may be given now."""
        return BASELINE_ROOM - len(self._ready)

    def set_cap(self, count: int) -> None:
        """Nothing: it has no limit."""

    @property
    def is_hungry(self) -> bool:
        """It can wait: what it is given, it answers at once."""
        return False

    @property
    def open(self) -> int:
        """Nothing is ever out."""
        return 0

    @property
    def stopped(self) -> Failure | None:
        """Nothing stops it."""
        return None

    @property
    def waiting_until(self) -> datetime | None:
        """Nothing makes it wait."""
        return None
