"""The group Bytes of the bad inputs, by number."""

import gzip
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conversations.content.pipeline import GOOD, GOOD_TEXT, import_bytes
from webapp.conversations.content.files import Place, read_lines
from webapp.conversations.content.shapes import BadFile
from webapp.conversations.content.unpacking import prepare

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[3]


def refused(folder: Path, data: bytes) -> str:
    with pytest.raises(BadFile) as error:
        import_bytes(folder, data)
    return str(error.value)


@pytest.mark.parametrize("data", [b"", b"\n\r\n  \n\t\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_01_02_nothing_in_it(tmp_path: Path, data: bytes) -> None:
    assert "no records" in refused(tmp_path, data)


def test_02_many_blank_lines_are_read_as_no_line(tmp_path: Path) -> None:
    result = import_bytes(tmp_path, b"  \n" * 200_000)
    assert not result.accepted
    assert not result.rejected


def test_03_a_byte_order_mark_is_stripped(tmp_path: Path) -> None:
    for data in (GOOD, b"[" + GOOD + b"]"):
        assert import_bytes(tmp_path, b"\xef\xbb\xbf" + data).texts == [GOOD_TEXT]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [GOOD_TEXT, "[]", '{"messages": []}'])
def test_04_utf_16_and_32_are_refused_by_name(tmp_path: Path, encoding: str, text: str) -> None:
    reason = refused(tmp_path, text.encode(encoding))
    assert encoding[:6].upper() in reason
    assert "UTF-8" in reason


def test_05_invalid_utf_8_names_line_and_byte(tmp_path: Path) -> None:
    result = import_bytes(tmp_path, GOOD + b"\n" + GOOD.replace(b"Hello", b"H\xe9llo") + b"\n" + GOOD)
    assert len(result.accepted) == 2
    assert result.rejected == {2: "invalid UTF-8 at byte 64 (0xe9)"}


def test_06_crlf_is_accepted(tmp_path: Path) -> None:
    assert import_bytes(tmp_path, GOOD + b"\r\n\r\n" + GOOD + b"\r\n").texts == [GOOD_TEXT] * 2


def test_07_cr_alone_is_refused_with_a_hint(tmp_path: Path) -> None:
    assert "save it with line feeds" in refused(tmp_path, GOOD + b"\r" + GOOD + b"\r")


def test_08_no_line_end_at_the_end_is_accepted(tmp_path: Path) -> None:
    assert import_bytes(tmp_path, GOOD + b"\n" + GOOD).texts == [GOOD_TEXT] * 2


def test_09_unicode_line_separators_are_text(tmp_path: Path) -> None:
    text = GOOD_TEXT.replace("Hello", "a\u2028b\u2029c\x85d")
    assert import_bytes(tmp_path, text.encode() + b"\n" + GOOD).texts == [text, GOOD_TEXT]


FLAT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
from pathlib import Path
from tests.conversations.content.pipeline import import_file
from webapp.conversations.content.shapes import BadFile
try:
    result = import_file(Path(sys.argv[1]), output_limit=64 << 20)
    print(len(result.accepted), result.rejected)
except BadFile as error:
    print(error)
"""


def in_little_memory(path: Path) -> str:
    """What an import says in a process that may use 400 MB, most of which Python takes for itself."""
    done = subprocess.run(
        [sys.executable, "-c", FLAT, str(path)], capture_output=True, text=True, cwd=ROOT, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("number", "size"), [(10, 1 << 30), (32, 300 << 20)])
@pytest.mark.parametrize("start", [b'[{"role":"user","content":"', b'[[{"role":"user","content":"'])
def test_10_32_a_huge_line_is_refused_in_flat_memory(tmp_path: Path, number: int, size: int, start: bytes) -> None:
    path = tmp_path / "huge.jsonl"
    end = b'"}]\n' if start.startswith(b"[{") else b'"}],\n'
    with path.open("wb") as file:
        file.write(GOOD + b"\n" if start.startswith(b"[{") else b"")
        file.write(start)
        file.seek(size, 1)  # a hole: it takes no space on the disk
        file.write(end + GOOD + (b"" if start.startswith(b"[{") else b"]"))
    said = in_little_memory(path)
    assert "too long" in said
    assert said.startswith("2 {2:" if start.startswith(b"[{") else "1 {1:")


def test_11_a_gzip_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(bytes(10 << 20), 1) * 300)
    assert "larger than the limit" in in_little_memory(path)
    assert [file.name for file in tmp_path.iterdir()] == ["bomb.jsonl.gz"]


def test_12_a_truncated_gzip_file_is_not_called_complete(tmp_path: Path) -> None:
    lines = [
        json.dumps([{"role": "user", "content": f"{n * n}" * 9}, {"role": "assistant", "content": f"{n}"}])
        for n in range(5000)
    ]
    data = gzip.compress("\n".join(lines).encode())
    whole = import_bytes(tmp_path, data)
    assert (len(whole.accepted), whole.problem) == (5000, "")
    part = import_bytes(tmp_path, data[: len(data) // 2])
    assert "cut off" in part.problem
    assert 100 < len(part.accepted) < 4900
    assert part.texts == whole.texts[: len(part.accepted)]
    assert "cut off" in refused(tmp_path, data[:15])


def test_12_damage_and_rubbish_in_gzip_are_told(tmp_path: Path) -> None:
    data = gzip.compress(GOOD + b"\n")
    assert "damaged" in refused(tmp_path, data[:-8] + bytes(8))
    large = gzip.compress(GOOD + b"\n" * 5_000_000)
    assert "damaged" in import_bytes(tmp_path, large[:-8] + bytes(8)).problem
    assert "damaged" in import_bytes(tmp_path, data + b"rubbish").problem
    assert import_bytes(tmp_path, data + data + bytes(100)).texts == [GOOD_TEXT] * 2
    assert "compressed twice" in refused(tmp_path, gzip.compress(data))


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.jsonl", GOOD)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (zipped(), "ZIP"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x28\xb5\x2f\xfd\x04", "zstd"),
        (b"BZh91AY", "bzip2"),
        (b"\xfd7zXZ\x00\x00", "xz"),
        (b"ARROW1\x00\x00", "Arrow"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (bytes(257) + b"ustar\x00", "tar"),
    ],
)
def test_13_other_files_are_named(tmp_path: Path, data: bytes, name: str) -> None:
    reason = refused(tmp_path, data)
    assert name in reason
    assert ".jsonl" in reason


def test_14_an_array_is_imported(tmp_path: Path) -> None:
    rows = [json.loads(GOOD), {"messages": json.loads(GOOD)}, {"instruction": "Add", "input": "1 1", "output": "2"}]
    for indent in (None, 0, 2):
        result = import_bytes(tmp_path, json.dumps(rows, indent=indent).encode())
        assert (len(result.accepted), result.rejected, result.unit) == (3, {}, "record")


def test_15_a_nul_byte_refuses_its_line_only(tmp_path: Path) -> None:
    result = import_bytes(tmp_path, b"\0\n" + GOOD.replace(b"Hello", b"He\0llo") + b"\n" + GOOD)
    assert result.rejected == {1: "a NUL byte at byte 0", 2: "a NUL byte at byte 65"}
    assert result.texts == [GOOD_TEXT]


def test_reading_goes_on_from_any_line(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join([GOOD, b"", b"x" * 50, GOOD + b"\r", b"x" * 5000, GOOD]))
    lines = list(read_lines(path, limit=100))
    assert [line.number for line in lines] == [1, 3, 4, 5, 6]
    assert [bool(line.problem) for line in lines] == [False, False, False, True, False]
    for index, line in enumerate(lines):
        assert list(read_lines(path, limit=100, start=line.place)) == lines[index + 1 :]
    assert list(read_lines(path, limit=100, start=Place())) == lines


def test_a_line_at_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    for end in (b"", b"\n", b"\r\n"):
        path.write_bytes((b"x" * 100 + end) + (b"y" * 101 + end if end else b""))
        problems = [bool(line.problem) for line in read_lines(path, limit=100)]
        assert problems == ([False, True] if end else [False])


def test_preparing_can_be_watched_and_stopped(tmp_path: Path) -> None:
    source, target = tmp_path / "up.json.gz", tmp_path / "unpacked"
    source.write_bytes(gzip.compress(b"[" + b",\n".join([GOOD] * 40_000) + b"]"))
    seen: list[tuple[str, int, int]] = []
    prepare(source, target, output_limit=1 << 30, watch=lambda *step: seen.append(step))
    assert {step for step, _, _ in seen} == {"unpacking", "splitting the array"}
    assert all(0 < done <= total for _, done, total in seen)
    target.unlink()

    def stop(_step: str, _done: int, _total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        prepare(source, target, output_limit=1 << 30, watch=stop)
    assert list(tmp_path.iterdir()) == [source]
