"""How conversations are reviewed: queues and their items, who holds which, what was said, and every step taken.

A queue is a saved filter with an order. Its items are rows, made by a job, so that counts are exact, two reviewers
never get the same one, and an order (random, model failures first) costs nothing when the next one is asked for.
"""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from webapp.conversations.models import Conversation, Status


class QueueQuerySet(models.QuerySet["Queue"]):
    def live(self) -> Self:
        """Not archived."""
        return self.filter(archived_at=None)

    def open_to(self, user: Any) -> Self:
        """Those that nobody was assigned to, and those that this user was."""
        return self.filter(Q(assignees=None) | Q(assignees=user)).distinct()


class Queue(models.Model):
    """A saved filter with an order, and by how many each item is reviewed."""

    class Order(models.TextChoices):
        OLDEST = "oldest", "oldest first"
        RANDOM = "random", "random"
        FAILURES = "failures", "model failures first"
        DISAGREEMENT = "disagreement", "disagreement first"
        FLAGGED = "flagged", "flagged first"

    class Kind(models.TextChoices):
        REVIEW = "review", "review"
        # What reviewers did not agree about in another queue: one person decides.
        ADJUDICATION = "adjudication", "adjudication"

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.REVIEW)
    # ConversationFilter.to_dict(); of an adjudication {}.
    filter = models.JSONField(default=dict)
    order = models.CharField(max_length=14, choices=Order.choices, default=Order.OLDEST)
    # Of a random order, and of the sample.
    seed = models.PositiveBigIntegerField(default=42)
    # At most so many conversations, drawn at random with the seed; NULL for all.
    sample = models.PositiveIntegerField(null=True)
    # By how many reviewers each item is reviewed, blind until all have.
    overlap = models.PositiveSmallIntegerField(default=1)
    # The queue whose disagreements are adjudicated here.
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="adjudications")
    assignees = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="review_queues", blank=True)
    # Kept with the items, in the transaction that changes them.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    disagreed = models.PositiveIntegerField(default=0)
    # The job that looks for items, and when one has last come to its end.
    job = models.ForeignKey("common.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    filled_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    objects: ClassVar[QueueQuerySet] = QueueQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> int:
        """How many items nobody is done with."""
        return max(0, self.total - self.done)

    def is_blind(self) -> bool:
        """Reviewers do not see what others said until an item is done."""
        return self.overlap > 1


class QueueItem(models.Model):
    """A conversation in a queue."""

    class State(models.IntegerChoices):
        OPEN = 0, "open"
        # As many as wanted have decided, and all the same (with overlap 1: one has).
        AGREED = 1, "agreed"
        # All have decided, and not the same: the conversation stays unreviewed.
        DISAGREED = 2, "disagreed"
        ADJUDICATED = 3, "adjudicated"
        # It was decided elsewhere, or deleted, before anybody did here.
        GONE = 4, "decided elsewhere"

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="items", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="queue_items")
    # Items stand in this order, and of the same rank by id.
    rank = models.BigIntegerField(default=0)
    # Why it is here, in codes (webapp/review/reasons.py), as ",code,code,".
    reasons = models.CharField(max_length=200, default="", blank=True)
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.OPEN)
    # How many have decided.
    verdicts_count = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["queue", "conversation"], name="queue_item_once"),)
        indexes = (
            models.Index(fields=["queue", "state", "rank", "id"], name="queue_item_next"),
            models.Index(fields=["queue", "rank", "id"], name="queue_item_order"),
        )

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.conversation_id}"


class LeaseQuerySet(models.QuerySet["Lease"]):
    def held(self) -> Self:
        """Not run out, by the database's clock."""
        return self.filter(until__gt=Now())


class Lease(models.Model):
    """An item is on somebody's screen, or will be soon, in one tab of their browser. Renewed while the tab lives."""

    item = models.ForeignKey(QueueItem, on_delete=models.CASCADE, related_name="leases")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    # A UUID that the tab made for itself.
    tab = models.CharField(max_length=36)
    until = models.DateTimeField()

    objects: ClassVar[LeaseQuerySet] = LeaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=["item", "reviewer"], name="lease_once"),)
        indexes = (
            models.Index(fields=["reviewer", "tab"], name="lease_tab"),
            models.Index(fields=["until"], name="lease_until"),
        )

    def __str__(self) -> str:
        return f"{self.reviewer_id} holds {self.item_id}"


