"""What the audit is narrowed by, as it stands in the address."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms

from webapp.accounts.models import User
from webapp.conversations.filters import BIGGEST_ID
from webapp.conversations.models import Source
from webapp.dashboards.audit import NOBODY, AuditFilter
from webapp.dashboards.fields import day_field
from webapp.dashboards.histories import KINDS


class AuditForm(forms.Form):
    """All of it optional. Who may see only their own is not asked for a person."""

    person = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    kind = forms.ChoiceField(required=False, choices=[("", "everything"), *KINDS.items()], label="What")
    source = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    conversation = forms.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID, label="Conversation number")
    first = day_field("From")
    last = day_field("To")

    def __init__(self, data: Mapping[str, Any], *, user: User) -> None:
        super().__init__(data, label_suffix="")
        self.user = user
        if not user.may_curate():
            del self.fields["person"]
        else:
            people = User.objects.order_by("username").values_list("pk", "username")
            self._choices("person", [("", "everybody"), *people, (NOBODY, "command line")])
        sources = Source.objects.order_by("name").values_list("pk", "name", "deleted_at")
        named = [(pk, f"{name} (in the trash)" if deleted else name) for pk, name, deleted in sources]
        self._choices("source", [("", "all"), *named])

    def _choices(self, name: str, choices: list[Any]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean(self) -> dict[str, Any]:
        """The days the right way round."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            self.add_error("last", "This day lies before the first one.")
        return cleaned

    def wanted(self) -> AuditFilter:
        """The filter, once the form is valid: of who may not see others, always their own."""
        values = self.cleaned_data
        return AuditFilter(
            person=values["person"] if self.user.may_curate() else self.user.pk,
            kinds=(values["kind"],) if values["kind"] else (),
            source=values["source"],
            conversation=values["conversation"],
            first=values["first"],
            last=values["last"],
        )
