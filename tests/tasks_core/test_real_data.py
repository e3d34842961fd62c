"""The tasks on the real data; collected only where TASKS_CORE_HUB and TASKS_CORE_WORDS name it.

What the original gives is computed here row by row, the slow and obvious way.
"""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest

from tasks_core.common import Conversation, TaskMixture, TaskSequence, render_mc
from tasks_core.humaneval import MODES, judge
from tasks_core.lowering import Lowered, lower
from tasks_core.registry import build
from tasks_core.sandbox import Outcome, Profile, Sandbox
from tests.tasks_core.conftest import REAL_HUB, REAL_WORDS
from tests.tasks_core.sandboxes import profiles

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _real_data(monkeypatch: pytest.MonkeyPatch, own_cache: None) -> None:
    """Name the real data again, which other tests must not see."""
    monkeypatch.setenv("TASKS_CORE_HUB", str(REAL_HUB))
    monkeypatch.setenv("TASKS_CORE_WORDS", str(REAL_WORDS))


def rows_of(path: str, folder: str, split: str) -> list[Row]:
    """The rows as `load_dataset(...).shuffle(seed=42)` gives them."""
    files = sorted(str(file) for file in Path(str(REAL_HUB), path, folder).glob(f"{split}-*.parquet"))
    dataset = datasets.load_dataset("parquet", data_files={split: files}, split=split)
    return list(dataset.shuffle(seed=42))


def arc(row: Row) -> Conversation:
    letters, texts = row["choices"]["label"], row["choices"]["text"]
    return said(render_mc(row["question"], letters, texts), row["answerKey"], letters=letters)


def mmlu(row: Row) -> Conversation:
    row = row.get("train", row)
    letters = ("A", "B", "C", "D")
    question = render_mc(row["question"], letters, row["choices"])
    return said(question, letters[row["answer"]], subject=row["subject"], letters=letters)


def gsm8k(row: Row) -> Conversation:
    parts = []
    for piece in re.split(r"(<<[^>]+>>)", row["answer"]):
        if piece.startswith("<<") and piece.endswith(">>"):
            inner = piece[2:-2]
            call, result = inner.rsplit("=", 1) if "=" in inner else (inner, "")
            parts += [{"type": "python", "text": call}, {"type": "python_output", "text": result}]
        else:
            parts.append({"type": "text", "text": piece})
    return said(row["question"], parts)


def humaneval(row: Row) -> Conversation:
    whole = f"{row['prompt']}\n{row['canonical_solution']}"
    return said(row["prompt"], whole, entry_point=row["entry_point"], test=row["test"])


def smoltalk(row: Row) -> Conversation:
    return {"messages": row["messages"]}


def said(question: str, answer: Any, **more: Any) -> Conversation:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], **more}


def case(name: str, make: Callable[[Row], Conversation], path: str, folder: str, split: str, **more: str) -> Any:
    values = more | ({} if name == "humaneval" else {"split": split})
    return pytest.param(name, values, make, (path, folder, split), id=f"{name}-{folder}-{split}")


CASES = [
    *(
        case("arc", arc, "allenai/ai2_arc", subset, split, subset=subset)
        for subset in ("ARC-Easy", "ARC-Challenge")
        for split in ("train", "validation", "test")
    ),
    *(
        case("mmlu", mmlu, "cais/mmlu", "all", split, subset="all")
        for split in ("auxiliary_train", "validation", "dev", "test")
    ),
    case("mmlu", mmlu, "cais/mmlu", "auxiliary_train", "train", subset="auxiliary_train"),
    *(
        case("gsm8k", gsm8k, "openai/gsm8k", subset, split, subset=subset)
        for subset in ("main", "socratic")
        for split in ("train", "test")
    ),
    case("humaneval", humaneval, "openai/openai_humaneval", "openai_humaneval", "test"),
    *(case("smoltalk", smoltalk, "HuggingFaceTB/smol-smoltalk", "data", split) for split in ("train", "test")),
]


