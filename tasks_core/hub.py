"""Datasets of the Hugging Face hub, read in the order of `Dataset.shuffle(seed=42)`.

Rows come from `datasets.load_dataset`, or, without any network, from the folder that the environment variable
TASKS_CORE_HUB names: it holds the hub's own parquet files as `<org>/<name>/<folder>/<split>-*.parquet`.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from tasks_core.common import Conversation, Task
from tasks_core.errors import BadRowError, DatasetUnavailableError

__all__ = ["HUB_VARIABLE", "HubSource", "HubTask", "Row", "text_of", "texts_of"]

HUB_VARIABLE = "TASKS_CORE_HUB"
SHUFFLE_SEED = 42
BATCH = 512  # rows that are read from the file together

Row = Mapping[str, Any]


class _Table(Protocol):
    """What is used of `datasets.Dataset`."""

    column_names: list[str]
    cache_files: list[dict[str, Any]]
    _fingerprint: str

    def __len__(self) -> int: ...
    def __getitem__(self, key: Any) -> Any: ...
    def select_columns(self, column_names: list[str]) -> "_Table": ...


@dataclass(frozen=True)
class HubSource:
    """One split of a dataset: where it is on the hub, and where in a folder laid out like the hub.

    `path` is `org/name`; `folder` holds the parquet files; `config` is None for a dataset that has only one.
    """

    path: str
    config: str | None
    folder: str
    split: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.path, self.config, self.split) if part)

    def local_files(self) -> list[Path] | None:
        """Return the files in the folder TASKS_CORE_HUB; None where that is not set."""
        hub = os.environ.get(HUB_VARIABLE)
        if not hub:
            return None
        folder = Path(hub, self.path, self.folder)
        files = sorted(folder.glob(f"{self.split}-*.parquet")) or sorted(folder.glob(f"{self.split}.parquet"))
        if not files:
            raise DatasetUnavailableError(
                f"{HUB_VARIABLE} is {hub}, but {folder} has no {self.split}-*.parquet. Put the files of "
                f"{self.path} there, or unset {HUB_VARIABLE} to download them."
            )
        return files

    def load(self, columns: Sequence[str]) -> "HubRows":
        """Return the rows; raise DatasetUnavailableError where they cannot be had or lack one of `columns`."""
        files = self.local_files()
        table = self._load(files)
        if table.column_names == [self.split]:  # cais/mmlu auxiliary_train wraps each row in a column "train"
            return HubRows(self, table, files, wrapper=self.split)
        missing = [name for name in columns if name not in table.column_names]
        if missing:
            raise DatasetUnavailableError(
                f"{self} has no column {missing[0]!r}, only {', '.join(table.column_names)}: not the dataset expected"
            )
        return HubRows(self, table.select_columns(list(columns)), files)

    def _load(self, files: list[Path] | None) -> _Table:
        try:
            from datasets import load_dataset
        except ImportError as error:
            raise DatasetUnavailableError(f"{self} needs the package datasets: pip install datasets") from error
        try:
            if files is None:
                table: _Table = load_dataset(self.path, self.config, split=self.split)
            else:
                names = {self.split: [file.name for file in files]}
                table = load_dataset(str(files[0].parent), data_files=names, split=self.split)
            return table
        except Exception as error:  # the loader lets through whatever its many layers raise
            raise DatasetUnavailableError(self._why(error, files)) from error

    def _why(self, error: Exception, files: list[Path] | None) -> str:
        reason = f"{type(error).__name__}: {error}"
        if files is not None:
            return f"{self} cannot be read from {files[0].parent} ({reason}). Are its files whole?"
        return (
            f"{self} cannot be loaded from the hub ({reason}). Connect to the internet, or set {HUB_VARIABLE} "
            f"to a folder that holds {self.path}/{self.folder}/{self.split}-*.parquet."
        )


class HubRows:
    """The rows of one split in the order of `shuffle(seed=42)`."""

    def __init__(
        self, source: HubSource, table: _Table, files: list[Path] | None, *, wrapper: str | None = None
    ) -> None:
        from numpy.random import default_rng

        self.source = source
        self._table = table
        self._files = files
        self._wrapper = wrapper
        # What Dataset.shuffle does, without the index file that makes it read 30 times slower.
        self._order = default_rng(SHUFFLE_SEED).permutation(len(table))

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> Row:
        row: Row = self._table[int(self._order[index])]
        return row[self._wrapper] if self._wrapper else row

    def read(self, indices: Sequence[int]) -> Iterator[tuple[int, Row]]:
        """Yield (index, row) for each of `indices`, read by column in batches."""
        for begin in range(0, len(indices), BATCH):
            batch = indices[begin : begin + BATCH]
            columns: dict[str, list[Any]] = self._table[self._order[list(batch)]]
            if self._wrapper:
                yield from zip(batch, columns[self._wrapper], strict=True)
                continue
            for index, *values in zip(batch, *columns.values(), strict=True):
                yield index, dict(zip(columns, values, strict=True))

    def keep(self, column: str, value: str) -> None:
        """Keep only the rows that have `value` in `column`, in the same order."""
        import numpy

        wanted = numpy.asarray(self._table[column][:]) == value
        self._order = self._order[wanted[self._order]]

    def file_row(self, index: int) -> int:
        """Return the number of a row in the dataset as it is stored, from 0."""
        return int(self._order[index])

    @cached_property
    def fingerprint(self) -> str:
        """`sha256:` over the local files, `revision:` of the hub's commit, or `datasets:` its own fingerprint."""
        if self._files is not None:
            return f"sha256:{_hash_of_files(self._files)}"
        for cached in self._table.cache_files:
            revision = Path(cached["filename"]).parent.name  # load_dataset keeps each commit in a folder of its own
            if re.fullmatch(r"[0-9a-f]{40}", revision):
                return f"revision:{revision}"
        return f"datasets:{self._table._fingerprint}"


