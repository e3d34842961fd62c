"""A small folder laid out like the hub: a few made-up rows of every dataset, in the hub's own columns."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]

COLUMNS = ("A", "B", "C", "D")
SUBJECTS_USED = ("anatomy", "virology", "sociology")


def write_split(hub: Path, path: str, folder: str, split: str, rows: list[Row], *, files: int = 1) -> list[Path]:
    """Write rows as `<split>-0000i-of-0000n.parquet`, in order, and return the files."""
    target = hub / path / folder
    target.mkdir(parents=True, exist_ok=True)
    size = -(-len(rows) // files)
    written = []
    for number in range(files):
        file = target / f"{split}-{number:05}-of-{files:05}.parquet"
        pq.write_table(pa.Table.from_pylist(rows[number * size : (number + 1) * size]), file)
        written.append(file)
    return written


def write_card(hub: Path, path: str, folders: dict[str, list[str]]) -> None:
    """Write the dataset's README.md, which tells the hub's clients which files belong to which config."""
    lines = ["---", "configs:"]
    for folder, splits in folders.items():
        lines += [f"- config_name: {'default' if folder == 'data' else folder}", "  data_files:"]
        for split in splits:
            lines += [f"  - split: {split}", f"    path: {folder}/{split}-*"]
    (hub / path / "README.md").write_text("\n".join([*lines, "---", ""]))


def arc_rows(count: int) -> list[Row]:
    """Rows of allenai/ai2_arc, every fifth with digits as labels and every seventh with three choices."""
    return [_arc_row(number) for number in range(count)]


def _arc_row(number: int) -> Row:
    labels = list("1234" if number % 5 == 0 else "ABCD")[: 3 if number % 7 == 0 else 4]
    texts = [f"thing {number}-{label}" for label in labels]
    return {
        "id": f"Q{number}",
        "question": f"Which thing is number {number}?",
        "choices": {"text": texts, "label": labels},
        "answerKey": labels[number % len(labels)],
    }


def mmlu_rows(count: int, *, subjects: tuple[str, ...] = SUBJECTS_USED) -> list[Row]:
    """Rows of cais/mmlu with the subjects in turn."""
    return [
        {
            "question": f"Question {number}?",
            "subject": subjects[number % len(subjects)],
            "choices": [f"{number}{letter}" for letter in COLUMNS],
            "answer": number % 4,
        }
        for number in range(count)
    ]


def gsm8k_rows(count: int) -> list[Row]:
    """Rows of openai/gsm8k, each with two calls of the calculator."""
    return [
        {
            "question": f"Ann has {number} nuts and gets 2 more, then twice as many. How many?",
            "answer": f"First {number}+2 = <<{number}+2={number + 2}>>{number + 2}.\n"
            f"Then twice: <<2*{number + 2}={2 * number + 4}>>{2 * number + 4}.\n#### {2 * number + 4:,}",
        }
        for number in range(count)
    ]


def humaneval_rows(count: int) -> list[Row]:
    """Rows of openai/openai_humaneval."""
    return [
        {
            "task_id": f"HumanEval/{number}",
            "prompt": f'from typing import List\n\n\ndef add{number}(x: int) -> int:\n    """Add {number}."""\n',
            "canonical_solution": f"    return x + {number}\n",
            "test": f"def check(candidate):\n    assert candidate(1) == {number + 1}\n",
            "entry_point": f"add{number}",
        }
        for number in range(count)
    ]


def smoltalk_rows(count: int) -> list[Row]:
    """Rows of HuggingFaceTB/smol-smoltalk, every fourth with a system message."""
    rows = []
    for number in range(count):
        messages = [
            {"content": f"Hello {number}", "role": "user"},
            {"content": f"Hi, I am {number}. Ünïcode ✓", "role": "assistant"},
        ]
        if number % 4 == 0:
            messages.insert(0, {"content": "Be kind.", "role": "system"})
        rows.append({"messages": messages, "source": "made-up"})
    return rows


def write_hub(hub: Path) -> None:
    """Write every dataset that a task reads."""
    for subset, count in (("ARC-Easy", 40), ("ARC-Challenge", 23)):
        for split in ("train", "validation", "test"):
            write_split(hub, "allenai/ai2_arc", subset, split, arc_rows(count + len(split)))
    splits = ["train", "validation", "test"]
    write_card(hub, "allenai/ai2_arc", {"ARC-Easy": splits, "ARC-Challenge": splits})
    for split in ("validation", "dev", "test"):
        write_split(hub, "cais/mmlu", "all", split, mmlu_rows(30 + len(split)))
    auxiliary = mmlu_rows(20, subjects=("",))
    write_split(hub, "cais/mmlu", "all", "auxiliary_train", auxiliary)
    write_split(hub, "cais/mmlu", "auxiliary_train", "train", [{"train": row} for row in auxiliary])
    splits = ["auxiliary_train", "validation", "dev", "test"]
    write_card(hub, "cais/mmlu", {"all": splits, "auxiliary_train": ["train"]})
    for subset, count in (("main", 1300), ("socratic", 31)):
        write_split(hub, "openai/gsm8k", subset, "train", gsm8k_rows(count))
        write_split(hub, "openai/gsm8k", subset, "test", gsm8k_rows(count // 3))
    write_card(hub, "openai/gsm8k", {"main": ["train", "test"], "socratic": ["train", "test"]})
    write_split(hub, "openai/openai_humaneval", "openai_humaneval", "test", humaneval_rows(9))
    write_card(hub, "openai/openai_humaneval", {"openai_humaneval": ["test"]})
    write_split(hub, "HuggingFaceTB/smol-smoltalk", "data", "train", smoltalk_rows(50), files=4)
    write_split(hub, "HuggingFaceTB/smol-smoltalk", "data", "test", smoltalk_rows(12))
    write_card(hub, "HuggingFaceTB/smol-smoltalk", {"data": ["train", "test"]})