@pytest.mark.parametrize(("name", "values", "make", "source"), CASES)
def test_every_conversation_is_that_of_the_original(
    name: str, values: dict[str, str], make: Callable[[Row], Conversation], source: tuple[str, str, str]
) -> None:
    expected = [make(row) for row in rows_of(*source)]
    task = build(name, **values)
    assert list(map(repr, task)) == list(map(repr, expected))
    assert repr(task[-1]) == repr(expected[-1])
    assert list(build(name, **values, start=10, stop=-10, step=7)) == expected[10:-10:7]


@pytest.mark.parametrize("split", ["validation", "dev", "test"])
def test_a_subject_is_its_rows_among_all(split: str) -> None:
    everything = list(build("mmlu", subset="all", split=split))
    for subject in ("abstract_algebra", "virology"):
        expected = [found for found in everything if found["subject"] == subject]
        assert list(build("mmlu", subset="all", split=split, subject=subject)) == expected


def test_a_mixture_is_the_shuffled_list_of_pairs() -> None:
    tasks = [build("gsm8k", split="test"), build("arc", split="validation"), build("smoltalk", split="test", step=3)]
    tasks.append(tasks[0])
    pairs = [(task, index) for task in tasks for index in range(len(task))]
    sequence = [task[index] for task, index in pairs]
    assert list(TaskSequence(tasks)) == sequence
    random.Random(42).shuffle(pairs)
    mixture = [task[index] for task, index in pairs]
    assert list(TaskMixture(tasks)) == mixture
    assert list(TaskMixture(tasks, start=100, stop=900, step=9)) == mixture[100:900:9]


@pytest.mark.parametrize("split", ["train", "test"])
def test_words_letters_and_counts_are_those_of_the_seeds(split: str) -> None:
    words = [line.strip() for line in Path(str(REAL_WORDS)).read_text().splitlines()]
    shuffled = words[:]
    random.Random(42).shuffle(shuffled)
    bee = build("spellingbee", split=split, size=500)
    simple = build("simplespelling", split=split, size=500)
    for index in range(500):
        seed = index if split == "train" else 10_000_000 + index
        draws = random.Random(seed)
        word = draws.choice(words)
        letter = draws.choice(word) if draws.random() < 0.9 else draws.choice("abcdefghijklmnopqrstuvwxyz")
        parts = bee[index]["messages"][1]["content"]
        assert parts[2]["text"] == f"'{word}'.count('{letter}')"
        assert parts[3]["text"] == str(word.count(letter))
        assert parts[4]["text"].endswith(f"\n#### {word.count(letter)}")
        other = random.Random(seed).choice(shuffled)
        assert simple[index] == said(f"Spell the word: {other}", f"{other}:{','.join(other)}")


@pytest.mark.parametrize("subset", ["main", "socratic"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_lowering_gives_gsm8k_its_original_answers_back(subset: str, split: str) -> None:
    rows = rows_of("openai/gsm8k", subset, split)
    for row, conversation in zip(rows, build("gsm8k", subset=subset, split=split), strict=True):
        result = lower(conversation["messages"])
        assert isinstance(result, Lowered)
        assert result.messages == said(row["question"], row["answer"])["messages"]
        assert set(result.changes) <= {"tool_notation", "parts_joined"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)
def test_every_reference_solution_of_humaneval_passes(profile: Profile, mode: str) -> None:
    with Sandbox(profile=profile) as sandbox:
        for conversation in build("humaneval"):
            prompt, right = (message["content"] for message in conversation["messages"])
            verdict = judge(conversation, right, mode=mode, sandbox=sandbox)
            assert verdict.passed, (conversation["entry_point"], verdict)
            wrong = judge(conversation, f"{prompt}\n    return None", mode=mode, sandbox=sandbox)
            assert wrong.outcome in (Outcome.ASSERTION, Outcome.EXCEPTION), (conversation["entry_point"], wrong)
