"""What is curated: sources, conversations with their texts, revisions, flags, decisions, and the counts of them."""

import json
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

Message = dict[str, Any]

#: From and below how many characters a conversation stands in an index of its own: those that are looked for by length.
LONG, SHORT = 10_000, 50


class Status(models.IntegerChoices):
    UNREVIEWED = 0, "unreviewed"
    APPROVED = 1, "approved"
    REJECTED = 2, "rejected"
    SKIPPED = 3, "skipped"


class SourceQuerySet(models.QuerySet["Source"]):
    def live(self) -> Self:
        """Not in the trash."""
        return self.filter(deleted_at=None)


class Source(models.Model):
    """One import: a task with its parameters and its dataset's fingerprint, or an uploaded file with its SHA-256."""

    class Kind(models.TextChoices):
        TASK = "task", "task"
        UPLOAD = "upload", "upload"
        DEMO = "demo", "demo data"

    class State(models.TextChoices):
        IMPORTING = "importing", "importing"
        READY = "ready", "ready"
        INCOMPLETE = "incomplete", "incomplete"
        PURGING = "purging", "being deleted"

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.IMPORTING)
    # A task: its registry name and parameters. An upload: {} and the name that the file had.
    task = models.CharField(max_length=60, default="", blank=True)
    parameters = models.JSONField(default=dict)
    file_name = models.CharField(max_length=300, default="", blank=True)
    # SHA-256 of the file (hex), or the fingerprint of the dataset.
    fingerprint = models.CharField(max_length=200, default="", blank=True, db_index=True)
    job = models.ForeignKey("common.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    # The search index holds the conversations of this source up to this id.
    indexed_through = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, db_index=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[SourceQuerySet] = SourceQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def live(self) -> Self:
        """Not of a source in the trash. The list of trashed sources is short, so it is spelled out for the index."""
        trashed = list(Source.objects.exclude(deleted_at=None).values_list("pk", flat=True))
        return self.exclude(source_id__in=trashed) if trashed else self

    def approved(self) -> Self:
        return self.filter(status=Status.APPROVED)

    def needs_review(self) -> Self:
        return self.filter(status=Status.UNREVIEWED)

    def exportable(self) -> Self:
        """Without a format issue: only these can become CustomJSON."""
        return self.filter(issues="")


class Conversation(models.Model):
    """One conversation, without its texts (see ConversationText): narrow, so that lists and counts stay fast.

    Ids rise with the position inside a source; lists go by id.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="conversations", db_index=False)
    position = models.BigIntegerField()
    status = models.PositiveSmallIntegerField(choices=Status.choices, default=Status.UNREVIEWED)
    # Rises with messages and status; a write names the version that it was made on.
    version = models.PositiveIntegerField(default=1)
    turns = models.PositiveIntegerField()
    characters = models.PositiveIntegerField()
    has_system = models.BooleanField(default=False)
    has_tools = models.BooleanField(default=False)
    edited = models.BooleanField(default=False)
    open_flags = models.PositiveIntegerField(default=0)
    # Codes of what CustomJSON cannot hold, as ",code,code,"; empty when there is none.
    issues = models.CharField(max_length=200, default="", blank=True)
    # Nothing has to be lowered: the stored text is a CustomJSON line as it is.
    plain = models.BooleanField(default=False)
    subject = models.CharField(max_length=100, default="", blank=True)
    # The first user text on one line, for lists.
    preview = models.CharField(max_length=200, default="", blank=True)
    # Who decided last.
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # The first 16 bytes of the SHA-256 of the text as imported: finds duplicates.
    original_hash = models.BinaryField(max_length=16)
    # SHA-256 of the text as it is now.
    content_hash = models.BinaryField(max_length=32)

    objects: ClassVar[ConversationQuerySet] = ConversationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "position"], name="conversation_position"),)
        # Every list goes by id, so each index ends with it. The partial ones cost an import nothing.
        indexes = (
            models.Index(fields=["status", "id"], name="conversation_status"),
            models.Index(fields=["source", "status", "id"], name="conversation_source_status"),
            models.Index(fields=["source", "id"], name="conversation_source"),
            models.Index(fields=["original_hash"], name="conversation_original"),
            models.Index(fields=["id"], name="conversation_flagged", condition=Q(open_flags__gt=0)),
            models.Index(fields=["source", "id"], name="conversation_source_flagged", condition=Q(open_flags__gt=0)),
            models.Index(fields=["status", "id"], name="conversation_status_flagged", condition=Q(open_flags__gt=0)),
            models.Index(fields=["id"], name="conversation_edited", condition=Q(edited=True)),
            models.Index(fields=["id"], name="conversation_issue", condition=~Q(issues="")),
            models.Index(fields=["subject", "id"], name="conversation_subject", condition=~Q(subject="")),
            models.Index(fields=["reviewer", "id"], name="conversation_reviewer", condition=Q(reviewer__isnull=False)),
            models.Index(fields=["id"], name="conversation_system", condition=Q(has_system=True)),
            models.Index(fields=["id"], name="conversation_tools", condition=Q(has_tools=True)),
            models.Index(fields=["turns"], name="conversation_turns"),
            models.Index(fields=["characters"], name="conversation_long", condition=Q(characters__gte=LONG)),
            models.Index(fields=["characters"], name="conversation_short", condition=Q(characters__lt=SHORT)),
            # All that a filter may ask of a row, so that combinations are looked through without the rows themselves.
            models.Index(
                fields=[
                    "id",
                    "source",
                    "status",
                    "turns",
                    "characters",
                    "has_system",
                    "has_tools",
                    "edited",
                    "open_flags",
                    "issues",
                ],
                name="conversation_scan",
            ),
        )

    def __str__(self) -> str:
        return f"{self.source} #{self.position_number():,}"

    def position_number(self) -> int:
        """Its place in the source as people count, from 1."""
        return self.position + 1

    def issue_codes(self) -> list[str]:
        return [code for code in self.issues.split(",") if code]

    def is_approvable(self) -> bool:
        return not self.issues


class ConversationText(models.Model):
    """The texts of a conversation: canonical JSON, stored exactly as validated."""

    conversation = models.OneToOneField(
        Conversation, primary_key=True, on_delete=models.CASCADE, related_name="text", db_constraint=False
    )
    messages = models.TextField()
    # As imported, never changed; NULL while it equals `messages`.
    original = models.TextField(null=True)
    # What stood beside the messages (letters, subject, entry_point, other keys), a JSON object; empty for none.
    metadata = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return f"text of {self.conversation_id}"

    def message_list(self) -> list[Message]:
        messages: list[Message] = json.loads(self.messages)
        return messages

    def original_text(self) -> str:
        return self.messages if self.original is None else self.original

    def metadata_dict(self) -> dict[str, Any]:
        metadata: dict[str, Any] = json.loads(self.metadata) if self.metadata else {}
        return metadata


class Revision(models.Model):
    """A change of the messages: who, when, why, and the text after it. Never updated, never deleted.

    The text as imported is version 1 and has no row; `version` is the conversation's version after the change.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    messages = models.TextField()
    content_hash = models.BinaryField(max_length=32)
    restored_from = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=500, default="", blank=True)
    # The status before the change, which ends an approval; NULL where it was not written down.
    previous = models.PositiveSmallIntegerField(choices=Status.choices, null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    # The job that replaced text in many conversations, for its undo.
    job = models.ForeignKey("common.Job", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["conversation", "version"], name="revision_version"),)
        indexes = (
            models.Index(fields=["created_at", "id", "conversation"], name="revision_created"),
            models.Index(fields=["created_by", "created_at", "id"], name="revision_person"),
            models.Index(fields=["job", "id"], name="revision_job", condition=Q(job__isnull=False)),
        )

    def __str__(self) -> str:
        return f"v{self.version}"


