"""The configuration of a run, fixed at its start: what was asked, how, and by what it was scored."""

from typing import Any

from tasks_core.sandbox import choose_profile
from webapp.common.errors import JobFailed
from webapp.common.version import VERSION
from webapp.evals.address_policy import current_policy
from webapp.evals.asking.questions import MODES
from webapp.evals.configuration import AUTO, PROMPT_VERSION, SCORER_VERSION, RunSettings
from webapp.evals.connecting import connection_of
from webapp.evals.findings import Findings
from webapp.evals.grading import CODE, LETTER
from webapp.evals.models import EvalResult, EvalRun
from webapp.evals.probing import probe

#: For the probe at a run's start nobody waits, and a server may have to load its model first.
PROBE_SECONDS, TRY_SECONDS = 180.0, 60.0


def freeze(eval_run: EvalRun) -> None:
    """Probe the endpoint and write the run's configuration. Raises JobFailed where it cannot be asked that way."""
    endpoint = eval_run.endpoint
    options = RunSettings.from_dict(eval_run.options)
    graders = set(EvalResult.objects.filter(run=eval_run).order_by().values_list("grader", flat=True).distinct())
    found = _probed(eval_run)
    configuration: dict[str, Any] = {
        "endpoint": {
            "name": endpoint.name,
            "adapter": str(endpoint.adapter),
            "address": endpoint.address,
            "model": endpoint.model,
        },
        "findings": found.to_dict(),
        "mode": _mode(options, found, multiple_choice=LETTER in graders),
        "token_ids": dict(found.token_ids) if found.logit_bias else {},
        "top_logprobs": found.top_logprobs,
        "concurrency": found.concurrency(),
        "graders": sorted(graders),
        "scorer": SCORER_VERSION,
        "prompt": PROMPT_VERSION,
        "sandbox": choose_profile().name if CODE in graders else "",
        "winnow": VERSION,
    }
    eval_run.configuration = configuration
    eval_run.save(update_fields=["configuration"])


def _probed(eval_run: EvalRun) -> Findings:
    found = probe(connection_of(eval_run.endpoint), current_policy(), seconds=PROBE_SECONDS, try_seconds=TRY_SECONDS)
    if not found.answers:
        raise JobFailed(f"{eval_run.endpoint.name} does not answer: {found.problem}")
    return found


def _mode(options: RunSettings, found: Findings, *, multiple_choice: bool) -> str:
    if options.mode == AUTO or not multiple_choice:
        return found.best_mode()
    able = {"letters": found.gives_letters(), "forced": bool(found.logit_bias and found.token_ids), "generate": True}
    if not able[options.mode]:
        raise JobFailed(
            f"This endpoint cannot be asked for {MODES[options.mode]}: {found.words()[0]} "  # type: ignore[index]
            "Start a new evaluation and leave the mode to Winnow.",
            final=True,
        )
    return options.mode
