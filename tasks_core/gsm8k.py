"""GSM8K: about 8,800 grade school word problems, solved step by step with a calculator.

https://huggingface.co/datasets/openai/gsm8k (MIT). A row:

    {"question": "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in
                  May. How many clips did Natalia sell altogether in April and May?",
     "answer": "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\\nNatalia sold 48+24 = <<48+24=72>>72 clips
                altogether in April and May.\\n#### 72"}

`<<48/2=24>>` is a call of the calculator and its result; the number behind `#### ` is the answer.
"""

import re

from tasks_core.answers import extract_answer, score_number
from tasks_core.checks import check_choice
from tasks_core.common import Conversation
from tasks_core.hub import HubSource, HubTask, Row, text_of

__all__ = ["GSM8K", "call_notation", "extract_answer", "split_answer"]

PATH = "openai/gsm8k"
SUBSETS = ("main", "socratic")
SPLITS = ("train", "test")
CALL = re.compile(r"(<<[^>]+>>)")


class GSM8K(HubTask):
    """Conversations of one problem and its solution, the solution as a list of parts."""

    eval_type = "generative"

    def __init__(
        self,
        subset: str,
        split: str,
        *,
        start: int | None = 0,
        stop: int | None = None,
        step: int | None = 1,
    ) -> None:
        check_choice("subset", subset, SUBSETS)
        check_choice("split", split, SPLITS)
        source = HubSource(PATH, subset, folder=subset, split=split)
        super().__init__(source, ("question", "answer"), start=start, stop=stop, step=step)

    def conversation(self, row: Row) -> Conversation:
        """Return the problem, and its solution as parts."""
        messages = [
            {"role": "user", "content": text_of(row, "question")},
            {"role": "assistant", "content": split_answer(text_of(row, "answer"))},
        ]
        return {"messages": messages}

    def evaluate(self, conversation: Conversation, response: str) -> int:
        """Compare the numbers behind `#### `; a response without one scores 0."""
        return score_number(conversation, response)


def split_answer(answer: str) -> list[dict[str, str]]:
    """Return an answer's parts: text, and for each `<<call=result>>` a `python` and a `python_output` part.

    The last `=` parts the call from its result; without one the result is empty. Empty texts are kept.
    """
    parts = []
    for number, piece in enumerate(CALL.split(answer)):
        if number % 2 == 0:
            parts.append({"type": "text", "text": piece})
            continue
        call, equals, result = piece[2:-2].rpartition("=")
        parts.append({"type": "python", "text": call if equals else result})
        parts.append({"type": "python_output", "text": result if equals else ""})
    return parts


def call_notation(call: str, result: str) -> str | None:
    """Return `<<call=result>>`, from which `split_answer` gets both back; None where no notation gives them.

    A call without result is written `<<call>>`, as it was read, unless it has a `=` itself or is empty.
    """
    inner = call if not result and call and "=" not in call else f"{call}={result}"
    if ">" in inner or "=" in result:
        return None
    return f"<<{inner}>>"
