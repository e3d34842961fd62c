"""Evaluations in tests: started as a page would, and worked on as a worker would, in this process."""

from typing import Any

from tests.factories import chat, make_conversation, make_source
from webapp.accounts.models import User
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.content.canonical import compact_json
from webapp.conversations.models import Conversation, Source
from webapp.evals.actions.runs import start_run
from webapp.evals.choosing import Selection
from webapp.evals.configuration import RunSettings
from webapp.evals.models import EvalResult, EvalRun, ModelEndpoint

LETTERS = ("A", "B", "C", "D")


def choice_source(count: int, *, name: str = "", subjects: tuple[str, ...] = ("anatomy", "virology")) -> Source:
    """A source like MMLU: `count` questions, the right letters in turn, the subjects in turn."""
    source = make_source(name, kind=Source.Kind.TASK, task="mmlu")
    for number in range(count):
        subject = subjects[number % len(subjects)]
        metadata = compact_json({"subject": subject, "letters": list(LETTERS)})
        messages = chat(f"Which is number {number}?", LETTERS[number % 4])
        make_conversation(source, messages, subject=subject, metadata=metadata)
    return source


def number_source(count: int, *, name: str = "", task: str = "gsm8k") -> Source:
    """A source like GSM8K: question n has the answer n."""
    source = make_source(name, kind=Source.Kind.TASK, task=task)
    for number in range(count):
        make_conversation(source, chat(f"What is {number} + 0?", f"It is {number}.\n#### {number}"))
    return source


def code_source() -> Source:
    """A source like HumanEval, of two functions."""
    source = make_source(kind=Source.Kind.TASK, task="humaneval")
    for name, sign in (("plus", "+"), ("minus", "-")):
        head = f"def {name}(a, b):\n"
        test = f"def check(candidate):\n    assert candidate(5, 3) == 5 {sign} 3\n"
        metadata = compact_json({"entry_point": name, "test": test})
        make_conversation(source, chat(head, f"{head}    return a {sign} b\n"), metadata=metadata)
    return source


def baseline(name: str) -> ModelEndpoint:
    return ModelEndpoint.objects.get(name=name)


def start(
    source: Source | None, endpoint: ModelEndpoint, *, by: User | None = None, name: str = "a run", **options: Any
) -> EvalRun:
    """Queue a run over a source; `sample` and `filter` belong to its selection, other options to its settings."""
    sample, chosen = options.pop("sample", None), options.pop("filter", {})
    selection = Selection({**({"source": [source.pk]} if source else {}), **chosen}, sample)
    return start_run(
        name=name, endpoint=endpoint, selection=selection, options=RunSettings(**options), by=by, send=False
    )


def work(run: EvalRun, *, slice_seconds: float | None = None) -> Job:
    """Work on the job of a run, slice after slice, until it stops."""
    run.refresh_from_db()
    assert run.job_id is not None
    while (job := run_slice(run.job_id, slice_seconds=slice_seconds)) and not job.is_finished():
        pass
    run.refresh_from_db()
    assert job is not None
    return job


def evaluate(source: Source | None, endpoint: ModelEndpoint, **options: Any) -> EvalRun:
    """A run over a source, worked on to its end."""
    run = start(source, endpoint, **options)
    work(run)
    return run


def outcomes(run: EvalRun) -> dict[str, int]:
    """How many results have which outcome, counted from the rows."""
    found: dict[str, int] = {}
    for outcome in EvalResult.objects.filter(run=run).values_list("outcome", flat=True):
        found[outcome] = found.get(outcome, 0) + 1
    return found


def tallied(run: EvalRun) -> dict[str, int]:
    """The same from the counts that are kept."""
    found: dict[str, int] = {}
    for tally in run.tallies.exclude(total=0):
        found[tally.outcome] = found.get(tally.outcome, 0) + tally.total
    return found


def asked(run: EvalRun) -> list[Conversation]:
    return [result.conversation for result in run.results.select_related("conversation").order_by("pk")]
