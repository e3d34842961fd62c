"""Whole-file JSON arrays: told apart from lines, cut into records, their faults reported where they are."""

import json
from pathlib import Path

import pytest

from tests.conversations.content.pipeline import GOOD, GOOD_TEXT, import_bytes
from webapp.conversations.content.sniffing import Kind, sniff

pytestmark = pytest.mark.once

OBJECT = b'{"messages":%b}' % GOOD
PAIR = b'{"role":"user","content":"Hi"},\n{"role":"assistant","content":"Hello"}'
PRETTY = json.dumps(json.loads(GOOD), indent=2).encode()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (GOOD, Kind.LINES),
        (GOOD + b"\n" + GOOD, Kind.LINES),
        (b"\n  " + GOOD + b"\n\n" + GOOD, Kind.LINES),
        (OBJECT, Kind.LINES),
        (b'[{"from":"human","value":"x"}]', Kind.LINES),
        (b"[]\n" + GOOD, Kind.LINES),
        (b"[]\n[]", Kind.LINES),
        (b"[1, 2]", Kind.LINES),
        (b'[{"role": "user", "content": "cut o\n' + GOOD + b"\n" + GOOD, Kind.LINES),
        (b"[\n" + GOOD + b"\n" + GOOD, Kind.LINES),
        (b'[{"x": 1\n[{"y": \n' + GOOD + b"\n" + GOOD, Kind.LINES),
        (b"{\n" + OBJECT + b"\n", Kind.LINES),
        (b"hello\n[1]", Kind.LINES),
        (b"[" + OBJECT + b"]", Kind.ARRAY),
        (b"[" + OBJECT + b",\n" + OBJECT + b"]", Kind.ARRAY),
        (b"[\n" + OBJECT + b"\n]", Kind.ARRAY),
        (b"[\n" + OBJECT + b",\n" + OBJECT + b"\n]\n", Kind.ARRAY),
        (b"[" + GOOD + b"," + GOOD + b"]", Kind.ARRAY),
        (b"[\n  " + PRETTY + b"\n]", Kind.ARRAY),
        (b'[{"id": "x", "conversations": [{"from": "human"', Kind.ARRAY),
        (b'[{"role": "sales", "messages": []}]', Kind.ARRAY),
        (b"[\n1,\n2]", Kind.ARRAY),
        (b'[\n{"messages": [\n' + PAIR + b"\n]},\n" + b'{"messages": [\n' + PAIR + b"\n]}\n]", Kind.ARRAY),
        (b"[\n" + OBJECT + b"\n," + OBJECT + b"\n]", Kind.ARRAY),
        (PRETTY, Kind.VALUE),
        (b'[{"role":"user","content":"a"},\n {"role":"assistant","content":"b"}]', Kind.VALUE),
        (json.dumps({"messages": json.loads(GOOD)}, indent=1).encode(), Kind.VALUE),
    ],
)
def test_the_kind_is_found_by_the_content(tmp_path: Path, data: bytes, kind: Kind) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    assert sniff(path) is kind


def test_a_long_first_line_does_not_hide_the_kind(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    long = b'[{"role":"user","content":"%b"},{"role":"assistant","content":"x"}]' % (b"x" * 400_000)
    for data, kind in ((long, Kind.LINES), (b"[%b]" % long, Kind.ARRAY)):
        path.write_bytes(data)
        assert sniff(path) is kind


def test_one_conversation_over_several_lines_is_one_record(tmp_path: Path) -> None:
    for data in (PRETTY, json.dumps({"messages": json.loads(GOOD)}, indent=4).encode()):
        result = import_bytes(tmp_path, data)
        assert (result.texts, result.unit, result.rejected) == ([GOOD_TEXT], "record", {})


def test_bad_elements_are_refused_by_their_number(tmp_path: Path) -> None:
    elements = [GOOD, b"5", b'{"a":NaN}', b"", GOOD.replace(b"Hi", b"H\ni"), b'{"messages":[]}', GOOD + GOOD, GOOD]
    result = import_bytes(tmp_path, b"[\n" + b" ,\n ".join(elements) + b"\n]\n")
    assert result.texts == [GOOD_TEXT] * 2
    assert result.problem == ""
    assert sorted(result.rejected) == [2, 3, 4, 5, 6, 7]
    assert "a number instead" in result.rejected[2]
    assert "a comma too many" in result.rejected[4]
    assert "a raw line break inside a text" in result.rejected[5]
    assert "something follows" in result.rejected[7]


@pytest.mark.parametrize(
    ("data", "records", "problem"),
    [
        (b"[" + GOOD + b"," + GOOD, 2, "cut off: the file ends inside record 2"),
        (b"[" + GOOD + b",", 1, "cut off: the file ends after record 1"),
        (b"[" + GOOD + b',[{"role":"us', 1, "cut off: the file ends inside record 2"),
        (b"[\n" + GOOD + b"\n]\n" + OBJECT, 1, "something follows the end of the array at byte 76, after record 1"),
        (b"[" + GOOD + b"]]", 1, "something follows the end of the array at byte 73"),
        (b"[" + GOOD + b"},\n" + GOOD + b"]", 1, "the array is malformed at byte 72, inside record 1"),
    ],
)
def test_a_broken_array_keeps_what_came_before(tmp_path: Path, data: bytes, records: int, problem: str) -> None:
    result = import_bytes(tmp_path, data)
    assert result.texts == [GOOD_TEXT] * records
    assert problem in result.problem


def test_a_comma_before_the_closing_bracket_is_a_bad_record(tmp_path: Path) -> None:
    result = import_bytes(tmp_path, b"[" + GOOD + b",\n]")
    assert (result.texts, result.problem) == ([GOOD_TEXT], "")
    assert "a comma too many" in result.rejected[2]


def test_a_large_array_is_the_same_as_its_lines(tmp_path: Path) -> None:
    texts = [f'"{"x" * (n % 700)}\\\\ \\" [{{,}}] {n} é😀' for n in range(6000)]
    rows = [[{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}] for text in texts]
    expected = import_bytes(tmp_path, b"\n".join(json.dumps(row).encode() for row in rows))
    assert len(expected.accepted) == 6000
    for indent in (None, 1):
        result = import_bytes(tmp_path, json.dumps(rows, indent=indent, ensure_ascii=False).encode())
        assert (result.texts, result.rejected, result.problem) == (expected.texts, {}, "")
