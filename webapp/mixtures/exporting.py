"""Making an export, in steps that each go on from where a killed worker left off.

    list    which rows, as of one moment (snapshot.py), with their version and content hash (spool.py)
    lower   the texts that CustomJSON cannot hold as they are
    write   the lines in their order to a temporary beside the file's place; synced, renamed, the folder synced.
            A text that was edited since the listing is taken from its history, so the file shows one moment
    check   the file read back from disk, by the rules of its loader (verifying.py); then the manifest

Only then is the export ready.
"""

import os
import random
import shutil
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from django.db.models.functions import Now
from numpy.typing import NDArray

from webapp.common.errors import JobFailed
from webapp.common.running import JobRun
from webapp.mixtures.encoding import encoder_for
from webapp.mixtures.listing import rows_by_source
from webapp.mixtures.manifests import build_manifest, manifest_text
from webapp.mixtures.models import Export
from webapp.mixtures.placing import place_file, place_text
from webapp.mixtures.recipes import SEED, Component, Recipe
from webapp.mixtures.snapshot import read_snapshot
from webapp.mixtures.spool import (
    COLUMNS,
    RECORD,
    Spool,
    SpoolReader,
    SpoolWriter,
    first_within,
    open_at,
    pack_row,
)
from webapp.mixtures.texts import TextGone, lowered_line, texts_of
from webapp.mixtures.verifying import FileFacts, read_back
from webapp.mixtures.writing import START, BlockWriter

# At most so many rows, and about so many characters, are in memory at once.
BLOCK_ROWS = 4_000
BLOCK_CHARACTERS = 8_000_000
SCAN_ROWS = 100_000
LINES_LIMIT = 100_000_000
PROGRESS_SECONDS = 0.5
NOTHING_FOUND = (
    "There is nothing to export: no component finds a conversation that can be written."
    " Approve some conversations, or change the filters of the mixture."
)


@dataclass
class Making:
    """An export that is being made."""

    run: JobRun
    export: Export
    recipe: Recipe

    @property
    def state(self) -> dict[str, Any]:
        return self.run.cursor

    @property
    def spool(self) -> Spool:
        return Spool(self.export.working_folder(self.state["token"]))

    def taken(self) -> int:
        return sum(listed["taken"] for listed in self.state["listed"])


def make_export(run: JobRun, export: Export) -> None:
    """Do what is left to do. Raises JobFailed with what to say to people."""
    making = Making(run, export, Recipe.from_dict(export.recipe))
    steps = {"lower": lower_texts, "write": write_file, "check": check_file}
    if not _can_go_on(making):
        list_rows(making)
    try:
        while (step := making.state["step"]) in steps:
            steps[step](making)
    except TextGone:
        with run.chunk(may_end_slice=False) as progress:
            progress.cursor = {}  # Continue lists anew
        raise


def _can_go_on(making: Making) -> bool:
    state = making.state
    if not state or state["step"] == "done":
        return bool(state)
    lowered = {"outcomes": state["taken"], "ends": state["taken"] * 8, "texts": state["texts"]}
    order = {} if state["step"] == "lower" else {"order": state["lines"] * 4}
    return making.spool.holds({"rows": making.taken() * RECORD.itemsize, **lowered, **order})


def list_rows(making: Making) -> None:
    """Write down which rows the components have now."""
    # The fencing number: no other worker writes to this folder before it has been recorded.
    token = making.run.job.fence
    folder = making.export.working_folder(token)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with making.run.holding(), read_snapshot(), (folder / "rows").open("wb") as file:
        listed = [_list_component(component, file, folder / "listed") for component in making.recipe.components]
    state = {"step": "lower", "token": token, "listed": listed, "taken": 0, "texts": 0}
    with making.run.chunk(may_end_slice=False) as progress:
        progress.cursor = state | {"changes": [{} for _ in listed]}
        progress.step, progress.done = "reading", 0
        progress.total = sum(
            found["taken"] * (1 + 2 * component.repeats)
            for component, found in zip(making.recipe.components, listed, strict=True)
        )


