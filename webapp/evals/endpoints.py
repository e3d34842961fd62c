"""What an endpoint is described with, and the questions that the pages ask about endpoints."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from django.db.models import Count, QuerySet

from webapp.common.errors import BadRequest
from webapp.evals.address_policy import current_policy
from webapp.evals.models import Adapter, EvalRun, ModelEndpoint

PAGE_ROWS = 100
#: Field, least, most: of the limits.
LIMITS = {"concurrency": (1, 1_000), "timeout_seconds": (1, 3_600), "tries": (1, 10)}
LENGTHS = {"name": 100, "address": 500, "model": 200}
#: Adapters that can be added; the baselines are there from the start.
SERVERS = (Adapter.OPENAI, Adapter.NANOCHAT)


@dataclass(frozen=True)
class EndpointFields:
    """All that a curator says about an endpoint, apart from its key."""

    name: str
    address: str
    adapter: str = Adapter.OPENAI
    model: str = ""
    concurrency: int = 8
    timeout_seconds: int = 120
    tries: int = 3

    @classmethod
    def of(cls, endpoint: ModelEndpoint) -> Self:
        """What is stored."""
        return cls(**{name: getattr(endpoint, name) for name in cls.__dataclass_fields__})

    def to_dict(self) -> dict[str, Any]:
        """The columns."""
        return asdict(self)

    def checked(self) -> Self:
        """With the address in its one spelling. Raises a WinnowError naming what is wrong, for the command line too."""
        if self.adapter not in SERVERS:
            raise BadRequest(f"“adapter” must be one of: {', '.join(SERVERS)}.")
        for name, longest in LENGTHS.items():
            text = getattr(self, name)
            if len(text) > longest or not text.isprintable():
                raise BadRequest(f"“{name}” has at most {longest:,} characters, and no line breaks.")
        for name, (least, most) in LIMITS.items():
            if not least <= getattr(self, name) <= most:
                raise BadRequest(f"“{name}” must be from {least:,} to {most:,}.")
        if not self.name.strip():
            raise BadRequest("Give the endpoint a name.")
        if self.adapter == Adapter.OPENAI and not self.model:
            raise BadRequest("Say which model is asked for.")
        return replace(self, address=current_policy().check(self.address).url)


def list_endpoints(*, retired: bool = False, after: str = "") -> tuple[list[Any], str]:
    """A page of endpoints by name with `runs_count`, and the name after which the next page begins ("" at the end)."""
    found: QuerySet[ModelEndpoint] = ModelEndpoint.objects.filter(retired_at__isnull=not retired, name__gt=after)
    page: list[Any] = list(found.annotate(runs_count=Count("runs")).order_by("name")[: PAGE_ROWS + 1])
    return page[:PAGE_ROWS], page[PAGE_ROWS - 1].name if len(page) > PAGE_ROWS else ""


def unfinished_runs(endpoint: ModelEndpoint) -> QuerySet[EvalRun]:
    """Runs that still ask, or will when somebody continues them."""
    ended = [EvalRun.State.DONE, EvalRun.State.CANCELLED, EvalRun.State.FAILED]
    return endpoint.runs.exclude(state__in=ended)
