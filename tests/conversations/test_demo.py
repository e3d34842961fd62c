"""The demo data: its counts, its planted faults, and that its conversations have the shapes an import takes."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "webapp" / "conversations" / "demo"
REASONS = {
    "wrong-answer", "bad-reasoning", "unsafe", "personal-data", "off-topic",
    "formatting", "truncated", "duplicate", "language", "other",
}  # fmt: skip
ROLES = {"system", "user", "assistant"}
PART_TYPES = {"text", "python", "python_output", "reasoning", "tool_call", "tool_result"}
MENDABLE = {
    "Sticky rice": "same_role_twice",
    "Thank-you note to a teacher": "empty_turn",
    "Choosing a tent": "ends_with_user",
}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    lines = (FOLDER / "demo.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


@pytest.fixture(scope="module")
def faulty(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["planted"]]


def text_of(content: str | list[dict[str, str]]) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def issue_of(messages: list[dict[str, Any]]) -> str | None:
    """The format issue of a conversation of the demo data, which has one at most."""
    roles = [message["role"] for message in messages]
    if roles[0] == "system":
        roles = roles[1:]
    if any(first == second for first, second in pairwise(roles)):
        return "same_role_twice"
    if not all(text_of(message["content"]).strip() for message in messages):
        return "empty_turn"
    return "ends_with_user" if roles[-1] == "user" else None


def test_it_has_the_planned_counts(rows: list[Row], faulty: list[Row]) -> None:
    assert (len(rows), len(faulty)) == (65, 29)
    assert Counter(row["decision"] for row in rows) == {"approved": 12, "rejected": 4, None: 49}
    assert sum(row["flagged"] for row in rows) == 14


def test_each_line_has_the_same_keys_and_a_title_of_its_own(rows: list[Row]) -> None:
    assert {tuple(sorted(row)) for row in rows} == {("decision", "flagged", "messages", "planted", "title")}
    assert len({row["title"] for row in rows}) == len(rows)


def test_messages_have_known_roles_and_parts(rows: list[Row]) -> None:
    for message in [message for row in rows for message in row["messages"]]:
        assert list(message) == ["role", "content"]
        assert message["role"] in ROLES
        if isinstance(message["content"], list):
            assert message["role"] == "assistant"
            assert all(list(part) == ["type", "text"] for part in message["content"])
            assert {part["type"] for part in message["content"]} <= PART_TYPES


def test_every_type_of_part_occurs(rows: list[Row]) -> None:
    contents = [message["content"] for row in rows for message in row["messages"]]
    assert {part["type"] for content in contents if isinstance(content, list) for part in content} == PART_TYPES


def test_tool_calls_are_compact_json(rows: list[Row]) -> None:
    contents = [message["content"] for row in rows for message in row["messages"]]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    for text in [part["text"] for part in parts if part["type"] == "tool_call"]:
        call = json.loads(text)
        assert list(call) == ["name", "arguments"]
        assert text == json.dumps(call, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_is_planted_flagged_and_left_to_find(faulty: list[Row], reason: str) -> None:
    flagged = [row["flagged"] for row in faulty if row["planted"]["reason"] == reason]
    assert len(flagged) >= 2
    assert set(flagged) == {True, False}


def test_planted_faults_name_a_turn_and_say_what_is_wrong(faulty: list[Row]) -> None:
    for row in faulty:
        planted = row["planted"]
        assert sorted(planted) == ["note", "reason", "turn"]
        assert planted["reason"] in REASONS
        assert planted["turn"] is None or planted["turn"] in range(len(row["messages"]))
        assert planted["note"].endswith(".")


def test_good_ones_are_approved_and_faulty_ones_rejected(rows: list[Row]) -> None:
    for row in rows:
        assert not (row["decision"] == "approved" and row["planted"])
        assert not (row["decision"] == "rejected" and not row["flagged"])
        assert not (row["flagged"] and not row["planted"])


def test_only_the_planned_ones_have_a_format_issue(rows: list[Row]) -> None:
    issues = {row["title"]: issue_of(row["messages"]) for row in rows}
    assert {title: issue for title, issue in issues.items() if issue} == MENDABLE


def test_no_two_are_equal_so_that_none_is_skipped_as_a_duplicate(rows: list[Row]) -> None:
    assert len({json.dumps(row["messages"]) for row in rows}) == len(rows)


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "<|im_end|>"])
def test_odd_characters_stand_in_formatting_faults_only(rows: list[Row], character: str) -> None:
    holders = [row for row in rows if any(character in text_of(message["content"]) for message in row["messages"])]
    assert [row["planted"]["reason"] for row in holders] == ["formatting"]


def test_invisible_characters_are_escaped_in_the_file() -> None:
    text = (FOLDER / "demo.jsonl").read_text(encoding="utf-8")
    assert not set(text) & set("\u200b\u200c\u200d\u202a\u202b\u202c\u202d\u202e\ufeff")


def test_the_readme_lists_every_planted_fault(faulty: list[Row]) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    missing = [row["title"] for row in faulty if f"| {row['planted']['reason']} | {row['title']} |" not in readme]
    assert missing == []
