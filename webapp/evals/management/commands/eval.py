"""Evaluate a model over a task's split or a source."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError
from django.http import QueryDict

from tasks_core.registry import TASKS
from webapp.common.commands import JobCommand, work_on
from webapp.common.errors import WinnowError
from webapp.common.models import Job
from webapp.common.templatetags.winnow import number, plural
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.models import Source
from webapp.conversations.task_options import add_task_options, task_values
from webapp.evals.actions.runs import source_of_task, start_run
from webapp.evals.asking.questions import MODES
from webapp.evals.choosing import Selection, TaskChoice
from webapp.evals.configuration import AUTO, CODE_MODES, RunSettings
from webapp.evals.counts import Counts, live_numbers
from webapp.evals.grading import UNSCORED
from webapp.evals.models import EvalRun, ModelEndpoint, Outcome

SCORED_TASKS = [name for name in TASKS if name not in UNSCORED]
NUMBERS = (
    ("temperature", float, "0 takes the likeliest token each time"),
    ("max-tokens", int, "the longest answer, in tokens"),
    ("top-p", float, "only the likeliest tokens that together have this probability"),
    ("top-k", int, "only so many of the likeliest tokens"),
    ("seed", int, "of the samples, of a random choice, and of the baseline chance"),
    ("samples", int, "answers for each conversation, for pass@k"),
)


class Command(JobCommand):
    help = "Evaluate a model over a task's split (imported first where it is not there) or over a source."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to ask, whom, and how."""
        parser.add_argument("what", help=f"a task ({', '.join(SCORED_TASKS)}), or the name or the number of a source")
        parser.add_argument("--endpoint", required=True, help="the name of an endpoint; reference and chance are there")
        parser.add_argument("--filter", default="", help="only these: a query as in the address of a list of them")
        parser.add_argument("--sample", type=int, help="only so many of them, drawn at random with the seed")
        for name, kind, text in NUMBERS:
            default = getattr(RunSettings, name.replace("-", "_"))
            parser.add_argument(f"--{name}", type=kind, default=default, help=f"{text} (default: {default})")
        parser.add_argument("--mode", choices=[AUTO, *MODES], default=AUTO, help="how multiple choice is asked")
        parser.add_argument("--code-mode", choices=CODE_MODES, default="nanochat", help="how programs are put together")
        parser.add_argument("--anew", action="store_true", help="ask again what this model has answered before")
        parser.add_argument("--run-name", default="", help="what the evaluation is called")
        add_task_options(parser)
        super().add_arguments(parser)

    def start(self, options: dict[str, Any]) -> Job:
        """Queue the evaluation; without --queue a missing task is imported at once, before it."""
        endpoint = ModelEndpoint.objects.live().filter(name=options["endpoint"]).first()
        if endpoint is None:
            known = ", ".join(ModelEndpoint.objects.live().values_list("name", flat=True))
            raise CommandError(f"There is no endpoint called “{options['endpoint']}”. There are: {known}.")
        wanted = ConversationFilter.from_query(QueryDict(options["filter"]))
        selection = Selection(wanted.to_dict(), options["sample"], options["seed"])
        named = RunSettings.__dataclass_fields__.keys() - {"reuse"}
        settings = RunSettings.from_dict({name: options[name] for name in named} | {"reuse": not options["anew"]})
        source = self._source(options)  # last: an import takes long, and what is wrong is said before
        run = start_run(
            name=options["run_name"] or f"{endpoint.name} on {source.name}",
            endpoint=endpoint,
            selection=replace(selection, filter=wanted.with_sources((source.pk,)).to_dict()),
            options=settings,
            by=None,
            send=options["queue"],
        )
        assert run.job is not None  # noqa: S101  (tells the types apart)
        return run.job

    def _source(self, options: dict[str, Any]) -> Source:
        what = options["what"]
        sources = Source.objects.live()
        if what in TASKS:
            source = source_of_task(task=TaskChoice(what, task_values(options)), by=None, send=options["queue"])
            return source if options["queue"] else self._imported(source)
        by_number = sources.filter(pk=int(what)) if what.isdecimal() and len(what) < 19 else sources.none()
        found = sources.filter(name=what).first() or by_number.first()
        if found is None:
            raise CommandError(f"“{what}” is neither a task nor a source. Tasks: {', '.join(SCORED_TASKS)}.")
        return found

    def _imported(self, source: Source) -> Source:
        if source.state == Source.State.IMPORTING and source.job is not None:
            job = work_on(source.job)
            if job.state != Job.State.DONE:
                raise WinnowError(job.error or "The import was stopped.")
        source.refresh_from_db()
        return source

    def summary(self, job: Job) -> str:
        """The accuracy with its interval, and what is beside it."""
        run = EvalRun.objects.get(pk=job.parameters["run"])
        counts = live_numbers(run).counts
        left = f"\n{plural(run.left_out, 'conversation,conversations')} left out: nothing can score them."
        outcomes = ", ".join(f"{number(getattr(counts, outcome))} {outcome.label}" for outcome in Outcome)
        return f"{run.name}: {_accuracy(counts)}\n{outcomes}{left if run.left_out else ''}"


def _accuracy(counts: Counts) -> str:
    if counts.accuracy is None:
        return "nothing was scored."
    found = f"{100 * counts.accuracy:.1f} % right of {plural(counts.scored, 'answer,answers')}"
    if counts.interval is None:
        return f"{found} (no interval: answers to the same question are alike)"
    low, high = 100 * counts.interval.low, 100 * counts.interval.high
    return (
        f"{found} (95 % interval {low:.1f} to {high:.1f}{'' if counts.independent else ', by bootstrap over problems'})"
    )
