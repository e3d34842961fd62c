"""The groups Bytes, JSON and Conversation of the bad inputs through the whole import: counts, reasons, rows.

Each case is one file; a good line stands around what is bad, and has to be kept.
"""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings as configured

from tests.conversations.importing import counts, import_bytes, problems, source_of
from webapp.common.models import Job
from webapp.conversations.models import Conversation, ConversationText, Flag, Source

pytestmark = pytest.mark.django_db


def chat_line(question: str = "Hi", answer: str = "Hello", **extra: Any) -> bytes:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns, **extra}, ensure_ascii=False).encode()


def turns_line(*turns: tuple[str, Any]) -> bytes:
    return json.dumps([{"role": role, "content": content} for role, content in turns], ensure_ascii=False).encode()


FIRST, LAST = chat_line("first", "one"), chat_line("last", "two")


def between(*lines: bytes) -> bytes:
    return b"\n".join([FIRST, *lines, LAST]) + b"\n"


def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("a.jsonl", FIRST)
    return target.getvalue()


class FileCase(NamedTuple):
    """A file that is refused as a whole, and what the job says."""

    name: str
    content: bytes
    says: str


REFUSED_FILES = [
    FileCase("01 empty", b"", "No records"),
    FileCase("02 only blank lines", b"\n \r\n\t\n", "No records"),
    FileCase("02 many blank lines", b"   \n" * 200_000, "No records"),
    FileCase("04 UTF-16", FIRST.decode().encode("utf-16"), "UTF-16"),
    FileCase("04 UTF-16 without mark", FIRST.decode().encode("utf-16-le"), "UTF-16"),
    FileCase("07 CR only", FIRST + b"\r" + LAST + b"\r", "line feeds"),
    FileCase("13 ZIP", archive(), "a ZIP archive"),
    FileCase("13 Parquet", b"PAR1" + b"\x00" * 100, "a Parquet file"),
    FileCase("13 PDF", b"%PDF-1.7\n" + b"x" * 100, "a PDF document"),
    FileCase("12 gzip that is none", b"\x1f\x8b" + b"x" * 50, "cannot be unpacked"),
]


@pytest.mark.parametrize("case", REFUSED_FILES, ids=lambda case: case.name)
def test_a_file_that_is_refused(tmp_path: Path, case: FileCase) -> None:
    job = import_bytes(tmp_path, case.content)
    assert job.state == Job.State.FAILED
    assert case.says in job.error
    assert source_of(job) is None
    assert not Conversation.objects.exists()


class LineCase(NamedTuple):
    """A line that is refused, and why."""

    name: str
    line: bytes
    reason: str


def with_extra(value: str) -> bytes:
    return FIRST[:-1] + b', "extra": ' + value.encode() + b"}"


REFUSED_LINES = [
    LineCase("05 invalid UTF-8", chat_line().replace(b"Hello", b"H\xe9llo"), "invalid UTF-8 at byte"),
    LineCase("15 raw NUL", chat_line().replace(b"Hello", b"He\0llo"), "a NUL byte at byte"),
    LineCase("16 truncated", FIRST[:-20], "cut off"),
    LineCase("17 trailing garbage", FIRST + b" x", "something follows the end"),
    LineCase("18 single quotes", b"[{'role': 'user', 'content': 'a'}]", "single quotes"),
    LineCase("19 trailing comma", b'[{"role":"user","content":"a"},]', "a comma too many"),
    LineCase("20 raw tab", chat_line().replace(b"Hello", b"H\tllo"), "a raw tab"),
    LineCase("21 NaN", with_extra("NaN"), "NaN is not"),
    LineCase("22 Infinity", with_extra("Infinity"), "Infinity is not"),
    LineCase("23 1e400", with_extra("1e400"), "too large a number"),
    LineCase("24 4,301 digits", with_extra("7" * 4301), "4,301 digits"),
    LineCase("27 nested 100,000 deep", b"[" * 100_000 + b"]" * 100_000, "nested"),
    LineCase("28 nested 20,000 deep", with_extra("[" * 20_000 + "]" * 20_000), "nested"),
    LineCase("29 duplicate keys", with_extra('1, "extra": 2'), "stands twice"),
    LineCase("30 NUL as an escape", chat_line().replace(b"Hello", b"H\\u0000"), "\\u0000 at byte"),
    LineCase("31 lone surrogate", chat_line().replace(b"Hello", b"H\\ud800"), "half a character"),
    LineCase("33 list of a list", b"[[]]", ""),
    LineCase("34 null", b"null", ""),
    LineCase("34 number", b"17", ""),
    LineCase("34 text", b'"hello"', ""),
    LineCase("36 no messages", b'{"id": 1}', ""),
    LineCase("37 messages is a string", b'{"messages": "hello"}', ""),
    LineCase("38 empty list", b'{"messages": []}', ""),
    LineCase("39 unknown role", turns_line(("user", "a"), ("wizard", "b")), "wizard"),
    LineCase("40 content null", turns_line(("user", "a"), ("assistant", None)), "null"),
    LineCase("41 content a number", turns_line(("user", "a"), ("assistant", 7)), "number"),
    LineCase("42 a part with an image", turns_line(("user", [{"type": "image_url", "image_url": "x"}])), "image"),
]


