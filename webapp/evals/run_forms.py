"""What people type into the pages of runs."""

from django import forms

from webapp.conversations.models import FlagReason
from webapp.conversations.review_forms import LONGEST_NOTE


class ReviewForm(forms.Form):
    """Why the conversations of some items should be looked at."""

    reason = forms.ModelChoiceField(
        FlagReason.objects.filter(active=True), to_field_name="slug", empty_label=None, label="Reason"
    )
    note = forms.CharField(max_length=LONGEST_NOTE, required=False, label="Note")

    def values(self) -> dict[str, str]:
        """The slug of the reason, and the note."""
        return {"reason": self.cleaned_data["reason"].slug, "note": self.cleaned_data["note"].strip()}
