"""The form of a new run: what is asked, whom, and how."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict

from tasks_core.registry import get_task
from webapp.common.errors import BadRequest
from webapp.common.templatetags.winnow import number
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.forms import WEB_TASKS, TaskForm
from webapp.conversations.models import Source
from webapp.conversations.naming import name_of_task
from webapp.conversations.source_counts import count_sources
from webapp.evals.asking.questions import MODES
from webapp.evals.choosing import Selection, TaskChoice
from webapp.evals.configuration import AUTO, RunSettings
from webapp.evals.findings import Findings
from webapp.evals.models import ModelEndpoint

SOURCE, TASK, FILTER = "source", "task", "filter"
WHAT = {SOURCE: "A source", TASK: "A task’s split", FILTER: "A filter"}
CODE_WORDS = {
    "nanochat": "as nanochat does: the first code block of the answer, with the imports of the prompt",
    "official": "as HumanEval does: the answer continues the prompt",
}
#: The settings of RunSettings are read and refused there; here they have their names for people.
SETTINGS = ("temperature", "max_tokens", "top_p", "top_k", "seed", "samples", "mode", "code_mode", "reuse")


class EndpointChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Endpoints, each with what asking it has shown."""

    def label_from_instance(self, obj: ModelEndpoint) -> str:
        findings = Findings.from_dict(obj.findings | {"adapter": obj.adapter})
        return f"{obj.name} · {findings.summary() if obj.is_baseline() or obj.probed_at else 'not probed yet'}"