@pytest.mark.parametrize("case", REFUSED_LINES, ids=lambda case: case.name)
def test_a_line_that_is_refused(tmp_path: Path, case: LineCase) -> None:
    job = import_bytes(tmp_path, between(case.line))
    assert (job.state, counts(job)) == (Job.State.DONE, (3, 2, 0, 1))
    assert problems(job)[0].startswith("line 2: ")
    assert case.reason in problems(job)[0]
    assert Conversation.objects.count() == 2


class KeptCase(NamedTuple):
    """A line that is imported, and the format issues that it is imported with."""

    name: str
    line: bytes
    issues: str = ""


KEPT = [
    KeptCase("06 CRLF", chat_line("crlf") + b"\r"),
    KeptCase("09 U+2028 and U+0085", chat_line("a\u2028b\x85c")),
    KeptCase("25 2^53+1", chat_line("big", number=2**53 + 1)),
    KeptCase("26 2^63", chat_line("bigger", number=2**63)),
    KeptCase("35 10,000 keys", chat_line("keys", extra={f"k{number}": number for number in range(10_000)})),
    KeptCase("42 known parts", turns_line(("user", "a"), ("assistant", [{"type": "python", "text": "1+1"}]))),
    KeptCase(
        "43 two systems",
        turns_line(("system", "a"), ("system", "b"), ("user", "c"), ("assistant", "d")),
        ",two_system,",
    ),
    KeptCase(
        "43 system in the middle", turns_line(("user", "a"), ("system", "b"), ("assistant", "d")), ",system_in_middle,"
    ),
    KeptCase("44 ends with the user", turns_line(("user", "a"), ("assistant", "b"), ("user", "c")), ",ends_with_user,"),
    KeptCase(
        "45 the same role twice", turns_line(("user", "a"), ("user", "b"), ("assistant", "c")), ",same_role_twice,"
    ),
    KeptCase(
        "45 assistant first", turns_line(("assistant", "a"), ("user", "b"), ("assistant", "c")), ",assistant_first,"
    ),
    KeptCase("46 an empty turn", turns_line(("user", "a"), ("assistant", "  ")), ",empty_turn,"),
    KeptCase("46 one message", turns_line(("user", "a")), ",one_message,ends_with_user,"),
    KeptCase("47 5,000 turns", turns_line(*[(("user", "assistant")[n % 2], f"turn {n}") for n in range(5000)])),
    KeptCase("51 direction marks", chat_line("\u202eabc\u200b")),
]


@pytest.mark.parametrize("case", KEPT, ids=lambda case: case.name)
def test_a_line_that_is_kept(tmp_path: Path, case: KeptCase) -> None:
    job = import_bytes(tmp_path, between(case.line))
    assert (job.state, counts(job)) == (Job.State.DONE, (3, 3, 0, 0))
    conversation = Conversation.objects.get(position=1)
    assert set(conversation.issues.split(",")) == set(case.issues.split(","))
    assert job.result["with_issue"] == bool(case.issues)


def test_03_a_byte_order_mark_is_stripped(tmp_path: Path) -> None:
    assert counts(import_bytes(tmp_path, b"\xef\xbb\xbf" + between())) == (2, 2, 0, 0)


