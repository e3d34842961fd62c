"""Days in forms."""

from datetime import date

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

#: Beyond these no time can be reckoned with.
EARLIEST, LATEST = date(1990, 1, 1), date(2200, 1, 1)


def day_field(label: str) -> forms.DateField:
    """A day that may be left out, with the browser's own calendar."""
    bounds = [
        MinValueValidator(EARLIEST, f"The earliest day is {EARLIEST}."),
        MaxValueValidator(LATEST, f"The latest day is {LATEST}."),
    ]
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(required=False, label=label, widget=widget, validators=bounds)