class Step(models.Model):
    """One thing that a reviewer did on the review screen: a decision, a flag, an edit, an undo of one.

    The browser makes the id, so that a step that is sent twice is carried out once. What was refused or conflicts
    is kept with all that it said. Never deleted.
    """

    class Kind(models.TextChoices):
        DECIDE = "decide", "decision"
        FLAG = "flag", "flag"
        RESOLVE = "resolve", "flag resolved"
        EDIT = "edit", "edit"
        COMMENT = "comment", "comment"
        DRAFT = "draft", "draft"
        UNDO = "undo", "undo"

    class State(models.TextChoices):
        DONE = "done", "done"
        CONFLICT = "conflict", "conflict"
        REFUSED = "refused", "refused"
        # Somebody has looked at the conflict and chosen.
        SETTLED = "settled", "settled"

    id = models.UUIDField(primary_key=True)
    # Rises with the order in which the server took them.
    number = models.BigIntegerField(unique=True)
    # Steps of one key press: undone together.
    group = models.UUIDField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    tab = models.CharField(max_length=36, default="", blank=True)
    item = models.ForeignKey(QueueItem, null=True, on_delete=models.SET_NULL, related_name="steps")
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.SET_NULL, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # What was sent, as it was sent.
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices)
    message = models.CharField(max_length=500, default="", blank=True)
    # The version that it was made on, and the one after it.
    version = models.PositiveIntegerField(null=True)
    version_after = models.PositiveIntegerField(null=True)
    # What its undo needs (the flag's id, the comment's ...).
    effect = models.JSONField(default=dict)
    undoes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="undone_by")
    undone_at = models.DateTimeField(null=True)
    # By the clock of the browser.
    made_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (
            models.Index(fields=["reviewer", "number"], name="step_reviewer"),
            models.Index(fields=["reviewer", "group"], name="step_group"),
            models.Index(fields=["reviewer", "number"], name="step_conflict", condition=Q(state="conflict")),
            models.Index(fields=["created_at", "number", "conversation"], name="step_undo", condition=Q(kind="undo")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def standing(self) -> Self:
        """Not withdrawn."""
        return self.filter(withdrawn_at=None)


class Verdict(models.Model):
    """What one reviewer decided about an item. With overlap 1 it is the conversation's decision at once."""

    item = models.ForeignKey(QueueItem, on_delete=models.CASCADE, related_name="verdicts")
    # Copies, so that agreement, pace and time are counted without joins.
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="verdicts", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="verdicts")
    source = models.ForeignKey("conversations.Source", on_delete=models.PROTECT, related_name="+", db_index=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.PositiveSmallIntegerField(choices=Status.choices)
    version = models.PositiveIntegerField()
    note = models.CharField(max_length=500, default="", blank=True)
    # How long the item was on the screen; NULL where the browser did not tell.
    seconds = models.FloatField(null=True)
    step = models.ForeignKey(Step, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects: ClassVar[VerdictQuerySet] = VerdictQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["item", "reviewer"], name="verdict_once", condition=Q(withdrawn_at=None)),
        )
        indexes = (
            models.Index(fields=["queue", "created_at"], name="verdict_queue"),
            models.Index(fields=["reviewer", "created_at"], name="verdict_reviewer"),
            models.Index(fields=["source", "created_at"], name="verdict_source"),
            models.Index(fields=["created_at", "id", "queue", "source"], name="verdict_created"),
            # Which days have to be summed up again.
            models.Index(fields=["withdrawn_at"], name="verdict_withdrawn", condition=Q(withdrawn_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.get_status_display()} by {self.reviewer_id} on {self.item_id}"


class Comment(models.Model):
    """A remark on a turn or on the whole conversation."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="comments")
    # The index of the turn, from 0; NULL for the whole conversation.
    turn = models.PositiveIntegerField(null=True)
    text = models.TextField(max_length=4000)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    # Taken back by its writer; the row stays.
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["created_at", "id", "conversation"], name="comment_created"),
            models.Index(
                fields=["resolved_at", "id", "conversation"],
                name="comment_resolved",
                condition=Q(resolved_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Mention(models.Model):
    """Somebody was named in a comment, and has read it or not."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions")
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["comment", "user"], name="mention_once"),)
        indexes = (models.Index(fields=["user", "id"], name="mention_unread", condition=Q(read_at=None)),)

    def __str__(self) -> str:
        return f"@{self.user_id} in {self.comment_id}"


class TurnDraft(models.Model):
    """The text that somebody is writing for a conversation and has not saved."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # The version that it was begun on, and the messages as they stand in the editor.
    version = models.PositiveIntegerField()
    messages = models.JSONField()
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["conversation", "user"], name="draft_once"),)

    def __str__(self) -> str:
        return f"draft of {self.conversation_id} by {self.user_id}"


class ReviewSettings(models.Model):
    """What a reviewer has set for the review screen."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="review_settings"
    )
    # Only what differs from the keys of webapp/review/keys.py: {"approve": "y", ...}
    keys = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"settings of {self.user_id}"
