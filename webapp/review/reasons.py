"""Why a conversation is in a queue: kept with the item as short codes, told with what is known now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from webapp.conversations.models import Flag, Status
from webapp.evals.answer_filter import answer_words
from webapp.evals.models import ModelEndpoint
from webapp.review.facts import Facts, Looking
from webapp.review.models import Queue, QueueItem

DISAGREEMENT, FAILED, DIFFER = "disagreement", "failed", "differ"
FLAGGED, EDITED, SAMPLED, UNREVIEWED = "flagged", "edited", "sampled", "unreviewed"
#: The most telling first.
CODES = (DISAGREEMENT, FAILED, DIFFER, FLAGGED, EDITED, SAMPLED, UNREVIEWED)
#: So many models or reasons of flags are named; the others are counted.
MOST_NAMED = 3


def codes_of(facts: Facts, *, sampled: bool) -> str:
    """The reasons of a conversation as an item keeps them: ",failed,unreviewed,"; empty for none."""
    holds = _holding(facts) | ({SAMPLED} if sampled else set())
    found = [code for code in CODES if code in holds]
    return f",{','.join(found)}," if found else ""


def _holding(facts: Facts) -> set[str]:
    said = {
        DISAGREEMENT: facts.disagreed,
        FAILED: bool(facts.failed),
        DIFFER: facts.models_differ,
        FLAGGED: facts.open_flags > 0,
        EDITED: facts.edited,
        UNREVIEWED: facts.status == Status.UNREVIEWED,
    }
    return {code for code, holds in said.items() if holds}


def reason_words(queue: Queue, items: Sequence[QueueItem]) -> dict[int, list[str]]:
    """Why each item is here, by its id: what its codes say, as far as it is still so.

    While a queue is blind, flags are not named: they may be those of another reviewer.
    """
    looking = Looking.for_queue(queue.pk)
    facts = looking.facts_of([item.conversation_id for item in items])
    names = _endpoint_names(facts.values())
    flagged = [] if queue.is_blind() else [item.conversation_id for item in items if f",{FLAGGED}," in item.reasons]
    labels = _flag_labels(flagged)
    answer = answer_words(queue.filter.get("answer") or "")
    words: dict[int, list[str]] = {}
    for item in items:
        known = facts.get(item.conversation_id, Facts())
        told = _Words(queue, known, names, labels.get(item.conversation_id, []))
        words[item.pk] = [*answer, *told.of(item.reasons)] or ["fits the queue’s filter"]
    return words


class _Words:
    """The words for the codes of one item."""

    def __init__(self, queue: Queue, facts: Facts, names: Mapping[int, str], flags: Sequence[str]) -> None:
        self.queue, self.facts, self.names, self.flags = queue, facts, names, flags

    def of(self, reasons: str) -> list[str]:
        still = _holding(self.facts) | {SAMPLED}
        if self.queue.kind == Queue.Kind.ADJUDICATION:
            still.add(DISAGREEMENT)
        return [self._word(code) for code in reasons.split(",") if code in still]

    def _word(self, code: str) -> str:
        if code == FAILED:
            return f"wrong answer: {_named([self.names[one] for one in self.facts.failed])}"
        if code == DIFFER:
            return f"right answer: {_named([self.names[one] for one in self.facts.passed])}"
        if code == FLAGGED:
            return f"flagged: {_named(self.flags)}" if self.flags else "flagged"
        if code == SAMPLED:
            return f"drawn at random, one of {self.queue.sample or self.queue.total:,}"
        return {DISAGREEMENT: "reviewers disagree", EDITED: "edited since it was decided"}.get(code, code)


def _named(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _endpoint_names(facts: Iterable[Facts]) -> dict[int, str]:
    used = {endpoint for one in facts for endpoint in (*one.failed, *one.passed)}
    return dict(ModelEndpoint.objects.filter(pk__in=used).values_list("pk", "name")) if used else {}


def _flag_labels(ids: Sequence[int]) -> dict[int, list[str]]:
    """The reasons of the open flags, each once, in the order of the taxonomy."""
    labels: dict[int, list[str]] = defaultdict(list)
    flags = Flag.objects.filter(conversation_id__in=ids, resolved_at=None).order_by("reason__position", "reason_id")
    for conversation, label in flags.values_list("conversation_id", "reason__label") if ids else ():
        if label not in labels[conversation]:
            labels[conversation].append(label)
    return labels
