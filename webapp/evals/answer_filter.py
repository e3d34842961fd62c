"""The part `answer` of the filter of conversations: what came of them in a run, as "12-wrong"."""

import re
from collections.abc import Collection, Mapping

from django.db.models import Q

from webapp.common.errors import BadRequest
from webapp.conversations.filters import LaterPart, register_part
from webapp.conversations.walking import Stream
from webapp.evals.models import EvalResult, EvalRun, Outcome

_SHAPE = re.compile(r"([1-9][0-9]{0,17})-([a-z_]+)", re.ASCII)


def answer_value(run: EvalRun, outcome: str) -> str:
    """The value that stands for an outcome of a run."""
    return f"{run.pk}-{outcome}"


def _split(value: str) -> tuple[int, str]:
    number, outcome = value.split("-")
    return int(number), outcome


def _read(name: str, values: list[str]) -> str:
    if len(set(values)) > 1:
        raise BadRequest(f"“{name}” is given more than once. Give it once.")
    value = values[0] if values else ""
    found = _SHAPE.fullmatch(value)
    if value and not (found and found[2] in Outcome.values):
        raise BadRequest(
            f"“{name}” must be the number of a run, a hyphen and one of {', '.join(Outcome.values)}:"
            f" “12-wrong”. “{value[:40]}” is not."
        )
    return value


def _missing(value: str) -> str:
    number, _ = _split(value)
    there = EvalRun.objects.filter(pk=number).exists()
    return "" if there else f"There is no evaluation run with the number {number}. It may have been deleted."


def _condition(value: str) -> Q:
    number, outcome = _split(value)
    return Q(pk__in=EvalResult.objects.filter(run_id=number, outcome=outcome).values("conversation_id"))


def _streams(value: str) -> list[Stream]:
    number, outcome = _split(value)
    keys: tuple[tuple[str, int | str], ...] = (("run_id", number), ("outcome", outcome))
    # Several samples of a conversation can have the same outcome.
    table = EvalResult._meta.db_table
    return [Stream("eval_result_outcome", keys, table=table, column="conversation_id", distinct=True)]


def _labels(values: Collection[str]) -> Mapping[str, str]:
    parts = {value: _split(value) for value in values}
    names = dict(EvalRun.objects.filter(pk__in=[number for number, _ in parts.values()]).values_list("pk", "name"))
    return {
        value: f"{Outcome(outcome).label} in {names.get(number, f'run {number}')}"
        for value, (number, outcome) in parts.items()
    }


def answer_words(value: str) -> list[str]:
    """The value in words, "wrong in gsm8k by tiny", as a list of one; empty for none, and where the run is gone."""
    return [] if not value or _missing(value) else list(_labels([value]).values())


def register() -> None:
    """Make the part known to the lists of conversations, bulk changes and mixtures."""
    register_part("answer", LaterPart(_read, _missing, _condition, _streams, _labels))
