"""ARC: science questions of school exams with three to five choices, in an easy and a hard set.

https://huggingface.co/datasets/allenai/ai2_arc (CC BY-SA 4.0). A row:

    {"id": "MCAS_2000_4_6", "question": "Which technology was developed most recently?",
     "choices": {"text": ["cellular telephone", "television", "refrigerator", "airplane"],
                 "label": ["A", "B", "C", "D"]},
     "answerKey": "A"}
"""

from tasks_core.answers import score_letter
from tasks_core.checks import check_choice
from tasks_core.common import Conversation, render_mc
from tasks_core.errors import BadRowError
from tasks_core.hub import HubSource, HubTask, Row, text_of, texts_of

__all__ = ["ARC"]

PATH = "allenai/ai2_arc"
SUBSETS = ("ARC-Easy", "ARC-Challenge")
SPLITS = ("train", "validation", "test")


class ARC(HubTask):
    """Conversations of one question and its letter; `letters` holds the row's labels (A to D, or 1 to 4)."""

    eval_type = "categorical"

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
        super().__init__(source, ("question", "choices", "answerKey"), start=start, stop=stop, step=step)

    def conversation(self, row: Row) -> Conversation:
        """Return the question with its choices, and the letter of the right one."""
        letters = texts_of(row["choices"], "label")
        choices = texts_of(row["choices"], "text")
        answer = text_of(row, "answerKey")
        if answer not in letters:
            raise BadRowError(f"the answer {answer!r} is none of the labels {', '.join(letters)}")
        if len(letters) != len(choices):
            raise BadRowError(f"{len(letters)} labels for {len(choices)} choices")
        messages = [
            {"role": "user", "content": render_mc(text_of(row, "question"), letters, choices)},
            {"role": "assistant", "content": answer},
        ]
        return {"messages": messages, "letters": letters}

    def evaluate(self, conversation: Conversation, response: str) -> int:
        """Compare letters; raises BadArgumentError if the response is none of the conversation's `letters`."""
        return score_letter(conversation, response)