class FlagReason(models.Model):
    """A reason of the taxonomy. Curators add, rename, order and retire reasons."""

    slug = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=60, unique=True)
    description = models.CharField(max_length=300, default="", blank=True)
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.label


class Flag(models.Model):
    """A mark on a turn or on the whole conversation, open until it is resolved."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="flags")
    # Copies of the conversation's columns, kept with them, so that lists by reason, source and status use an index.
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.PositiveSmallIntegerField(choices=Status.choices)
    reason = models.ForeignKey(FlagReason, on_delete=models.PROTECT, related_name="flags", db_index=False)
    # The index of the turn, from 0; NULL for the whole conversation.
    turn = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=500, default="", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    resolved_at = models.DateTimeField(null=True)
    # The bulk job that set it, for its undo.
    job = models.ForeignKey("common.Job", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        indexes = (
            models.Index(fields=["reason", "conversation"], name="flag_open", condition=Q(resolved_at=None)),
            models.Index(
                fields=["reason", "source", "conversation"], name="flag_source", condition=Q(resolved_at=None)
            ),
            models.Index(
                fields=["reason", "status", "conversation"], name="flag_status", condition=Q(resolved_at=None)
            ),
            models.Index(fields=["job"], name="flag_job", condition=Q(job__isnull=False)),
            # Who set and resolved what, by time (the audit).
            models.Index(fields=["created_at", "id", "source"], name="flag_created"),
            models.Index(fields=["created_by", "created_at", "id"], name="flag_person"),
            models.Index(
                fields=["resolved_at", "id", "source"], name="flag_resolved", condition=Q(resolved_at__isnull=False)
            ),
            models.Index(
                fields=["resolved_by", "resolved_at", "id"],
                name="flag_resolver",
                condition=Q(resolved_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason} on {self.conversation_id}"


class Decision(models.Model):
    """Somebody approved, rejected, skipped, or took a decision back. Never updated, never deleted."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="decisions")
    # The version that the decision was made on.
    version = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(choices=Status.choices)
    previous = models.PositiveSmallIntegerField(choices=Status.choices)
    note = models.CharField(max_length=500, default="", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    # The bulk job that made it, for its undo.
    job = models.ForeignKey("common.Job", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        indexes = (
            models.Index(fields=["job", "id"], name="decision_job", condition=Q(job__isnull=False)),
            # By time, and one person's by time, with all that the audit and the counts of a day ask of a row.
            models.Index(fields=["created_at", "id", "conversation", "status", "job"], name="decision_created"),
            models.Index(fields=["created_by", "created_at", "id", "conversation"], name="decision_person"),
        )

    def __str__(self) -> str:
        return f"{self.get_status_display()} v{self.version}"


class Tally(models.Model):
    """How many conversations a source holds in a status; written in the transaction that changes them."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    status = models.PositiveSmallIntegerField(choices=Status.choices)
    total = models.BigIntegerField(default=0)
    # Of these: with an open flag, with a format issue, edited.
    flagged = models.BigIntegerField(default=0)
    with_issue = models.BigIntegerField(default=0)
    edited = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "status"], name="tally_source_status"),)

    def __str__(self) -> str:
        return f"{self.source_id} {self.get_status_display()}: {self.total}"


class FlagTally(models.Model):
    """How many conversations of a source have an open flag with a reason."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="flag_tallies", db_index=False)
    reason = models.ForeignKey(FlagReason, on_delete=models.CASCADE, related_name="+")
    total = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "reason"], name="flag_tally_source_reason"),)

    def __str__(self) -> str:
        return f"{self.source_id} {self.reason_id}: {self.total}"


class ImportProblem(models.Model):
    """A line of an import that was not stored, and why."""

    job = models.ForeignKey("common.Job", on_delete=models.CASCADE, related_name="problems", db_index=False)
    line = models.BigIntegerField()
    duplicate = models.BooleanField(default=False)
    reason = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["job", "line"], name="problem_line"),)

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class SubjectTally(models.Model):
    """How many conversations of a source have a subject (tasks such as MMLU), for the filter's choices."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="subject_tallies", db_index=False)
    subject = models.CharField(max_length=100)
    total = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "subject"], name="subject_tally"),)

    def __str__(self) -> str:
        return f"{self.subject}: {self.total}"
