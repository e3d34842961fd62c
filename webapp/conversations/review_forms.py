"""What the review forms send: decisions, flags, reasons of the taxonomy. The texts of an edit: see `drafts`."""

from typing import Any

from django import forms
from django.http import QueryDict

from webapp.common.errors import BadRequest, PreconditionRequired
from webapp.conversations.models import FlagReason, Status

STATUS_CHOICES = [(str(status.label), str(status.label)) for status in Status]
STATUS_BY_WORD = {str(status.label): status for status in Status}
BIGGEST = 2**31 - 1
LONGEST_NOTE = 500


def version_of(fields: QueryDict) -> int:
    """The version that the form was made on. Raises PreconditionRequired for none, BadRequest for nonsense."""
    value = fields.get("version", "").strip()
    if not value:
        raise PreconditionRequired("The form does not say which version it was made on. Reload the page and try again.")
    return positive(value, "version")


def positive(value: str, name: str) -> int:
    """A whole number from 1. Raises BadRequest."""
    if not (value.isascii() and value.isdecimal()) or len(value) > 10 or not 1 <= int(value) <= BIGGEST:
        raise BadRequest(f"“{name}” must be a whole number from 1, not “{value[:40]}”.")
    return int(value)


def why(fields: QueryDict, name: str) -> str:
    """A note or a reason as it was typed. Raises BadRequest for one that cannot be stored."""
    text = fields.get(name, "").strip()
    if len(text) > LONGEST_NOTE or "\0" in text:
        raise BadRequest(f"The {name} can be at most {LONGEST_NOTE} characters long, without NUL characters.")
    return text


class DecisionForm(forms.Form):
    status = forms.ChoiceField(choices=STATUS_CHOICES)
    note = forms.CharField(max_length=LONGEST_NOTE, required=False)
    seen_flag = forms.IntegerField(min_value=0, max_value=2**63 - 1, required=False)

    def chosen(self) -> Status:
        return STATUS_BY_WORD[self.cleaned_data["status"]]


class FlagForm(forms.Form):
    """A flag: `turn` counts from 1 as on the page; empty for the whole conversation."""

    reason = forms.ModelChoiceField(FlagReason.objects.filter(active=True), to_field_name="slug")
    turn = forms.IntegerField(min_value=1, max_value=BIGGEST, required=False)
    note = forms.CharField(max_length=LONGEST_NOTE, required=False)

    def turn_index(self) -> int | None:
        turn: int | None = self.cleaned_data["turn"]
        return None if turn is None else turn - 1


class ReasonForm(forms.Form):
    """A reason of the taxonomy; `reason` is the one that is being changed, None for a new one."""

    label = forms.CharField(label="Name", max_length=60)
    description = forms.CharField(max_length=300, required=False)

    def __init__(self, *args: Any, reason: FlagReason | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason = reason

    def clean_label(self) -> str:
        label: str = " ".join(self.cleaned_data["label"].split())
        same = FlagReason.objects.filter(label__iexact=label).first()
        if same is not None and same != self.reason:
            raise forms.ValidationError(f"There is a reason called “{label}” already.")
        return label


def first_error(form: forms.BaseForm) -> str:
    """The first thing that is wrong with a form, with the name of its field."""
    name, errors = next(iter(form.errors.items()))
    found: Any = errors
    return f"{name}: {found[0]}" if name != "__all__" else str(found[0])
