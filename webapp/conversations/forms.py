"""Forms of sources and imports."""

from collections.abc import Mapping
from typing import Any

from django import forms

from tasks_core.errors import BadArgumentError
from tasks_core.registry import TASKS, Parameter, TaskInfo
from webapp.conversations.models import Source
from webapp.conversations.naming import NAME_LENGTH, clean_name, name_of_task
from webapp.conversations.task_imports import clean_values

# Only the command line may name files of the server.
WEB_TASKS = {
    name: info for name, info in TASKS.items() if not any(p.kind == "path" and p.required for p in info.parameters)
}


class NameForm(forms.Form):
    """A new name for a source."""

    name = forms.CharField(max_length=NAME_LENGTH, label="Name")

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = source
        self.fields["name"].initial = source.name

    def clean_name(self) -> str:
        """On one line, and not another source's."""
        return _free(self.cleaned_data["name"], Source.objects.exclude(pk=self.source.pk))


class UploadForm(forms.Form):
    """What goes with the files."""

    keep_duplicates = forms.BooleanField(
        required=False,
        label="Keep duplicates",
        help_text="Otherwise a conversation that Winnow has already, or that stands twice in the file, is left out.",
    )


class TaskForm(forms.Form):
    """The parameters of a task, as the registry describes them, and a name for the source."""

    name = forms.CharField(max_length=NAME_LENGTH, required=False, label="Name of the source")

    def __init__(self, info: TaskInfo, data: Mapping[str, Any] | None = None, *, chosen: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.info = info
        parameters = [parameter for parameter in info.parameters if parameter.kind != "path"]
        self.parameter_names = [parameter.name for parameter in parameters]
        values: dict[str, Any] = {}
        for parameter in parameters:
            choices = allowed_choices(parameter, values)
            if parameter.kind == "choice" and not choices:
                self.parameter_names.remove(parameter.name)
                continue
            values[parameter.name] = _value(parameter, choices, chosen.get(parameter.name))
            self.fields[parameter.name] = _field(parameter, choices, values[parameter.name])
        self.proposed_name = name_of_task(info.title, values)
        self.fields["name"].initial = chosen.get("name", "")
        self.fields["name"].widget.attrs["placeholder"] = self.proposed_name
        self.order_fields([*self.parameter_names, "name"])

    def clean_name(self) -> str:
        """Free, where one is given."""
        name = self.cleaned_data["name"]
        return _free(name, Source.objects.all()) if name else ""

    def clean(self) -> dict[str, Any]:
        """All parameters together, by the task's own rules."""
        if not self.errors:
            try:
                clean_values(self.info, self.values())
            except BadArgumentError as error:
                self._show(error)
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """The parameters, empty ones left out."""
        given = {name: self.cleaned_data.get(name) for name in self.parameter_names}
        return {name: value for name, value in given.items() if value not in (None, "")}

    def _show(self, error: BadArgumentError) -> None:
        text = str(error)
        name = next((name for name in self.parameter_names if text.startswith(f"{name} ")), None)
        self.add_error(name, f"{text[:1].upper()}{text[1:]}.")


def allowed_choices(parameter: Parameter, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The choices of a parameter, given the values of those before it."""
    if parameter.depends_on is None:
        return parameter.choices
    return parameter.choices_for.get(str(values.get(parameter.depends_on)), ())


def _value(parameter: Parameter, choices: tuple[str, ...], chosen: Any) -> Any:
    if parameter.kind != "choice":
        return parameter.default if chosen is None else chosen
    if chosen in choices:
        return chosen
    return parameter.default if parameter.default is None or parameter.default in choices else choices[0]


def _field(parameter: Parameter, choices: tuple[str, ...], value: Any) -> forms.Field:
    label = parameter.name.capitalize()
    if parameter.kind == "integer":
        return forms.IntegerField(
            label=label, help_text=parameter.help, initial=value, required=False, min_value=parameter.minimum
        )
    optional = parameter.default is None and not parameter.required
    return forms.ChoiceField(
        label=label,
        help_text=parameter.help,
        initial=value,
        required=not optional,
        choices=[*([("", "all")] if optional else []), *((choice, choice) for choice in choices)],
        error_messages={"invalid_choice": f"%(value)s is not allowed here. Choose one of: {', '.join(choices)}."},
    )


def _free(name: str, others: Any) -> str:
    cleaned = clean_name(name)
    if not cleaned:
        raise forms.ValidationError("Give a name that can be read.")
    other = others.filter(name=cleaned).first()
    if other:
        where = " in the trash" if other.deleted_at else ""
        raise forms.ValidationError(f"There is a source{where} of this name already. Choose another one.")
    return cleaned
