"""Making an export, in steps that each go on from where a killed worker left off.

    list    which rows, as of one moment (snapshot.py), with their version and content hash
    read    their texts, lowered where that is needed, to the working folder (spool.py); a text that has been edited
            since the listing is taken from its history, so the file shows one moment
    write   the lines in their order to a temporary beside the file's place; synced, renamed, the folder synced
    check   the file read back from disk, by the rules of its loader (verifying.py); then the manifest

Only then is the export ready. Texts are held a few megabytes at a time; 4 bytes a line are kept for the order.
"""

import os
import random
import shutil
import time
import zlib
from array import array
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.db.models.functions import Now

from webapp.common.errors import JobFailed
from webapp.common.running import JobRun
from webapp.mixtures.encoding import encoder_for
from webapp.mixtures.listing import rows_by_source
from webapp.mixtures.manifests import build_manifest, manifest_text
from webapp.mixtures.models import Export
from webapp.mixtures.recipes import SEED, Component, Recipe
from webapp.mixtures.snapshot import read_snapshot
from webapp.mixtures.spool import (
    COLUMNS,
    PROBLEMS,
    Spool,
    SpoolWriter,
    first_within,
    open_at,
    pack_record,
    unpack_records,
    write_all,
)
from webapp.mixtures.texts import TextGone, lines_of
from webapp.mixtures.verifying import FileFacts, read_back

READ_ROWS = 2_000
READ_CHARACTERS = 8_000_000
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

    def chosen(self, number: int) -> range:
        """Which rows of component `number` are inside its slice."""
        return self.recipe.components[number].chosen(self.state["listed"][number]["rows"])

    def taken(self) -> int:
        return sum(len(self.chosen(number)) for number in range(len(self.recipe.components)))


def make_export(run: JobRun, export: Export) -> None:
    """Do what is left to do. Raises JobFailed with what to say to people."""
    making = Making(run, export, Recipe.from_dict(export.recipe))
    steps = {"read": read_texts, "write": write_file, "check": check_file}
    if not _can_go_on(making):
        list_rows(making)
    while (step := making.state["step"]) in steps:
        steps[step](making)


def _can_go_on(making: Making) -> bool:
    state = making.state
    if not state:
        return False
    return state["step"] == "done" or making.spool.holds(
        rows=sum(listed["rows"] for listed in state["listed"]), taken=state["taken"], texts=state["texts"]
    )


def list_rows(making: Making) -> None:
    """Write down which rows the components have now."""
    # The fencing number: no other worker writes to this folder before it has been recorded.
    token = making.run.job.fence
    folder = making.export.working_folder(token)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with read_snapshot(), (folder / "rows").open("wb") as file:
        listed = [_list_component(component, file) for component in making.recipe.components]
    with making.run.chunk(may_end_slice=False) as progress:
        progress.cursor = {
            "step": "read",
            "token": token,
            "listed": listed,
            "taken": 0,
            "texts": 0,
            "changes": [{} for _ in listed],
        }
        progress.step, progress.done = "reading", 0
        progress.total = sum(
            len(component.chosen(found["rows"])) * (1 + 2 * component.repeats)
            for component, found in zip(making.recipe.components, listed, strict=True)
        )


def _list_component(component: Component, file: Any) -> dict[str, Any]:
    sources = []
    for source, batches in rows_by_source(component, COLUMNS):
        count = 0
        for batch in batches:
            file.write(b"".join([_record(row) for row in batch]))
            count += len(batch)
        if count:
            sources.append({"id": source.pk, "name": source.name, "rows": count})
    return {"rows": sum(source["rows"] for source in sources), "sources": sources}


def _record(row: tuple[Any, ...]) -> bytes:
    pk, position, version, characters, reviewer, status, plain, issues, digest = row
    return pack_record(pk, position, version, characters, reviewer or 0, status, plain, problem_of(issues), digest)


def problem_of(issues: str) -> int:
    """0 for none, otherwise 1 + the place of the first format issue in PROBLEMS."""
    return 1 + PROBLEMS.index(issues.strip(",").split(",")[0]) if issues else 0


def read_texts(making: Making) -> None:
    """Bring the lines of all rows that are taken into the working folder."""
    state = making.state
    changes = [Counter(counts) for counts in state["changes"]]
    spool = making.spool
    rows = spool.rows()
    with closing(SpoolWriter(spool, taken=state["taken"], texts=state["texts"])) as writer:
        clock = time.monotonic()
        first = begun = 0
        for number, listed in enumerate(state["listed"]):
            section, chosen = rows[first : first + listed["rows"]], making.chosen(number)
            while writer.taken < begun + len(chosen):
                _read_batch(making, section, chosen[writer.taken - begun :], writer, changes[number])
                if time.monotonic() - clock > PROGRESS_SECONDS:
                    _record_reading(making, writer, changes, step="read")
                    clock = time.monotonic()
            first += listed["rows"]
            begun += len(chosen)
        _write_order(making, writer.taken)
        _record_reading(making, writer, changes, step="write")


