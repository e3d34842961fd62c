'''HumanEval: 164 Python functions to complete, each with tests.

https://huggingface.co/datasets/openai/openai_humaneval (MIT). A row, shortened:

    {"task_id": "HumanEval/23", "entry_point": "strlen",
     "prompt": "\\n\\ndef strlen(string: str) -> int:\\n    """ Return length of given string ... """\\n",
     "canonical_solution": "    return len(string)\\n",
     "test": "...\\n\\ndef check(candidate):\\n    assert candidate('') == 0\\n ..."}
'''

import re
from dataclasses import replace

from tasks_core.checks import check_choice, check_response
from tasks_core.common import Conversation
from tasks_core.errors import SandboxRefused
from tasks_core.hub import HubSource, HubTask, Row, text_of
from tasks_core.sandbox import Outcome, Sandbox, Verdict, shared_sandbox

__all__ = ["MODES", "HumanEval", "build_program", "extract_imports", "extract_program", "judge"]

PATH = "openai/openai_humaneval"
MODES = ("nanochat", "official")
FENCE_OR_DEFINITION = re.compile(r"```|^\s*(?:async )?def \w|^\s*class \w", re.MULTILINE)
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

    def evaluate(self, conversation: Conversation, response: str, *, mode: str = "nanochat") -> int:
        """Return 1 if the response's code passes the row's tests in the sandbox of this process, else 0.

        The modes are those of `build_program`.
        Raises SandboxRefused, a SandboxMissingError, where code cannot be run.
        """
        verdict = judge(conversation, response, mode=mode)
        if verdict.outcome is Outcome.INFRASTRUCTURE:
            raise SandboxRefused(verdict.detail)
        return int(verdict.passed)


def judge(
    conversation: Conversation, response: str, *, mode: str = "nanochat", sandbox: Sandbox | None = None
) -> Verdict:
    """Run a response's code against the row's tests and say how it ended; raises nothing for what the code does.

    Without `sandbox` the shared one of this process runs it. The modes are those of `build_program`.
    """
    head, code = _head(conversation, mode), extract_program(check_response(response))
    sandbox = sandbox or shared_sandbox()
    verdict = sandbox.judge(head=head, code=code, test=conversation["test"], entry_point=conversation["entry_point"])
    if verdict.outcome is Outcome.EXCEPTION and _is_prose(verdict, response):
        return replace(verdict, outcome=Outcome.NO_CODE, detail="There is no code in the response.")
    return verdict


def _is_prose(verdict: Verdict, response: str) -> bool:
    """Whether a response that Python cannot read was not meant for it: no code block, no definition."""
    return verdict.detail.startswith("SyntaxError") and not FENCE_OR_DEFINITION.search(response)


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
    head = _head(conversation, mode)
    code = extract_program(check_response(response))
    return f"{head}\n\n{code}\n\n{conversation['test']}\ncheck({conversation['entry_point']})"


def _head(conversation: Conversation, mode: str) -> str:
    check_choice("mode", mode, MODES)
    prompt: str = conversation["messages"][0]["content"]
    return prompt if mode == "official" else extract_imports(prompt)