class HubTask(Task):
    """A task over one split of a dataset; a subclass turns a row into a conversation."""

    def __init__(
        self,
        source: HubSource,
        columns: Sequence[str],
        *,
        start: int | None = 0,
        stop: int | None = None,
        step: int | None = 1,
    ) -> None:
        super().__init__(start=start, stop=stop, step=step)
        self.rows = source.load(columns)

    def conversation(self, row: Row) -> Conversation:
        """Return the row as a conversation; raise BadRowError with the reason where it does not fit."""
        raise NotImplementedError(f"{type(self).__name__} does not define conversation")

    @property
    def fingerprint(self) -> str:
        """What identifies the files, the hub's commit, or else what datasets made of them."""
        return self.rows.fingerprint

    def num_examples(self) -> int:
        """Return how many rows the split has."""
        return len(self.rows)

    def get_example(self, index: int) -> Conversation:
        """Return the conversation at `index` of the shuffled rows."""
        return self._convert(index, self.rows[index])

    def get_examples(self, indices: Sequence[int]) -> Iterator[Conversation]:
        """Yield the conversations at `indices` of the shuffled rows, read in batches."""
        for index, row in self.rows.read(indices):
            yield self._convert(index, row)

    def _convert(self, index: int, row: Row) -> Conversation:
        try:
            return self.conversation(row)
        except BadRowError as error:
            place = f"{self.rows.source}, row {self.rows.file_row(index)} (example {index})"
            raise BadRowError(f"{place}: {error}") from None


def text_of(row: Row, column: str) -> str:
    """Return the text in `column`; raise BadRowError if it is something else."""
    value = row[column]
    if not isinstance(value, str):
        raise BadRowError(f"{column} is {value!r}, not text")
    return value


def texts_of(row: Row, column: str) -> list[str]:
    """Return the list of texts in `column`; raise BadRowError if it is something else."""
    values = row[column]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadRowError(f"{column} is not a list of texts")
    return values


def _hash_of_files(files: Sequence[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            total.update(f"{file.name} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()
