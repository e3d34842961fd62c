"""Which jobs a list shows, and its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.db.models.functions import Now

from webapp.common.errors import BadRequest
from webapp.common.models import Job

PAGE_SIZE = 25
LARGEST_ID = 2**63 - 1
TABS = {"": "All", "unfinished": "Unfinished", "failed": "Failed", "cancelled": "Cancelled", "done": "Done"}
STATES = {"unfinished": [Job.State.QUEUED, Job.State.RUNNING]} | {str(state): [state] for state in Job.State}


@dataclass(frozen=True)
class Tab:
    title: str
    query: str
    current: bool


@dataclass(frozen=True)
class JobFilter:
    """`state` a state or "unfinished", `days` how far back by creation, `before` the id that the page starts below."""

    state: str = ""
    days: int | None = None
    before: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "JobFilter":
        """Raises BadRequest for a name or value that is not known."""
        unknown = set(query) - {"state", "days", "before"}
        if unknown:
            raise BadRequest(f"The list of jobs has no filter named {min(unknown)!r}.")
        state = query.get("state", "")
        if state and state not in STATES:
            raise BadRequest(f"There is no state {state!r}. Known: {', '.join(STATES)}.")
        days = _number(query, "days", most=3650)
        return cls(state, days, _number(query, "before", most=LARGEST_ID))

    def apply(self) -> QuerySet[Job]:
        jobs = Job.objects.shown().select_related("created_by").order_by("-id")
        if self.state:
            jobs = jobs.filter(state__in=STATES[self.state])
        if self.days:
            jobs = jobs.filter(created_at__gt=Now() - timedelta(days=self.days))
        return jobs.filter(pk__lt=self.before) if self.before else jobs

    def to_query(self, *, before: int | None = None) -> str:
        pairs = {"state": self.state, "days": self.days, "before": before}
        return urlencode({name: value for name, value in pairs.items() if value})

    def tabs(self) -> list[Tab]:
        """The states one click away; the days stay as they are."""
        return [
            Tab(title, JobFilter(state, self.days).to_query(), state == self.state) for state, title in TABS.items()
        ]


def _number(query: Mapping[str, str], name: str, *, most: int) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:20]) <= most:
        raise BadRequest(f"{name} must be a whole number from 1 to {most:,}, not {text[:40]!r}.")
    return int(text)


@dataclass(frozen=True)
class JobPage:
    jobs: list[Job]
    older: str | None


def page_of_jobs(chosen: JobFilter) -> JobPage:
    """One page, newest first; `older` is the query of the next."""
    jobs = list(chosen.apply()[: PAGE_SIZE + 1])
    shown = jobs[:PAGE_SIZE]
    return JobPage(shown, chosen.to_query(before=shown[-1].pk) if len(jobs) > PAGE_SIZE else None)
