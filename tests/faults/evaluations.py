"""Evaluations of a stack against the stand-in, and what must be true of one once it is over, whatever happened."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

import psutil

from tests.faults.stack import RECOVERY_SECONDS, Stack
from tests.standin import Behaviour, StandIn, prompt_hash

ENDED = ("done", "paused", "cancelled", "failed")
#: What the form of a new evaluation sends where nobody has changed anything.
USUAL: dict[str, object] = {
    "temperature": "0", "max_tokens": "512", "seed": "42", "samples": "1", "mode": "auto", "code_mode": "nanochat",
    "sample_seed": "42",
}  # fmt: skip
_numbers = count(1)


def number_question(number: int, word: str = "") -> str:
    """A prompt that a model which says it back has answered rightly; `word` names a fault of the stand-in."""
    return f"Say this back. {word} {number + 1}\n#### {number}"


def code_question(number: int) -> str:
    """A prompt that is its own answer, a program."""
    return f"def add{number}(a, b):\n    return a + b + {number}\n"


def number_line(number: int, word: str = "") -> str:
    """The question as a line of a file."""
    return json.dumps(_chat(number_question(number, word), f"#### {number}"))


def code_line(number: int) -> str:
    """The question as a line of a file, with its test."""
    text = code_question(number)
    test = f"def check(candidate):\n    assert candidate(1, 2) == 3 + {number}\n"
    return json.dumps({"messages": _chat(text, text), "entry_point": f"add{number}", "test": test})


def _chat(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


@dataclass(frozen=True)
class RunRow:
    """A run as its row stands now."""

    state: str
    reason: str
    done: int
    total: int


@dataclass(frozen=True)
class Run:
    """An evaluation that was started."""

    evals: "Evaluations"
    id: int
    job: int

    @property
    def row(self) -> RunRow:
        """How it stands."""
        return RunRow(*self.query("SELECT state, reason, done, total FROM evals_evalrun WHERE id = ?")[0])

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement whose `?` is the run."""
        return self.evals.winnow.query(statement, self.id)

    def press(self, button: str, *, name: str = "cleo") -> None:
        """Cancel, resume or retry, as on its page."""
        answer = self.evals.winnow.browser(name).post(f"/evaluate/{self.id}/{button}", {})
        assert answer.status == 302, answer.text[-2000:]

    def wait_for(self, state: str = "done", *, seconds: float = 2 * RECOVERY_SECONDS) -> RunRow:
        """Wait until it is in a state and its job has ended; any other end is an error."""
        winnow = self.evals.winnow

        def is_over() -> bool:
            return self.row.state in ENDED and winnow.job(self.job).state in {"done", "failed", "cancelled"}

        winnow.poll(is_over, seconds, f"run: {state}")
        row = self.row
        assert row.state == state, f"{row}\n{winnow.report()}"
        return row

    def wait_for_done(self, least: int) -> None:
        """Wait until so many questions have an outcome."""
        winnow = self.evals.winnow

        def is_far_enough() -> bool:
            row = self.row
            assert row.state not in ENDED, f"too late for {least}: {row}\n{winnow.report()}"
            return row.done >= least

        winnow.poll(is_far_enough, RECOVERY_SECONDS, f"{least} answers of run {self.id}")

    def claimed(self) -> Counter[int]:
        """How many questions each job has claimed and not written yet."""
        rows = self.query(
            "SELECT claim_job, count(*) FROM evals_evalresult WHERE run_id = ? AND state = 1 GROUP BY claim_job"
        )
        return Counter(dict(rows))

    def answers(self) -> dict[int, tuple[Any, ...]]:
        """What was written for each question that has an outcome."""
        rows = self.query(
            "SELECT id, outcome, answer_id, finished_at FROM evals_evalresult WHERE run_id = ? AND state = 2"
        )
        return {found: tuple(rest) for found, *rest in rows}

    def outcomes(self) -> dict[str, int]:
        """How many results have which outcome."""
        return dict(self.query("SELECT outcome, count(*) FROM evals_evalresult WHERE run_id = ? GROUP BY outcome"))

    def kinds(self) -> dict[str, int]:
        """How many errors are of which kind."""
        statement = "SELECT kind, count(*) FROM evals_evalresult WHERE run_id = ? AND outcome = 'error' GROUP BY kind"
        return dict(self.query(statement))

    def helpers(self) -> int:
        """How many jobs were made to help it."""
        jobs = self.evals.winnow.query("SELECT parameters FROM common_job WHERE kind = 'evaluate_help'")
        found = [json.loads(one) if isinstance(one, str) else one for (one,) in jobs]
        return sum(1 for one in found if one["run"] == self.id)

    def assert_counted(self) -> None:
        """One result for each conversation and sample, and the counts are those of the rows."""
        rows, pairs = self.query(
            "SELECT count(*), count(DISTINCT conversation_id * 1000 + sample) FROM evals_evalresult WHERE run_id = ?"
        )[0]
        assert rows == pairs == self.row.total
        by_kind = "SELECT outcome, kind, {} WHERE run_id = ? {} GROUP BY outcome, kind ORDER BY outcome, kind"
        results = self.query(by_kind.format("count(*) FROM evals_evalresult", "AND state = 2"))
        tallies = self.query(by_kind.format("sum(total) FROM evals_evaltally", "AND total > 0"))
        assert [(*key, int(total)) for *key, total in tallies] == results
        assert sum(total for *_, total in results) == self.row.done

    def assert_whole(self, **outcomes: int) -> None:
        """It is done, nothing is missing or there twice, and these are its outcomes; by default all are right."""
        row = self.row
        assert (row.state, row.done) == ("done", row.total)
        assert self.outcomes() == (outcomes or {"right": row.total})
        self.assert_counted()
        assert self.evals.winnow.job(self.job).state == "done"


