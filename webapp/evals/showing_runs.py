"""What the page of a run says: its numbers as plots, its report as tables, its configuration as facts."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from tasks_core.registry import TASKS
from webapp.common.plots import Share
from webapp.common.templatetags.winnow import number, percent
from webapp.evals.asking.questions import MODES
from webapp.evals.choosing import Selection
from webapp.evals.configuration import RunSettings
from webapp.evals.counts import Counts, Group, Live
from webapp.evals.grading import LETTER
from webapp.evals.kinds import kind_words
from webapp.evals.models import Adapter, EvalRun, Outcome
from webapp.evals.reporting import REPORT_VERSION

#: The colour of each outcome in a bar (marks.css).
COLOURS = {"right": "good", "wrong": "bad", "no_answer": "warn", "cut_off": "info", "error": "skipped"}


class Fact(NamedTuple):
    """One line of the configuration. `code`: set in monospace."""

    label: str
    words: str
    code: bool = False


class Letter(NamedTuple):
    """How often a letter is the right one, how often it was answered, and how often it was right when it was due."""

    letter: str
    expected: int
    answered: int
    right: int

    @property
    def share_right(self) -> float | None:
        return self.right / self.expected if self.expected else None


class Row(NamedTuple):
    """A line of the table of tasks or subjects, its numbers as text. `address` is the list of its items."""

    name: str
    address: str
    counts: Counts
    accuracy: str
    interval: str
    scored: str
    errors: str
    wrong: str


def task_title(task: str) -> str:
    """The title, such as GSM8K for "gsm8k"; what comes from no task is of an uploaded file."""
    return TASKS[task].title if task in TASKS else task or "uploaded files"


def subject_words(subject: str) -> str:
    """A subject as it is read: MMLU writes "high_school_biology"."""
    return subject.replace("_", " ") or "no subject"


def items_address(run: EvalRun, **parts: str) -> str:
    """The list of a run's items, narrowed."""
    query = urlencode({name: value for name, value in parts.items() if value})
    return reverse("evals:items", args=[run.pk]) + (f"?{query}" if query else "")


def outcome_shares(run: EvalRun, live: Live) -> list[Share]:
    """The bar of outcomes, each with the list behind it; what waits comes last."""
    shares = [
        Share(str(one.label), getattr(live.counts, one.value), COLOURS[one], items_address(run, outcome=one.value))
        for one in Outcome
    ]
    return [*shares, Share("not asked yet", live.waiting, "unreviewed")] if live.waiting else shares


def error_shares(run: EvalRun, live: Live) -> list[Share]:
    """Errors by kind."""
    return [
        Share(kind_words(kind), count, "skipped", items_address(run, outcome="error", kind=kind))
        for kind, count in live.errors
    ]


def failure_shares(run: EvalRun, live: Live) -> list[Share]:
    """Why programs did not pass."""
    colours = ("bad", "warn", "info", "accent", "skipped")
    return [
        Share(kind_words(kind), count, colours[place % len(colours)], items_address(run, kind=kind))
        for place, (kind, count) in enumerate(live.failures)
    ]


def task_rows(run: EvalRun, live: Live) -> list[Row]:
    """The tasks; none where there is only one."""
    if len(live.tasks) < 2:
        return []
    return [_row(run, one, task_title(one.task)) for one in live.tasks]


def subject_rows(run: EvalRun, live: Live) -> list[Row]:
    """The subjects, with their task where there are several."""
    several = len(live.tasks) > 1
    return [_row(run, one, _subject(one, several)) for one in live.subjects]


def _subject(group: Group, several: bool) -> str:
    name = subject_words(group.subject)
    return f"{task_title(group.task)} · {name}" if several else name


def _row(run: EvalRun, group: Group, name: str) -> Row:
    counts, interval = group.counts, group.counts.interval
    return Row(
        name,
        items_address(run, task=group.task, subject=group.subject),
        counts,
        percent(counts.accuracy),
        f"{percent(interval.low)} to {percent(interval.high)}" if interval else "–",
        number(counts.scored),
        number(counts.error),
        number(counts.wrong),
    )


def shown_report(run: EvalRun) -> dict[str, Any]:
    """The report as its page reads it; {} where there is none, or one of an older version."""
    report: dict[str, Any] = run.report
    if report.get("version") != REPORT_VERSION:
        return {}
    letters = _letters(report)
    most = max((max(one.expected, one.answered) for one in letters), default=0)
    return report | {
        "letters": letters,
        "most_letters": most,
        "unread": sum(count for _, answered, count in report["letters"] if not answered),
        "only_lenient": sum(found["only_lenient"] for found in report["rules"].values()),
        "only_strict": sum(found["only_strict"] for found in report["rules"].values()),
        "several_tasks": len({line["task"] for line in report["pass_at_k"]}) > 1,
    }


def _letters(report: dict[str, Any]) -> list[Letter]:
    triples = report["letters"]
    names = sorted({one for expected, answered, _ in triples for one in (expected, answered) if one})
    return [
        Letter(
            name,
            sum(count for expected, _, count in triples if expected == name),
            sum(count for _, answered, count in triples if answered == name),
            report["letters_right"].get(name, 0),
        )
        for name in names
    ]


def facts_of(run: EvalRun, *, with_address: bool) -> list[Fact]:
    """How the run is set up, in the order in which people ask. `with_address`: curators alone see where a model is."""
    return [*_what(run, with_address=with_address), *_how(run), *_versions(run)]


def _what(run: EvalRun, *, with_address: bool) -> Iterator[Fact]:
    frozen = run.configuration.get("endpoint", {})
    yield Fact("Model", frozen.get("model") or run.endpoint.model or run.endpoint.get_adapter_display())
    address = frozen.get("address") or run.endpoint.address
    if address and with_address:
        yield Fact("Address", address, code=True)
    yield Fact("Asked about", Selection.from_dict(run.selection).describe())
    if run.selection_hash:
        yield Fact("Selection hash", run.selection_hash, code=True)
    if run.left_out:
        yield Fact("Left out", f"{number(run.left_out)} that nothing can score")


def _how(run: EvalRun) -> Iterator[Fact]:
    options = RunSettings.from_dict(run.options)
    if not run.endpoint.is_baseline():
        yield from _sampling(run, options)
    yield Fact("Samples", f"{number(options.samples)} for each conversation")
    if run.endpoint.adapter != Adapter.REFERENCE:
        yield Fact("Seed", str(options.seed))
    if run.from_store:
        yield Fact("From the store", f"{number(run.from_store)} answers, which were not asked for again")


def _sampling(run: EvalRun, options: RunSettings) -> Iterator[Fact]:
    """How a model is asked; it says nothing about a baseline, which is not."""
    mode = run.configuration.get("mode", "")
    if mode in MODES and LETTER in run.configuration.get("graders", []):
        yield Fact("Choices", MODES[mode])
    yield Fact("Temperature", f"{options.temperature:g}")
    yield Fact("Longest answer", f"{number(options.max_tokens)} tokens")
    for label, value in (("Top p", options.top_p), ("Top k", options.top_k)):
        if value is not None:
            yield Fact(label, f"{value:g}")


def _versions(run: EvalRun) -> Iterator[Fact]:
    frozen = run.configuration
    if frozen.get("sandbox"):
        yield Fact("Programs", f"{RunSettings.from_dict(run.options).code_mode}, run in {frozen['sandbox']}")
    versions = [f"{name} {frozen[name]}" for name in ("scorer", "prompt") if name in frozen]
    versions += [f"Winnow {frozen['winnow']}"] if "winnow" in frozen else []
    if versions:
        yield Fact("Versions", ", ".join(versions))