def _list_component(component: Component, rows: IO[bytes], beside: Path) -> dict[str, Any]:
    """Append the rows that the component takes to `rows`."""
    if not component.is_sliced():
        sources = _list_sources(component, rows)
        total = taken = sum(source["rows"] for source in sources)
    else:
        # A slice may count from the end, so all rows are listed first.
        with beside.open("w+b") as file:
            sources = _list_sources(component, file)
            total = sum(source["rows"] for source in sources)
            chosen = component.chosen(total)
            taken = len(chosen)
            for begin in range(0, taken, SCAN_ROWS):
                part = chosen[begin : begin + SCAN_ROWS]
                file.seek(part.start * RECORD.itemsize)
                span = np.frombuffer(file.read((part[-1] - part.start + 1) * RECORD.itemsize), RECORD)
                rows.write(span[:: part.step].tobytes())
    return {"rows": total, "taken": taken, "sources": sources}


def _list_sources(component: Component, file: IO[bytes]) -> list[dict[str, Any]]:
    sources = []
    for source, batches in rows_by_source(component, COLUMNS):
        count = 0
        for batch in batches:
            file.write(b"".join(map(pack_row, batch)))
            count += len(batch)
        if count:
            sources.append({"id": source.pk, "name": source.name, "rows": count})
    return sources


def lower_texts(making: Making) -> None:
    """Find out what is dropped, bring lowered lines into the working folder, and then the order of all lines."""
    state = making.state
    changes = [Counter(counts) for counts in state["changes"]]
    ends = np.cumsum([listed["taken"] for listed in state["listed"]])
    with closing(SpoolWriter(making.spool, taken=state["taken"], texts=state["texts"])) as writer:
        clock = time.monotonic()
        while writer.taken < making.taken():
            number = int(np.searchsorted(ends, writer.taken, side="right"))
            _lower_rows(making, writer, int(ends[number]), changes[number])
            if time.monotonic() - clock > PROGRESS_SECONDS:
                _record_lowering(making, writer, changes)
                clock = time.monotonic()
    with making.run.holding():
        lines = _write_order(making)
    _record_lowering(making, writer, changes, step="write", lines=lines)


def _lower_rows(making: Making, writer: SpoolWriter, end: int, changes: Counter[str]) -> None:
    rows = making.spool.rows(writer.taken, min(SCAN_ROWS, end - writer.taken))
    outcomes = rows["problem"].copy()
    work = np.flatnonzero((rows["plain"] == 0) & (outcomes == 0))[:BLOCK_ROWS]
    work = work[: first_within(rows["characters"][work], BLOCK_CHARACTERS)] if len(work) else work
    if len(work):
        outcomes = outcomes[: _behind(rows, outcomes, work)]
    lines: dict[int, bytes] = {}
    for place, text in zip(work.tolist(), texts_of(rows[work]), strict=True):
        lines[place], outcomes[place] = lowered_line(text, making.recipe.lowering, changes)
    writer.write(outcomes.tobytes(), lines)


def _behind(rows: Any, outcomes: Any, work: Any) -> int:
    """How many of the scanned rows are dealt with when those of `work` are: up to the next that needs lowering."""
    later = np.flatnonzero((rows["plain"] == 0) & (outcomes == 0))
    return int(later[len(work)]) if len(later) > len(work) else len(rows)


def _record_lowering(making: Making, writer: SpoolWriter, changes: list[Counter[str]], **more: Any) -> None:
    with making.run.chunk() as progress:
        counts = [dict(found) for found in changes]
        progress.cursor |= {"taken": writer.taken, "texts": writer.texts, "changes": counts, **more}
        progress.done = writer.taken
        if "lines" in more:
            progress.total = writer.taken + 2 * more["lines"]


def _write_order(making: Making) -> int:
    """Which row each line shows, as TaskMixture or TaskSequence over the components has it; how many there are."""
    order = array("I")
    begin = 0
    for component, listed in zip(making.recipe.components, making.state["listed"], strict=True):
        kept = begin + np.flatnonzero(making.spool.outcomes(begin, listed["taken"]) == 0)
        if len(order) + len(kept) * component.repeats > LINES_LIMIT:
            raise JobFailed(f"The file would have more than {LINES_LIMIT:,} lines. Lower the repeats of the mixture.")
        order.frombytes(kept.astype("<u4").tobytes() * component.repeats)
        begin += listed["taken"]
    if not order:
        raise JobFailed(NOTHING_FOUND)
    if making.recipe.order == "mixture":
        random.Random(SEED).shuffle(order)
    making.spool.write_order(order)
    return len(order)


