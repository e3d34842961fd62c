"""All tasks with their parameters: enough to make a web form, an API schema or a command from it.

from tasks_core.registry import TASKS, build

for info in TASKS.values():
    print(info.name, info.source, [parameter.name for parameter in info.parameters])
task = build("gsm8k", subset="main", split="train", stop=100)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tasks_core import arc, customjson, gsm8k, humaneval, mmlu, smoltalk, spellingbee
from tasks_core.checks import check_choice
from tasks_core.common import Task
from tasks_core.errors import BadArgumentError
from tasks_core.spellingbee import SPLITS
from tasks_core.words import WORD_LIST_URL, WORDS_VARIABLE

__all__ = ["TASKS", "Parameter", "TaskInfo", "Value", "build", "get_task"]

Value = str | int | None
HUB_ADDRESS = "https://huggingface.co/datasets/"


@dataclass(frozen=True)
class Parameter:
    """A parameter of a task.

    `choices` are all values ever allowed for a "choice"; where those depend on another parameter, `depends_on`
    names it and `choices_for` gives the allowed ones for each of its values. A "path" is a file on this machine.
    """

    name: str
    kind: Literal["choice", "integer", "path"]
    help: str
    default: Value = None
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    depends_on: str | None = None
    choices_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def clean(self, value: object) -> Value:
        """Return the value with its type; text of digits is an integer, empty text is the default."""
        if value is None or value == "":
            if self.required:
                raise BadArgumentError(f"{self.name} is missing: {self.help}")
            return self.default
        if self.kind == "integer":
            return self._clean_integer(value)
        if self.kind == "choice":
            check_choice(self.name, value, self.choices)
        return str(value)

    def _clean_integer(self, value: object) -> int:
        try:
            number = int(value) if isinstance(value, str) else value.__index__()  # type: ignore[attr-defined]
        except (ValueError, AttributeError):
            raise BadArgumentError(f"{self.name} is {value!r}; allowed: integers") from None
        if self.minimum is not None and number < self.minimum:
            raise BadArgumentError(f"{self.name} is {number}; allowed: {self.minimum} and more")
        return int(number)


@dataclass(frozen=True)
class TaskInfo:
    """A task: what it is, where its data are from, how it is scored, and what it takes."""

    name: str
    title: str
    summary: str
    source: str
    source_url: str
    eval_type: str | None
    factory: Callable[..., Task]
    parameters: tuple[Parameter, ...]

    def clean(self, values: Mapping[str, object]) -> dict[str, Value]:
        """Return all parameters with type and default; raise BadArgumentError for an unknown or a bad one."""
        names = [parameter.name for parameter in self.parameters]
        for name in values:
            if name not in names:
                raise BadArgumentError(f"{self.name} has no parameter {name!r}; allowed: {', '.join(names)}")
        cleaned = {parameter.name: parameter.clean(values.get(parameter.name)) for parameter in self.parameters}
        for parameter in self.parameters:
            self._check_dependent(parameter, cleaned)
        return cleaned

    def _check_dependent(self, parameter: Parameter, cleaned: Mapping[str, Value]) -> None:
        value = cleaned[parameter.name]
        if parameter.depends_on is None or value is None:
            return
        other = cleaned[parameter.depends_on]
        allowed = parameter.choices_for[str(other)]
        if not allowed:
            raise BadArgumentError(f"{parameter.name} cannot be given where {parameter.depends_on} is {other}")
        check_choice(parameter.name, value, allowed)

    def build(self, **values: object) -> Task:
        """Return the task with these parameters, checked first."""
        return self.factory(**self.clean(values))


def build(name: str, **values: object) -> Task:
    """Return the task called `name` with these parameters; raise BadArgumentError for what is not allowed."""
    return get_task(name).build(**values)


def get_task(name: str) -> TaskInfo:
    """Return what is known of the task called `name`; raise BadArgumentError naming all tasks if there is none."""
    check_choice("task", name, tuple(TASKS))
    return TASKS[name]


def _split(choices: tuple[str, ...], **more: Any) -> Parameter:
    return Parameter("split", "choice", "Which split of the dataset.", choices[0], choices=choices, **more)


def _subset(choices: tuple[str, ...]) -> Parameter:
    return Parameter("subset", "choice", "Which part of the dataset.", choices[0], choices=choices)


_SLICE = (
    Parameter("start", "integer", "First example, as in a Python slice; negative counts from the end.", 0),
    Parameter("stop", "integer", "Example to stop before, as in a Python slice; empty for all."),
    Parameter("step", "integer", "2 takes every second example, as in a Python slice; not 0.", 1),
)

_SPELLING = (
    Parameter("size", "integer", "How many examples to make.", 1000, minimum=0),
    Parameter("split", "choice", "Which examples: no seed of one split is in the other.", "train", choices=SPLITS),
    Parameter("words", "path", f"A file with one word a line; empty for {WORDS_VARIABLE} or the download."),
)

_MMLU_SPLITS = tuple(dict.fromkeys(split for splits in mmlu.SPLITS_OF.values() for split in splits))

_INFOS = (
    TaskInfo(
        name="arc",
        title="ARC",
        summary="Science questions of school exams with three to five choices.",
        source=arc.PATH,
        source_url=HUB_ADDRESS + arc.PATH,
        eval_type=arc.ARC.eval_type,
        factory=arc.ARC,
        parameters=(_subset(arc.SUBSETS), _split(arc.SPLITS), *_SLICE),
    ),
    TaskInfo(
        name="mmlu",
        title="MMLU",
        summary="Multiple-choice questions of 57 subjects from school to profession.",
        source=mmlu.PATH,
        source_url=HUB_ADDRESS + mmlu.PATH,
        eval_type=mmlu.MMLU.eval_type,
        factory=mmlu.MMLU,
        parameters=(
            _subset(mmlu.SUBSETS),
            Parameter(
                "split",
                "choice",
                "Which split of the dataset.",
                "validation",
                choices=_MMLU_SPLITS,
                depends_on="subset",
                choices_for=mmlu.SPLITS_OF,
            ),
            Parameter(
                "subject",
                "choice",
                "One subject alone; empty for all.",
                choices=mmlu.SUBJECTS,
                depends_on="split",
                choices_for={split: mmlu.subjects_of(split) for split in _MMLU_SPLITS},
            ),
            *_SLICE,
        ),
    ),
    TaskInfo(
        name="gsm8k",
        title="GSM8K",
        summary="Grade school word problems, solved step by step with a calculator.",
        source=gsm8k.PATH,
        source_url=HUB_ADDRESS + gsm8k.PATH,
        eval_type=gsm8k.GSM8K.eval_type,
        factory=gsm8k.GSM8K,
        parameters=(_subset(gsm8k.SUBSETS), _split(gsm8k.SPLITS), *_SLICE),
    ),
    TaskInfo(
        name="humaneval",
        title="HumanEval",
        summary="164 Python functions to complete, each with tests.",
        source=humaneval.PATH,
        source_url=HUB_ADDRESS + humaneval.PATH,
        eval_type=humaneval.HumanEval.eval_type,
        factory=humaneval.HumanEval,
        parameters=_SLICE,
    ),
    TaskInfo(
        name="smoltalk",
        title="SmolTalk",
        summary="General conversations of several turns, some with a system message.",
        source=smoltalk.PATH,
        source_url=HUB_ADDRESS + smoltalk.PATH,
        eval_type=smoltalk.SmolTalk.eval_type,
        factory=smoltalk.SmolTalk,
        parameters=(_split(smoltalk.SPLITS), *_SLICE),
    ),
    TaskInfo(
        name="spellingbee",
        title="SpellingBee",
        summary="How often is a letter in a word? Counted by hand, then by Python.",
        source="word list",
        source_url=WORD_LIST_URL,
        eval_type=spellingbee.SpellingBee.eval_type,
        factory=spellingbee.SpellingBee,
        parameters=(*_SPELLING, *_SLICE),
    ),
    TaskInfo(
        name="simplespelling",
        title="SimpleSpelling",
        summary="Words spelled letter by letter.",
        source="word list",
        source_url=WORD_LIST_URL,
        eval_type=spellingbee.SimpleSpelling.eval_type,
        factory=spellingbee.SimpleSpelling,
        parameters=(*_SPELLING, *_SLICE),
    ),
    TaskInfo(
        name="customjson",
        title="CustomJSON",
        summary="Conversations of your own, one JSON array of messages a line.",
        source="file",
        source_url="",
        eval_type=customjson.CustomJSON.eval_type,
        factory=customjson.CustomJSON,
        parameters=(Parameter("filepath", "path", "A JSONL file.", required=True), *_SLICE),
    ),
)

TASKS: dict[str, TaskInfo] = {info.name: info for info in _INFOS}
"""Every task by its name."""