class Evaluations:
    """Makes sources, endpoints and runs on a stack; `model` is the stand-in that answers."""

    def __init__(self, winnow: Stack, model: StandIn) -> None:
        self.winnow, self.model = winnow, model
        self.questions: list[str] = []
        if not model.runs:
            model.start()
        self.behave(**asdict(Behaviour()) | {"rule": "echo"})
        model.reset()

    def behave(self, **changes: Any) -> None:
        """Change how the model answers."""
        self.model.behave(**changes)

    def source(self, lines: Iterable[str]) -> int:
        """Upload a file. The same lines are the same source; what another one has is left out as known."""
        content = "\n".join(lines)
        rows = [json.loads(line) for line in content.split("\n")]
        self.questions = [(row["messages"] if isinstance(row, dict) else row)[0]["content"] for row in rows]
        if content not in self.winnow.sources:
            job = self.winnow.browser().upload(content.encode()).job
            self.winnow.wait_for_job(job)
            found: int = self.winnow.value("SELECT id FROM conversations_source WHERE job_id = ?", job)
            self.winnow.sources[content] = found
        return self.winnow.sources[content]

    def numbers(self) -> int:
        """A source of 400 questions with a number as their answer, of which a run may draw a sample."""
        return self.source(map(number_line, range(400)))

    def endpoint(self, *, key: str = "", **fields: Any) -> int:
        """Add one on its page; a model of its own keeps its answers apart from those of other tests."""
        name = f"model {next(_numbers)}"
        form = {
            "name": name, "adapter": "openai", "address": self.model.address, "model": name, "key": key,
            "concurrency": 4, "timeout_seconds": 10, "tries": 2, **fields,
        }  # fmt: skip
        answer = self.winnow.browser().post("/evaluate/endpoints/new", form)
        assert answer.status == 302, answer.text[-2000:]
        found: int = self.winnow.value("SELECT id FROM evals_modelendpoint WHERE name = ?", name)
        return found

    def start(self, source: int, endpoint: int | None = None, **fields: object) -> Run:
        """Start an evaluation on its page."""
        form = USUAL | {"what": "source", "source": source, "endpoint": endpoint or self.endpoint(), **fields}
        answer = self.winnow.browser().post("/evaluate/new", form)
        assert answer.status == 302, answer.text[-2000:]
        run = int(answer.location.strip("/").split("/")[-1])
        return Run(self, run, self.winnow.value("SELECT job_id FROM evals_evalrun WHERE id = ?", run))

    def asked(self) -> Counter[str]:
        """How often each question of the last source was asked; those of probes are left out."""
        prompts = self.model.stats()["prompts"]
        hashes = {text: prompt_hash([{"role": "user", "content": text}]) for text in self.questions}
        return Counter({text: prompts[found] for text, found in hashes.items() if found in prompts})


def sandboxes(winnow: Stack) -> list[psutil.Process]:
    """What the worker's processes have started: the walls around code, and what runs in them."""
    return [one for child in psutil.Process(winnow.worker.pid).children() for one in child.children(recursive=True)]


def is_gone(process: psutil.Process) -> bool:
    """A process has ended, though nobody may have asked how."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
