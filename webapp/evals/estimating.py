"""Before a run is started: how many conversations it would choose, and which of them nothing can score."""

from dataclasses import dataclass, field

from webapp.conversations.counting import Count
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.listing import Place, conversation_page
from webapp.conversations.models import Source
from webapp.conversations.task_imports import find_same_task
from webapp.evals.choosing import Selection, TaskChoice
from webapp.evals.grading import OF_TASK
from webapp.evals.planning import read_chosen

#: So many of the first conversations are looked at; so many sources are named.
LOOKED_AT, NAMED = 50, 5


@dataclass(frozen=True)
class Estimate:
    """`found` None: not known before the import. `looked_at` of the first ones, `scorable` can be scored."""

    found: Count | None
    sample: int | None = None
    samples: int = 1
    looked_at: int = 0
    scorable: int = 0
    # Sources of which none or not all conversations can be scored.
    unscored: list[Source] = field(default_factory=list)
    # The task's split is there already.
    known: Source | None = None

    @property
    def conversations(self) -> int | None:
        """At most so many are asked about."""
        if self.found is None:
            return self.sample
        if self.sample is None:
            return self.found.number
        return min(self.sample, self.found.number) if self.found.exact else self.sample

    @property
    def is_exact(self) -> bool:
        """Neither more can be found, nor is anything left out."""
        enough = self.sample is not None and self.found is not None and self.found.number >= self.sample
        return self.found is not None and (self.found.exact or enough) and not self.unscored and self.all_scored

    @property
    def all_scored(self) -> bool:
        return self.scorable == self.looked_at

    @property
    def questions(self) -> str:
        """In words: "1,319", "about 2,000", "1,000+"; empty where it is not known."""
        if self.conversations is None:
            return ""
        total = f"{self.conversations * self.samples:,}"
        if self.is_exact:
            return total
        more = self.found is not None and not self.found.exact and self.sample is None
        return f"{total}+" if more else f"about {total}"


def estimate_selection(selection: Selection, samples: int) -> Estimate:
    """What stored conversations would come to: from the kept counts, and a look at the first ones."""
    wanted = selection.conversations()
    page = conversation_page(wanted, Place(limit=LOOKED_AT))  # which stops where looking would take long
    chosen = read_chosen([row.pk for row in page.rows])
    return Estimate(
        found=page.count,
        sample=selection.sample,
        samples=samples,
        looked_at=len(chosen),
        scorable=sum(1 for row in chosen if row.grader),
        unscored=_unscored(wanted),
    )


def estimate_task(task: TaskChoice, selection: Selection, samples: int) -> Estimate:
    """The same for a task's split, of which nothing is known before it is imported."""
    same = find_same_task(task.name, task.values)
    if same is None:
        missing = [] if task.name in OF_TASK else [Source(name=task.name, task=task.name)]
        return Estimate(None, selection.sample, samples, unscored=missing)
    there = Selection({"source": [same.pk]}, selection.sample, selection.seed)
    found = estimate_selection(there, samples)
    return Estimate(
        found.found, found.sample, samples, found.looked_at, found.scorable, unscored=found.unscored, known=same
    )


def _unscored(wanted: ConversationFilter) -> list[Source]:
    """Chosen sources that are of no task with a grader: conversations of others are scored by what they bring along."""
    sources = Source.objects.live().exclude(task__in=OF_TASK)
    if wanted.source:
        sources = sources.filter(pk__in=wanted.source)
    return list(sources.order_by("name")[: NAMED + 1])
