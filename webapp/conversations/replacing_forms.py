"""What is typed into the page of find and replace."""

from typing import Any

from django import forms
from django.http import QueryDict

from webapp.common.errors import BadRequest
from webapp.conversations.content.shapes import ROLES
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.finding import MOST_EXPRESSION, MOST_FIND, MOST_REPLACEMENT, Wanted, compile_pattern
from webapp.conversations.review_forms import LONGEST_NOTE

_TEXT = {"rows": 2, "spellcheck": "false", "autocomplete": "off", "class": "mono"}


class ReplaceForm(forms.Form):
    """Find, replacement, where and why. White space counts, at the ends too."""

    query = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    find = forms.CharField(max_length=MOST_FIND, strip=False, label="Find", widget=forms.Textarea(attrs=_TEXT))
    replacement = forms.CharField(
        required=False,
        max_length=MOST_REPLACEMENT,
        strip=False,
        label="Replace it by",
        widget=forms.Textarea(attrs=_TEXT),
        help_text="Empty: it is taken away. With a regular expression, \\1 stands for its first group.",
    )
    match_case = forms.BooleanField(required=False, initial=True, label="Upper and lower case differ")
    whole_words = forms.BooleanField(required=False, label="Whole words only")
    regex = forms.BooleanField(
        required=False,
        label="Regular expression",
        help_text=f"At most {MOST_EXPRESSION} characters; ^ and $ stand for the beginning and the end of a line.",
    )
    roles = forms.MultipleChoiceField(
        choices=[(role, role) for role in ROLES],
        initial=list(ROLES),
        label="In the turns of",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    reason = forms.CharField(
        required=False, max_length=LONGEST_NOTE, label="Reason", help_text="It stands in the history of each."
    )

    def clean_query(self) -> str:
        """Read the filter, so that `filter` is there and `query` is its one spelling."""
        try:
            self.filter = ConversationFilter.from_query(QueryDict(self.cleaned_data["query"]))
        except BadRequest as error:
            raise forms.ValidationError(str(error)) from None
        return self.filter.to_query()

    def clean_find(self) -> str:
        return _one_kind(self.cleaned_data["find"])

    def clean_replacement(self) -> str:
        return _one_kind(self.cleaned_data["replacement"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                compile_pattern(self.wanted())
            except BadRequest as error:
                self.add_error("find", str(error))
        return data

    def wanted(self) -> Wanted:
        """What the form asks for."""
        data = self.cleaned_data
        return Wanted(
            find=data["find"],
            replacement=data["replacement"],
            roles=tuple(data["roles"]),
            match_case=data["match_case"],
            whole_words=data["whole_words"],
            regex=data["regex"],
        )


def _one_kind(text: str) -> str:
    """A browser sends every line end as CR LF."""
    return text.replace("\r\n", "\n")
