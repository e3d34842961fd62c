"""Mixtures (recipes) and exports."""

import uuid
import zlib
from array import array
from pathlib import Path
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from webapp.conversations.searching import QUERY_LIMIT


class Mixture(models.Model):
    """A named recipe."""

    name = models.CharField(max_length=100, unique=True)
    # See recipes.py.
    recipe = models.JSONField()
    # Rises with every change; a write names the version that it was made on.
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class FoundRows(models.Model):
    """The conversations that the text search of a component found when it was saved. Never changed, only replaced."""

    mixture = models.ForeignKey(Mixture, null=True, on_delete=models.SET_NULL, related_name="found_lists")
    query = models.CharField(max_length=QUERY_LIMIT)
    count = models.PositiveIntegerField()
    # The ids, rising, as differences of 8 bytes each, deflated.
    packed = models.BinaryField()
    found_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.count} found for {self.query}"

    def ids(self) -> "array[int]":
        """The ids, rising."""
        ids = array("Q")
        ids.frombytes(zlib.decompress(self.packed))
        for index in range(1, len(ids)):
            ids[index] += ids[index - 1]
        return ids

    @staticmethod
    def pack(ids: "array[int]") -> bytes:
        """`ids` must rise."""
        steps = array("Q", ids)
        for index in range(len(ids) - 1, 0, -1):
            steps[index] = ids[index] - ids[index - 1]
        return zlib.compress(steps.tobytes())


class ExportQuerySet(models.QuerySet["Export"]):
    def using_found_lists(self) -> Self:
        """Those that may still have to read the list of a text search."""
        return self.exclude(state__in=[Export.State.READY, Export.State.DELETED])


class Export(models.Model):
    """A file made from a mixture, with the manifest that proves what is in it. The manifest outlives the file."""

    class State(models.TextChoices):
        MAKING = "making", "being made"
        READY = "ready", "ready"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"
        DELETED = "deleted", "file deleted"

    class Format(models.TextChoices):
        JSONL = "jsonl", "JSONL"
        GZIP = "jsonl.gz", "JSONL, gzip"
        ZSTD = "jsonl.zst", "JSONL, zstd"

    # Names the export in its manifest, on whichever installation the manifest turns up.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    mixture = models.ForeignKey(Mixture, null=True, on_delete=models.SET_NULL, related_name="exports")
    mixture_name = models.CharField(max_length=100)
    recipe = models.JSONField()
    format = models.CharField(max_length=10, choices=Format.choices, default=Format.JSONL)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MAKING)
    job = models.ForeignKey("common.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    # Where a command wanted the file; empty: in the folder of exports.
    out = models.TextField(default="", blank=True)
    lines = models.BigIntegerField(null=True)
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, default="", blank=True, db_index=True)
    # The manifest as it was written beside the file, byte for byte.
    manifest = models.TextField(default="", blank=True)
    # The last check that was asked for after the export was ready, and what it found ("": nothing wrong).
    checked_at = models.DateTimeField(null=True)
    problems = models.TextField(default="", blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar[ExportQuerySet] = ExportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (models.Index(fields=["state"], name="export_state"),)

    def __str__(self) -> str:
        return f"export {self.pk} of {self.mixture_name}"

    def path(self) -> Path:
        """Where the file is, or will be."""
        return Path(self.out) if self.out else exports_folder() / self.file_name()

    def manifest_path(self) -> Path:
        path = self.path()
        return path.with_name(f"{path.name}.manifest.json")

    def working_folder(self, token: int) -> Path:
        """Where the export keeps what it has read so far; `token` names the listing that it was read by."""
        return exports_folder() / f".making-{self.pk}-{token}"

    def part_path(self, token: int) -> Path:
        """The temporary beside the file's place."""
        path = self.path()
        return path.with_name(f".{path.name}.{self.pk}-{token}.part")

    def file_name(self) -> str:
        if self.out:
            return Path(self.out).name
        return f"{safe_name(self.mixture_name)}-{self.pk}.{self.format}"

    def is_ready(self) -> bool:
        return self.state == self.State.READY


def exports_folder() -> Path:
    return Path(settings.WINNOW_DATA) / "exports"


def safe_name(name: str) -> str:
    """A file name of letters, digits, dots, dashes: "Chat mix / v2" is "chat-mix-v2"."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name.lower())
    return "-".join(kept.split())[:60] or "mixture"
