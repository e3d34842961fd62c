"""What people type into the pages of mixtures."""

from typing import Any

from django import forms
from django.http import QueryDict

from webapp.common.errors import BadRequest
from webapp.conversations.filters import ANY, ISSUE_WORDS, NONE, STATUS_WORDS, ConversationFilter, known_choices
from webapp.conversations.models import FlagReason, Source
from webapp.conversations.searching import QUERY_LIMIT
from webapp.mixtures.models import Export
from webapp.mixtures.recipes import ORDERS, REASONING, SYSTEM, TOOLS, Component, Lowering, Recipe

BIGGEST = 1_000_000_000
YES_NO = (("", "either"), ("1", "yes"), ("0", "no"))
FILTER_FIELDS = (
    "source", "status", "flag", "turns_min", "turns_max", "chars_min", "chars_max",
    "system", "tools", "edited", "issue", "subject", "reviewer", "answer", "q",
)  # fmt: skip


class NameForm(forms.Form):
    """The name of a mixture."""

    name = forms.CharField(max_length=100, label="Name", help_text="It also names the exported files.")


class SettingsForm(forms.Form):
    """Order and lowering."""

    order = forms.ChoiceField(choices=list(ORDERS.items()), label="Order")
    system = forms.ChoiceField(choices=list(SYSTEM.items()), label="A system message")
    tools = forms.ChoiceField(choices=list(TOOLS.items()), label="Tool calls and their output")
    reasoning = forms.ChoiceField(choices=list(REASONING.items()), label="Reasoning")

    @classmethod
    def showing(cls, recipe: Recipe) -> "SettingsForm":
        return cls(initial={"order": recipe.order, **recipe.lowering.to_dict()})

    def lowering(self) -> Lowering:
        return Lowering(**{name: self.cleaned_data[name] for name in ("system", "tools", "reasoning")})


class ExportForm(forms.Form):
    """How the file is packed."""

    format = forms.ChoiceField(choices=Export.Format.choices, initial=Export.Format.JSONL, label="Format")


class ComponentForm(forms.Form):
    """A component: what it finds, which slice of that, how many times it counts."""

    source = forms.MultipleChoiceField(
        required=False, label="Sources", help_text="None ticked: all.", widget=forms.CheckboxSelectMultiple
    )
    status = forms.MultipleChoiceField(
        required=False,
        label="Status",
        help_text="None ticked: any status.",
        choices=[(word, word) for word in STATUS_WORDS],
        widget=forms.CheckboxSelectMultiple,
    )
    flag = forms.ChoiceField(required=False, label="Open flags")
    q = forms.CharField(
        required=False,
        max_length=QUERY_LIMIT,
        label="Text",
        help_text='Words, and "phrases" in quotes. What is found is kept.',
    )
    turns_min = forms.IntegerField(required=False, min_value=0, max_value=BIGGEST, label="Turns from")
    turns_max = forms.IntegerField(required=False, min_value=0, max_value=BIGGEST, label="to")
    chars_min = forms.IntegerField(required=False, min_value=0, max_value=BIGGEST, label="Characters from")
    chars_max = forms.IntegerField(required=False, min_value=0, max_value=BIGGEST, label="to")
    system = forms.ChoiceField(required=False, choices=YES_NO, label="System message")
    tools = forms.ChoiceField(required=False, choices=YES_NO, label="Tool parts")
    edited = forms.ChoiceField(required=False, choices=YES_NO, label="Edited")
    issue = forms.ChoiceField(
        required=False,
        label="Format issue",
        choices=[("", "either"), (ANY, "any"), (NONE, "none"), *ISSUE_WORDS.items()],
    )
    subject = forms.CharField(required=False, max_length=100, label="Subject")
    reviewer = forms.CharField(required=False, max_length=150, label="Decided by")
    answer = forms.ChoiceField(required=False, label="Answers of a model")
    repeats = forms.IntegerField(
        min_value=1, max_value=1000, initial=1, label="Repeats", help_text="How many times each conversation counts."
    )
    start = forms.IntegerField(required=False, min_value=-BIGGEST, max_value=BIGGEST, label="Slice from")
    stop = forms.IntegerField(required=False, min_value=-BIGGEST, max_value=BIGGEST, label="up to, without")
    step = forms.IntegerField(required=False, min_value=1, max_value=BIGGEST, label="every n-th")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = FlagReason.objects.values_list("slug", "label")
        self._choose("flag", [("", "either"), (ANY, "flagged"), (NONE, "no open flag"), *reasons])
        live = [(str(pk), name) for pk, name in Source.objects.live().order_by("name").values_list("pk", "name")]
        self._choose("source", live)
        ticked = set(map(str, self["source"].value() or []))
        self._choose("source", [*_deleted_sources(ticked - {pk for pk, _ in live}), *live])
        answer = str(self["answer"].value() or "")
        self._choose("answer", [("", "any or none"), *known_choices("answer", answer)])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (tells the types apart)
        field.choices = choices

    @classmethod
    def showing(cls, component: Component) -> "ComponentForm":
        """The form filled with a component."""
        query = QueryDict(component.filter.to_query())
        lists = {name: query.getlist(name) if name in {"source", "status"} else query.get(name) for name in query}
        step = component.step if component.step != 1 else None
        numbers = {"repeats": component.repeats, "start": component.start, "stop": component.stop, "step": step}
        return cls(initial={**lists, **numbers})

    def clean(self) -> dict[str, Any]:
        """Add `filter`, the ConversationFilter."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            given = {name: data[name] for name in FILTER_FIELDS if data[name] not in (None, "", [])}
            try:
                data["filter"] = ConversationFilter.from_query(given)
            except BadRequest as error:
                raise forms.ValidationError(str(error)) from error
        return data

    def has_more(self) -> bool:
        """True when one of the filters that are folded away is set."""
        hidden = set(FILTER_FIELDS) - {"source", "status", "flag", "q"}
        return any(self[name].value() not in (None, "") for name in hidden) or bool(hidden & set(self.errors))

    def component(self) -> Component:
        data = self.cleaned_data
        return Component(data["filter"], data["repeats"], data["start"], data["stop"], data["step"] or 1)


def _deleted_sources(gone: set[str]) -> list[tuple[str, str]]:
    """Deleted sources that a component names stay ticked: without them it would take all sources."""
    numbers = {pk for pk in gone if pk.isdecimal() and len(pk) < 19}
    names = dict(Source.objects.filter(pk__in=numbers).values_list("pk", "name"))
    return [(pk, f"{names.get(int(pk), f'source {pk}')} (deleted)") for pk in sorted(numbers)]


class UseFilterForm(forms.Form):
    """Which mixture a filter of the list becomes a component of."""

    query = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    mixture = forms.ChoiceField(required=False, label="Mixture")
    name = forms.CharField(required=False, max_length=100, label="Name of the new mixture")
    only_approved = forms.BooleanField(required=False, label="Only approved conversations")

    def __init__(self, *args: Any, mixtures: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["mixture"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (tells the types apart)
        field.choices = [("", "A new mixture"), *((str(pk), name) for pk, name in mixtures)]

    def clean(self) -> dict[str, Any]:
        """Add `filter`, the ConversationFilter."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("mixture") and not data.get("name") and "name" not in self.errors:
            self.add_error("name", "Give the new mixture a name, or choose one above.")
        try:
            data["filter"] = ConversationFilter.from_query(QueryDict(data.get("query", "")))
        except BadRequest as error:
            raise forms.ValidationError(str(error)) from error
        return data