def write_file(making: Making) -> None:
    """Write the lines in their order, and put the file in its place."""
    export, state = making.export, making.state
    part = export.part_path(state["token"])
    encoder = encoder_for(export.format)
    written = state.get("written")
    if written and encoder.resumable and part.exists() and part.stat().st_size >= written["size"]:
        encoder.restore(written["encoder"])
    else:
        written = START
    with open_at(part, written["size"]) as file, closing(BlockWriter(file, encoder, written)) as writer:
        clock = time.monotonic()
        begun = written["line"]
        for line, block in _blocks(making, begun):
            written = writer.write(line, block)
            # Not before this slice has got further, or it would write the same block for ever.
            if written["line"] > begun and time.monotonic() - clock > PROGRESS_SECONDS:
                _record_writing(making, written, may_end_slice=encoder.resumable)
                clock = time.monotonic()
        written = writer.finish()
        file.truncate(written["size"])
        with making.run.holding():  # a disk may take minutes for gigabytes
            os.fsync(file.fileno())
    place_file(part, export.path())
    with making.run.chunk() as progress:
        progress.cursor |= {"step": "check", "written": written}
        progress.step, progress.done = "checking", state["taken"] + written["line"]


def _record_writing(making: Making, written: dict[str, Any], *, may_end_slice: bool) -> None:
    with making.run.chunk(may_end_slice=may_end_slice) as progress:
        progress.cursor["written"] = written
        progress.step, progress.done = "writing", making.state["taken"] + written["line"]


def _blocks(making: Making, begin: int) -> Iterator[tuple[int, bytes]]:
    """The lines of the file from line `begin` on, in blocks: (the line behind the block, its bytes).

    Where a block ends depends on where it begins and on nothing else.
    """
    with closing(SpoolReader(making.spool)) as spool:
        while begin < making.state["lines"]:
            places = spool.order(begin, BLOCK_ROWS)
            rows = spool.rows(places)
            rows = rows[: first_within(rows["characters"], BLOCK_CHARACTERS)]
            begin += len(rows)
            yield begin, _block(spool, places, rows)


def _block(spool: SpoolReader, places: list[int], rows: NDArray[Any]) -> bytes:
    plain = rows["plain"] == 1
    texts = texts_of(rows[plain])
    if len(texts) == len(rows):
        return b"\n".join(texts) + b"\n"
    stored = iter(texts)
    lines = [
        next(stored) + b"\n" if is_plain else spool.lowered(place)
        for is_plain, place in zip(plain.tolist(), places, strict=False)
    ]
    return b"".join(lines)


def check_file(making: Making) -> None:
    """Read the file back as its loader would; write the manifest; say that the export is ready."""
    export, state = making.export, making.state
    base = state["taken"] + state["lines"]

    def report(lines: int) -> None:
        with making.run.chunk(may_end_slice=False) as progress:
            progress.done = base + lines

    with making.run.holding():
        facts = read_back(export.path(), on_lines=report)
    wrong = _compare(facts, state["written"])
    if wrong:
        raise JobFailed(f"The file was written, but did not pass the check: {wrong} Press Continue to write it anew.")
    with making.run.holding():
        text = manifest_text(build_manifest(export, making.recipe, state, making.spool, facts))
    place_text(export.part_path(state["token"]), export.manifest_path(), text)
    with making.run.chunk(may_end_slice=False) as progress:
        _record_ready(export, facts, text)
        progress.cursor = {"step": "done", "token": state["token"]}
        progress.done, progress.step = base + facts.lines, ""
        progress.result = {"export": export.pk, "lines": facts.lines, "sha256": facts.sha256, "size": facts.size}


def _compare(facts: FileFacts, written: dict[str, Any]) -> str:
    if facts.problems:
        return f"{facts.problems[0]}."
    read = (facts.size, facts.plain_size, facts.lines, facts.check)
    if read != (written["size"], written["plain"], written["line"], written["check"]):
        return "what is on the disk is not what was written."
    return ""


def _record_ready(export: Export, facts: FileFacts, manifest: str) -> None:
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.READY,
        lines=facts.lines,
        size=facts.size,
        sha256=facts.sha256,
        manifest=manifest,
        finished_at=Now(),
        problems="",
    )