def _read_batch(making: Making, section: Any, rest: range, writer: SpoolWriter, changes: Counter[str]) -> None:
    batch = rest[:READ_ROWS]
    records = section[batch.start : batch.stop : batch.step]
    records = records[: first_within(records["characters"], READ_CHARACTERS)]
    try:
        lines, outcomes = lines_of(list(unpack_records(records.tobytes())), making.recipe.lowering, changes)
    except TextGone:
        with making.run.chunk(may_end_slice=False) as progress:
            progress.cursor = {}  # the next try lists anew
        raise
    writer.write(lines, outcomes)


def _record_reading(making: Making, writer: SpoolWriter, changes: list[Counter[str]], *, step: str) -> None:
    with making.run.chunk() as progress:
        progress.cursor |= {
            "step": step,
            "taken": writer.taken,
            "texts": writer.texts,
            "changes": [dict(counts) for counts in changes],
        }
        progress.done = writer.taken


def _write_order(making: Making, taken: int) -> None:
    """Which row each line shows: that of TaskMixture or TaskSequence over the components."""
    outcomes = making.spool.outcomes(taken)
    order = array("I")
    begun = 0
    for number, component in enumerate(making.recipe.components):
        size = len(making.chosen(number))
        kept = begun + np.flatnonzero(outcomes[begun : begun + size] == 0)
        if len(order) + len(kept) * component.repeats > LINES_LIMIT:
            raise JobFailed(f"The file would have more than {LINES_LIMIT:,} lines. Lower the repeats of the mixture.")
        order.frombytes(kept.astype("<u4").tobytes() * component.repeats)
        begun += size
    if not order:
        raise JobFailed(NOTHING_FOUND)
    if making.recipe.order == "mixture":
        random.Random(SEED).shuffle(order)
    making.spool.write_order(order)


def write_file(making: Making) -> None:
    """Write the lines in their order, and put the file in its place."""
    export, state = making.export, making.state
    part = export.part_path(state["token"])
    encoder = encoder_for(export.format)
    written = state.get("written")
    if written and encoder.resumable and part.exists() and part.stat().st_size >= written["size"]:
        encoder.restore(written["encoder"])
    else:
        written = {"line": 0, "size": 0, "plain": 0, "check": 0}
    with open_at(part, written["size"]) as file:
        clock = time.monotonic()
        for line, block in making.spool.blocks(begin=written["line"], taken=state["taken"]):
            written = _write_block(file, encoder.encode(block), block, written | {"line": line})
            if time.monotonic() - clock > PROGRESS_SECONDS:
                _record_writing(making, written | {"encoder": encoder.state()}, may_end_slice=encoder.resumable)
                clock = time.monotonic()
        written = _write_block(file, encoder.finish(), b"", written)
        file.truncate(written["size"])
        os.fsync(file.fileno())
    put_in_place(part, export.path())
    with making.run.chunk() as progress:
        progress.cursor |= {"step": "check", "written": written}
        progress.step, progress.done = "checking", state["taken"] + written["line"]
        progress.total = state["taken"] + 2 * written["line"]


def _write_block(file: Any, packed: bytes, plain: bytes, written: dict[str, Any]) -> dict[str, Any]:
    write_all(file, packed)
    return written | {
        "size": written["size"] + len(packed),
        "plain": written["plain"] + len(plain),
        "check": zlib.crc32(plain, written["check"]),
    }


def _record_writing(making: Making, written: dict[str, Any], *, may_end_slice: bool) -> None:
    with making.run.chunk(may_end_slice=may_end_slice) as progress:
        progress.cursor["written"] = written
        progress.step, progress.done = "writing", making.state["taken"] + written["line"]


def put_in_place(part: Path, path: Path) -> None:
    """Rename a synced file, so that under its name there is nothing or all of it, even after a power cut."""
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_synced(path: Path, content: str) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    put_in_place(part, path)


def check_file(making: Making) -> None:
    """Read the file back as its loader would; write the manifest; say that the export is ready."""
    export, state = making.export, making.state
    base = state["taken"] + state["written"]["line"]

    def report(lines: int) -> None:
        with making.run.chunk(may_end_slice=False) as progress:
            progress.done = base + lines

    facts = read_back(export.path(), on_lines=report)
    wrong = _compare(facts, state["written"])
    if wrong:
        export.path().unlink(missing_ok=True)
        raise JobFailed(f"The file was written, but did not pass the check: {wrong} Continue writes it anew.")
    manifest = build_manifest(export, making.recipe, state, making.spool, facts)
    text = manifest_text(manifest)
    write_synced(export.manifest_path(), text)
    with making.run.chunk(may_end_slice=False) as progress:
        _record_ready(export, facts, text)
        progress.cursor = {"step": "done", "token": state["token"]}
        progress.done = progress.total = base + facts.lines
        progress.step = ""
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
