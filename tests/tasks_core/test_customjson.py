"""CustomJSON: what it takes, and what it says about every line that it does not."""

import json
import os
import pickle
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_core import customjson
from tasks_core.customjson import CustomJSON, check_line, check_messages
from tasks_core.errors import BadLineError, MissingFileError, NoEvaluationError

USER = {"role": "user", "content": "Hi"}
ASSISTANT = {"role": "assistant", "content": "Hello"}
GOOD = [USER, ASSISTANT]


@pytest.fixture(params=["with msgspec", "without msgspec"], autouse=True)
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test holds where msgspec is missing, too."""
    if request.param == "without msgspec":
        monkeypatch.setattr(customjson, "is_plain_line", lambda content: False)


def write(folder: Path, *lines: object) -> Path:
    """Write lines, as JSON where they are not text or bytes already."""
    path = folder / "conversations.jsonl"
    encoded = [
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    ]
    path.write_bytes(b"\n".join(encoded))
    return path


def test_conversations_come_in_file_order_with_all_their_keys(tmp_path: Path) -> None:
    more = [USER | {"name": "Ann"}, ASSISTANT, {"content": "Ünïcode ✓ \u2028 \x85", "role": "user"}]
    task = CustomJSON(filepath=write(tmp_path, GOOD, "", more, "   ", GOOD))
    assert len(task) == 3
    assert list(task) == [{"messages": GOOD}, {"messages": more}, {"messages": GOOD}]
    assert list(task[1]["messages"][2]) == ["content", "role"]
    assert list(CustomJSON(task.filepath, start=1)) == [{"messages": more}, {"messages": GOOD}]
    assert list(CustomJSON.check(task.filepath)) == []


def test_an_empty_file_has_no_conversations(tmp_path: Path) -> None:
    assert len(CustomJSON(write(tmp_path))) == 0
    assert len(CustomJSON(write(tmp_path, "", "\t", "\u00a0"))) == 0


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_python_reads_them(tmp_path: Path, end: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(end.join([json.dumps(GOOD), "", json.dumps(GOOD), "{", json.dumps(GOOD)]).encode())
    assert [problem.line for problem in CustomJSON.check(path)] == [4]
    path.write_bytes(end.join([json.dumps(GOOD), "", json.dumps([*GOOD, USER])]).encode())
    assert [len(conversation["messages"]) for conversation in CustomJSON(path)] == [2, 3]


def test_it_has_no_evaluation(tmp_path: Path) -> None:
    task = CustomJSON(write(tmp_path, GOOD))
    assert task.eval_type is None
    with pytest.raises(NoEvaluationError, match="CustomJSON has no evaluation"):
        task.evaluate(task[0], "")


BAD_LINES: list[tuple[Any, str]] = [
    ("{", "not JSON: Expecting property name enclosed in double quotes (character 2)"),
    (json.dumps(GOOD) + " x", "not JSON: Extra data (character 80)"),
    ("\ufeff" + json.dumps(GOOD), "starts with a byte order mark; save the file as UTF-8 without one"),
    (b"[\xff]", "not UTF-8 text (byte 2 of the line)"),
    ("[" * 100_000, "nested too deep"),
    ("[" + "9" * 5000 + "]", "not readable: Exceeds the limit (4300 digits) for integer string conversion"),
    ('[{"role":"user","content":"a\tb"}]', "not JSON: Invalid control character (character 29)"),
    ({"messages": GOOD}, "not a list of messages but an object"),
    (None, "not a list of messages but null"),
    ("3", "not a list of messages but a number"),
    ('"text"', "not a list of messages but text"),
    ("true", "not a list of messages but true or false"),
    ([], "0 messages; at least 2 are needed"),
    ([USER], "1 messages; at least 2 are needed"),
    ([USER, "Hello"], "message 2: not an object but text"),
    ([{"content": "Hi"}, ASSISTANT], "message 1: no role"),
    ([{"role": "user"}, ASSISTANT], "message 1: no content"),
    ([ASSISTANT, USER], "message 1: the role is 'assistant' where 'user' is due"),
    ([USER, USER], "message 2: the role is 'user' where 'assistant' is due"),
    ([{"role": "system", "content": "x"}, USER], "message 1: the role is 'system' where 'user' is due"),
    ([USER, ASSISTANT, ASSISTANT], "message 3: the role is 'assistant' where 'user' is due"),
    ([USER, {"role": "assistant", "content": None}], "message 2: the content is null, not text"),
    ([USER, {"role": "assistant", "content": 1.5}], "message 2: the content is a number, not text"),
    ([USER, {"role": "assistant", "content": []}], "message 2: the content is a list, not text"),
    ([USER, {"role": ["assistant"], "content": ""}], "message 2: the role is ['assistant'] where 'assistant' is due"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES)
def test_a_bad_line_is_an_error_with_file_line_and_reason(tmp_path: Path, line: Any, reason: str) -> None:
    path = write(tmp_path, GOOD, "", line if isinstance(line, bytes | str) else json.dumps(line), GOOD)
    with pytest.raises(BadLineError) as caught:
        CustomJSON(path)
    assert caught.value.path == str(path)
    assert caught.value.line == 3
    assert caught.value.reason.startswith(reason)
    assert str(caught.value).startswith(f"{path}, line 3: {reason}")
    assert list(CustomJSON.check(path)) == [(3, caught.value.reason)]
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_check_goes_on_to_the_end(tmp_path: Path) -> None:
    lines = [line if isinstance(line, bytes | str) else json.dumps(line) for line, _ in BAD_LINES]
    problems = list(CustomJSON.check(write(tmp_path, GOOD, *lines, GOOD)))
    assert [problem.line for problem in problems] == list(range(2, len(BAD_LINES) + 2))
    for problem, (_, reason) in zip(problems, BAD_LINES, strict=True):
        assert problem.reason.startswith(reason)


def test_what_json_takes_is_taken(tmp_path: Path) -> None:
    odd = [
        '[{"role":"user","role":"user","content":"x"},{"role":"assistant","content":"\\ud800"}]',
        '[{"role":"user","content":"","n":NaN},{"role":"assistant","content":"a\\/b","big":1e400}]',
        ' [ {"role" : "user" , "content":"x"} , {"role":"assistant","content":"y"} ] \t',
    ]
    task = CustomJSON(write(tmp_path, *odd))
    assert [conversation["messages"][1]["content"] for conversation in task] == ["\ud800", "a/b", "y"]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none[.]jsonl cannot be opened: No such file") as caught:
        CustomJSON(tmp_path / "none.jsonl")
    assert isinstance(caught.value, MissingFileError)
    with pytest.raises(MissingFileError, match="Is a directory"):
        list(CustomJSON.check(tmp_path))


def test_a_file_that_is_replaced_later_is_still_the_one_that_was_checked(tmp_path: Path) -> None:
    task = CustomJSON(write(tmp_path, GOOD, GOOD))
    other = tmp_path / "other"
    other.write_text("[]")
    stored = pickle.dumps(task)
    assert pickle.loads(stored)[1] == {"messages": GOOD}
    other.replace(task.filepath)
    assert task[1] == {"messages": GOOD}
    with pytest.raises(MissingFileError, match="has changed since it was opened"):
        pickle.loads(stored)[1]


def test_a_file_that_is_cut_short_later_is_an_error(tmp_path: Path) -> None:
    task = CustomJSON(write(tmp_path, GOOD, GOOD))
    os.truncate(task.filepath, 50)
    with pytest.raises(MissingFileError, match="has been cut short"):
        task[1]


def test_memory_does_not_grow_with_the_texts(tmp_path: Path) -> None:
    path = write(tmp_path, *[json.dumps([USER | {"content": "x" * 10_000}, ASSISTANT])] * 1000)
    CustomJSON(path)
    tracemalloc.start()
    task = CustomJSON(path)
    assert sum(1 for _ in task) == 1000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_the_fingerprint_is_that_of_the_file(tmp_path: Path) -> None:
    task = CustomJSON(write(tmp_path, GOOD))
    assert re.fullmatch("sha256:[0-9a-f]{64}", task.fingerprint)
    assert task.fingerprint != CustomJSON(write(tmp_path, GOOD, GOOD)).fingerprint


MESSAGE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["user", "assistant", "system", None]),
        "content": st.sampled_from(["", "x", "Ü", None, [], 1]),
        "id": st.integers(),
    },
)


@given(st.lists(MESSAGE | st.sampled_from(GOOD), max_size=4))
def test_messages_and_lines_are_judged_alike(messages: list[Any]) -> None:
    reason = check_messages(messages)
    assert check_line(json.dumps(messages).encode()) == reason
    expected = len(messages) > 1 and all(
        message.get("role") == ("user", "assistant")[number % 2] and isinstance(message.get("content"), str)
        for number, message in enumerate(messages)
    )
    assert (reason is None) == expected


def test_something_that_is_not_json_is_named() -> None:
    assert check_messages((1, 2)) == "not a list of messages but something of type tuple"