def test_08_no_line_end_at_the_end(tmp_path: Path) -> None:
    assert counts(import_bytes(tmp_path, between().rstrip(b"\n"))) == (2, 2, 0, 0)


def test_09_text_is_stored_as_it_came(tmp_path: Path) -> None:
    import_bytes(tmp_path, chat_line("a\u2028b\x85c"))
    assert ConversationText.objects.get().message_list()[0]["content"] == "a\u2028b\x85c"


@pytest.mark.parametrize("case", ["10 one line past the limit", "32 a long string"])
def test_a_line_past_the_limit(tmp_path: Path, settings: Any, case: str) -> None:
    settings.LINE_LIMIT_BYTES = 100_000
    job = import_bytes(tmp_path, between(chat_line(answer="x" * 3_000_000)))
    assert counts(job) == (3, 2, 0, 1)
    assert "too long" in problems(job)[0]


def test_11_a_gzip_bomb_meets_the_output_limit(tmp_path: Path, settings: Any) -> None:
    settings.UNPACKED_LIMIT_BYTES = 1_000_000
    job = import_bytes(tmp_path, gzip.compress(b" " * 50_000_000), name="bomb.jsonl.gz")
    assert job.state == Job.State.FAILED
    assert "limit" in job.error
    assert not list((Path(configured.WINNOW_DATA) / "uploads").iterdir())


def test_12_a_truncated_gzip_is_never_called_complete(tmp_path: Path) -> None:
    content = b"".join(chat_line(f"question {number}", "x" * 200) + b"\n" for number in range(5000))
    whole = gzip.compress(content)
    job = import_bytes(tmp_path, whole[: len(whole) // 2], name="cut.jsonl.gz")
    source = source_of(job)
    assert source is not None
    assert (job.state, source.state) == (Job.State.FAILED, Source.State.INCOMPLETE)
    assert "cut off" in job.error
    lines, accepted, duplicates, rejected = counts(job)
    assert lines == accepted + duplicates + rejected
    assert 0 < accepted == Conversation.objects.filter(source=source).count() < 5000


@pytest.mark.parametrize("content", [b"[" + FIRST + b",\n" + LAST + b"]", b"[\n  " + FIRST + b"\n]"])
def test_14_a_whole_file_array_is_imported(tmp_path: Path, content: bytes) -> None:
    job = import_bytes(tmp_path, content, name="data.json")
    assert job.state == Job.State.DONE
    assert job.result["unit"] == "record"
    assert counts(job)[1] == content.count(b"messages")


def test_25_large_numbers_stay_exact(tmp_path: Path) -> None:
    import_bytes(tmp_path, chat_line(number=2**53 + 1, larger=2**63))
    metadata = ConversationText.objects.get().metadata
    assert (f"{2**53 + 1}" in metadata, f"{2**63}" in metadata) == (True, True)


def test_48_the_same_line_twice_is_a_duplicate(tmp_path: Path) -> None:
    job = import_bytes(tmp_path, between(FIRST, FIRST))
    assert counts(job) == (4, 2, 2, 0)
    assert problems(job) == ["line 2: duplicate of line 1", "line 3: duplicate of line 1"]


def test_49_forms_are_told_apart_line_by_line(tmp_path: Path) -> None:
    lines = [
        {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
        {"messages": [{"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]},
        {"instruction": "Add.", "input": "1 1", "output": "2"},
        [{"role": "user", "content": "e"}, {"role": "assistant", "content": "f"}],
    ]
    job = import_bytes(tmp_path, b"\n".join(json.dumps(line).encode() for line in lines))
    assert counts(job) == (4, 4, 0, 0)
    assert sorted(job.result["formats"].values()) == [1, 1, 1, 1]
    assert all(count == 1 for count in job.result["formats"].values())


@pytest.mark.parametrize("token", ["<|im_end|>", "<|assistant_start|>"])
def test_50_template_tokens_are_imported_and_flagged(tmp_path: Path, token: str) -> None:
    job = import_bytes(tmp_path, between(chat_line("tokens", f"Hello {token}")))
    flag = Flag.objects.get()
    assert counts(job) == (3, 3, 0, 0)
    assert job.result["flagged"] == 1
    assert (flag.reason.slug, flag.turn, token in flag.note) == ("formatting", 1, True)
    assert flag.conversation.issues == ""
