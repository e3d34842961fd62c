'''HumanEval: 164 Python functions to complete, each with tests.

https://huggingface.co/datasets/openai/openai_humaneval (MIT). A row, shortened:

    {"task_id": "HumanEval/23", "entry_point": "strlen",
     "prompt": "\\n\\ndef strlen(string: str) -> int:\\n    """ Return length of given string ... """\\n",
     "canonical_solution": "    return len(string)\\n",
     "test": "...\\n\\ndef check(candidate):\\n    assert candidate('') == 0\\n ..."}
'''

import re

from tasks_core.checks import check_choice, check_response
from tasks_core.common import Conversation
from tasks_core.errors import SandboxMissingError
from tasks_core.hub import HubSource, HubTask, Row, text_of

__all__ = ["MODES", "HumanEval", "build_program", "extract_imports", "extract_program"]

PATH = "openai/openai_humaneval"
MODES = ("nanochat", "official")
FENCE = re.compile(r"```(?:python)?\s*\n(.*?)\n```", re.DOTALL)


class HumanEval(HubTask):
    """Conversations of one unfinished function and the whole one, with `entry_point` and `test`."""

    eval_type = "generative"

    def __init__(self, *, start: int | None = 0, stop: int | None = None, step: int | None = 1) -> None:
        source = HubSource(PATH, None, folder="openai_humaneval", split="test")
        columns = ("prompt", "canonical_solution", "test", "entry_point")
        super().__init__(source, columns, start=start, stop=stop, step=step)

    def conversation(self, row: Row) -> Conversation:
        """Return the head of the function, and the whole function."""
        prompt = text_of(row, "prompt")
        messages = [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": f"{prompt}\n{text_of(row, 'canonical_solution')}"},
        ]
        return {
            "messages": messages,
            "entry_point": text_of(row, "entry_point"),
            "test": text_of(row, "test"),
        }

    def evaluate(self, conversation: Conversation, response: str) -> int:
        """Raises SandboxMissingError: the response is code, and nothing here runs it safely."""
        raise SandboxMissingError(
            "HumanEval runs code that a model wrote, which needs the sandbox; this version does not have it"
        )


def extract_imports(prompt: str) -> str:
    """Return the import lines at the head of `prompt`, where only comments and blank lines may stand between."""
    imports = []
    for line in map(str.strip, prompt.split("\n")):
        if line.startswith(("import ", "from ")):
            imports.append(line)
        elif line and not line.startswith("#"):
            break
    return "\n".join(imports)


def extract_program(response: str) -> str:
    """Return the first fenced code block of a response, or all of it where there is none, stripped."""
    block = FENCE.search(response)
    return (block.group(1) if block else response).strip()


def build_program(conversation: Conversation, response: str, *, mode: str = "nanochat") -> str:
    """Return the Python program that tests a response; running it raises nothing if the response is right.

    Mode `nanochat` puts the prompt's imports in front, `official` the whole prompt, so that the helpers that
    it defines exist (HumanEval/32, /38 and /50 need theirs).
    """
    check_choice("mode", mode, MODES)
    prompt = conversation["messages"][0]["content"]
    head = prompt if mode == "official" else extract_imports(prompt)
    code = extract_program(check_response(response))
    return f"{head}\n\n{code}\n\n{conversation['test']}\ncheck({conversation['entry_point']})"
