"""The form of the keys page: a field for each command."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms

from webapp.review.keys import COMMANDS, DECIDE, EDIT, FLAG, LOOK, MOVE, RefusedKey, check_keys, read_key, show_key

LONGEST_KEY = 30


class KeysForm(forms.Form):
    """Every command with its key; an empty field means the key that it has at first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for command in COMMANDS:
            attributes = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "data-press": ""}
            self.fields[command.name] = forms.CharField(
                label=command.words,
                required=False,
                max_length=LONGEST_KEY,
                strip=False,
                help_text=f"at first {show_key(command.key)}",
                widget=forms.TextInput(attrs=attributes),
            )

    def clean(self) -> dict[str, Any]:
        """Keys in their one spelling; each problem at its field."""
        keys: dict[str, str] = {}
        for command in COMMANDS:
            typed = str(self.cleaned_data.get(command.name, "")).strip()
            try:
                keys[command.name] = read_key(typed) if typed else command.key
            except RefusedKey as refused:
                self.add_error(command.name, str(refused))
        if not self.errors:
            for name, problem in check_keys(keys).items():
                self.add_error(name, problem)
        return keys

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The fields as the page shows them."""
        for group in (DECIDE, FLAG, MOVE, EDIT, LOOK):
            yield group, [self[command.name] for command in COMMANDS if command.group == group]

    def keys(self) -> dict[str, str]:
        return cast("dict[str, str]", self.cleaned_data)