class NewRunForm(forms.Form):
    """One evaluation. `task_form` holds the parameters of the chosen task."""

    what = forms.ChoiceField(choices=list(WHAT.items()), initial=SOURCE, widget=forms.RadioSelect, label="Evaluate")
    source = forms.ChoiceField(required=False, label="Source")
    task = forms.ChoiceField(
        required=False, label="Task", choices=[(name, info.title) for name, info in WEB_TASKS.items()]
    )
    query = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    sample = forms.IntegerField(
        required=False, label="Only so many of them", help_text="Drawn at random. Empty: all of them."
    )
    sample_seed = forms.IntegerField(
        required=False, initial=42, label="Seed of the draw", help_text="The same seed draws the same."
    )
    endpoint = EndpointChoice(ModelEndpoint.objects.live(), label="Endpoint", empty_label="Choose…")
    title = forms.CharField(required=False, max_length=200, label="Name")
    temperature = forms.FloatField(
        initial=0.0, label="Temperature", help_text="0: always the likeliest token. pass@k needs more."
    )
    max_tokens = forms.IntegerField(initial=512, label="Tokens, at most")
    top_p = forms.FloatField(required=False, label="Top p", help_text="Empty: as the server does.")
    top_k = forms.IntegerField(required=False, label="Top k", help_text="Empty: as the server does.")
    seed = forms.IntegerField(initial=42, label="Seed of the answers", help_text="It also draws the guesses of chance.")
    samples = forms.IntegerField(
        initial=1,
        label="Answers for each",
        help_text="Several for pass@k, at a temperature above 0.",
    )
    mode = forms.ChoiceField(
        label="Multiple choice",
        choices=[(AUTO, "the best that the endpoint can do"), *MODES.items()],
        initial=AUTO,
    )
    code_mode = forms.ChoiceField(label="HumanEval’s programs", choices=list(CODE_WORDS.items()), initial="nanochat")
    reuse = forms.BooleanField(
        required=False,
        initial=True,
        label="Use answers that this model has given before",
        help_text="To the same questions, asked in the same way. Otherwise all of them are asked again.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, given: Mapping[str, Any] | None = None) -> None:
        """`given` fills the form without checking it; `data` is what somebody sent."""
        super().__init__(data, initial=dict(given or {}))
        self.values: Mapping[str, Any] = data if data is not None else given or {}
        sources = Source.objects.live().filter(state=Source.State.READY).order_by("name")
        self.counts = {str(row.source.pk): row for row in count_sources(sources)}
        self._choose(
            "source",
            [("", "Choose…")] + [(pk, f"{row.source.name} · {number(row.total)}") for pk, row in self.counts.items()],
        )
        name = str(self.values.get("task") or "")
        info = WEB_TASKS.get(name) or next(iter(WEB_TASKS.values()))
        self.task_form = TaskForm(info, data if data is not None else None, chosen=self._task_values())

    @staticmethod
    def implied(query: Mapping[str, str]) -> str:
        """What an address evaluates that names a task or a filter and does not say which of them is meant."""
        if not query.get("source") and (query.get("query") or query.get("task")):
            return FILTER if query.get("query") else TASK
        return SOURCE

    def _task_values(self) -> dict[str, Any]:
        """What goes to the form of a task: a model is measured on the test split where there is one.

        The source that it may make is named by itself.
        """
        return {"split": "test"} | {name: value for name, value in self.values.items() if name != "name"}

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    @property
    def task_fields(self) -> list[forms.BoundField]:
        """The parameters of the chosen task."""
        return [self.task_form[name] for name in self.task_form.parameter_names]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """How answers are drawn and scored; `reuse`, which is a box to check, is shown by itself."""
        return [self[name] for name in SETTINGS if name != "reuse"]

    @property
    def more_is_set(self) -> bool:
        """One of these is not as usual, or wrong."""
        usual = RunSettings().to_dict()
        return any(self[name].errors or not _is_usual(self[name].value(), usual[name]) for name in SETTINGS)

    @cached_property
    def _opened_with(self) -> ConversationFilter | BadRequest | None:
        query = str(self["query"].value() or "")
        try:
            return ConversationFilter.from_query(QueryDict(query)) if query else None
        except BadRequest as error:
            return error

    @property
    def filter(self) -> ConversationFilter | None:
        """The filter that the page was opened with; None for none, and for one that is not understood."""
        return None if isinstance(self._opened_with, BadRequest) else self._opened_with

    @property
    def filter_problem(self) -> str:
        """Why the filter cannot be used, such as an evaluation that was deleted; empty for a good one."""
        return str(self._opened_with) if isinstance(self._opened_with, BadRequest) else ""

    def clean(self) -> dict[str, Any]:
        """Add `selection`, `options`, and `task_choice` where a task is chosen."""
        data = self.cleaned_data
        what = data.get("what")
        if what == SOURCE and not data.get("source") and "source" not in self.errors:
            self.add_error("source", "Choose a source.")
        if what == TASK and not self.task_form.is_valid():
            self.add_error(None, "Look at the parameters of the task.")
        try:
            data["selection"] = Selection(self._filter(what), data.get("sample"), _or(data.get("sample_seed"), 42))
        except BadRequest as error:
            named = "sample" if "sample" in str(error) else "sample_seed" if "“seed”" in str(error) else None
            self.add_error(named, str(error))
        self._clean_options()
        return data

    def _filter(self, what: str | None) -> dict[str, Any]:
        if what == SOURCE and self.cleaned_data.get("source"):
            return {"source": [int(self.cleaned_data["source"])]}
        if what == FILTER:
            query = self.cleaned_data.get("query", "")
            return ConversationFilter.from_query(QueryDict(query)).to_dict()
        return {}

    def _clean_options(self) -> None:
        """The rules are those of RunSettings; its message goes to the field that it names."""
        data = self.cleaned_data
        try:
            data["options"] = RunSettings.from_dict({name: data[name] for name in SETTINGS if name in data})
        except BadRequest as error:
            named = next((name for name in SETTINGS if f"“{name}”" in str(error)), "samples")
            self.add_error(named, str(error).replace(f"“{named}”", f"“{self.fields[named].label}”"))

    def given_values(self) -> dict[str, Any]:
        """What is in the form now, as if it were sent: for an estimate before anybody has pressed a button."""
        own = {name: self[name].value() for name in self.fields}
        params = {name: self.task_form[name].value() for name in self.task_form.parameter_names}
        return {name: value for name, value in (params | own).items() if value is not None}

    def has_no_choice(self) -> bool:
        """It is not said, or not understood, what is asked."""
        what = self.cleaned_data.get("what")
        if what == SOURCE:
            return not self.cleaned_data.get("source")
        return self.task_choice is None if what == TASK else what != FILTER

    @property
    def task_choice(self) -> TaskChoice | None:
        """The task with its parameters, where one is chosen and valid."""
        if self.values.get("what") != TASK or not self.task_form.is_valid():
            return None
        return TaskChoice(self.task_form.info.name, self.task_form.values())

    def proposed_title(self) -> str:
        """What the run is called when nobody says it: "qwen on GSM8K main test"; empty before both are chosen."""
        endpoint, asked = self.cleaned_data.get("endpoint"), self._asked()
        return f"{endpoint.name} on {asked}"[:200] if endpoint and asked else ""

    def _asked(self) -> str:
        what = self.values.get("what") or SOURCE
        row = self.counts.get(str(self.values.get("source")))
        if what == SOURCE and row:
            return row.source.name
        if what == TASK and (task := self.task_choice):
            return name_of_task(get_task(task.name).title, task.values)
        return (self.filter or ConversationFilter()).describe() if what == FILTER else ""


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _is_usual(value: Any, usual: Any) -> bool:
    """Nobody has touched the field that holds this value."""
    if isinstance(usual, bool):
        return bool(value) == usual
    return str(value or "") in ({"", "None"} if usual is None else {str(usual), "0" if usual == 0 else str(usual), ""})
