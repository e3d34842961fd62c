"""What the form of a comment sends."""

from django import forms

from webapp.conversations.review_forms import BIGGEST
from webapp.review.comments import LONGEST


class CommentForm(forms.Form):
    """A comment: `turn` counts from 1 as on the page, empty for the whole; `name` is somebody to tell."""

    turn = forms.IntegerField(min_value=1, max_value=BIGGEST, required=False)
    text = forms.CharField(max_length=LONGEST, strip=True)
    name = forms.CharField(max_length=150, required=False)

    def turn_index(self) -> int | None:
        turn: int | None = self.cleaned_data["turn"]
        return None if turn is None else turn - 1

    def whole_text(self) -> str:
        """The text with the person to tell put in front, unless it names them already."""
        text: str = self.cleaned_data["text"]
        name = self.cleaned_data["name"].strip().removeprefix("@")
        return text if not name or f"@{name}".lower() in text.lower() else f"@{name} {text}"
