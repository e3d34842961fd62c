"""Objects for somebody: a stranger to them gets "not found"."""

from webapp.accounts.models import User
from webapp.common.errors import NotFound
from webapp.evals.models import EvalResult, EvalRun


def get_run_for_user(user: User, run_id: int, *, with_report: bool = False) -> EvalRun:
    """The run with its endpoint. Everybody who is logged in may read. Raises NotFound.

    `with_report`: a report is long, and few pages read it; it is else read when it is asked for.
    """
    runs = EvalRun.objects.select_related("endpoint", "created_by").defer(*([] if with_report else ["report"]))
    run = runs.filter(pk=run_id).first() if user.is_active else None
    if run is None:
        raise NotFound("There is no such evaluation. It may have been deleted.")
    return run


def get_result_for_user(user: User, run_id: int, result_id: int) -> EvalResult:
    """A result of a run, with its answer and its conversation. Raises NotFound."""
    rows = EvalResult.objects.select_related("run__endpoint", "answer", "conversation__source", "conversation__text")
    rows = rows.defer("run__report", "run__configuration")
    result = rows.filter(pk=result_id, run_id=run_id).first() if user.is_active else None
    if result is None:
        raise NotFound("There is no such item in this evaluation. Its conversation may have been deleted.")
    return result
