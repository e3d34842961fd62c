"""What people type into the pages of endpoints. Errors stand at the field; a key is never shown again."""

from collections.abc import Mapping
from typing import Any

from django import forms

from webapp.common.errors import WinnowError
from webapp.evals.address_policy import current_policy
from webapp.evals.endpoints import LENGTHS, LIMITS, EndpointFields
from webapp.evals.keys import LONGEST_KEY, check_key
from webapp.evals.models import Adapter, ModelEndpoint

SERVER_CHOICES = [
    (Adapter.OPENAI, "OpenAI-compatible: vLLM, SGLang, llama.cpp, Ollama, hosted services"),
    (Adapter.NANOCHAT, "nanochat: its own chat server"),
]
LONGEST_PROMPT = 8_000


def _limit(name: str, label: str, help_text: str) -> forms.IntegerField:
    least, most = LIMITS[name]
    wrong = f"Enter a whole number from {least:,} to {most:,}."
    messages = dict.fromkeys(("invalid", "min_value", "max_value"), wrong)
    return forms.IntegerField(
        label=label, help_text=help_text, min_value=least, max_value=most, error_messages=messages
    )


class KeyField(forms.CharField):
    """Not shown again, not even when the form comes back with errors elsewhere."""

    def __init__(self) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=False)
        super().__init__(label="Key", required=False, strip=False, widget=widget)

    def clean(self, value: Any) -> str:
        """Checked by the rules of keys alone: they say more than the field's own."""
        try:
            return check_key(str(value or ""))
        except WinnowError as error:
            raise forms.ValidationError(str(error)) from error


class EndpointForm(forms.Form):
    """One endpoint. Which fields matter depends on the adapter; the others are hidden by the style and not read."""

    name = forms.CharField(label="Name", max_length=LENGTHS["name"], help_text="How it is called on the pages.")
    adapter = forms.ChoiceField(
        label="What kind of server", choices=SERVER_CHOICES, initial=Adapter.OPENAI, widget=forms.RadioSelect
    )
    address = forms.CharField(
        label="Address",
        strip=False,
        max_length=LENGTHS["address"],
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    model = forms.CharField(
        label="Model",
        required=False,
        max_length=LENGTHS["model"],
        help_text="The name that the server knows it by.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "list": "model-names"}),
    )
    key = KeyField()
    remove_key = forms.BooleanField(label="Remove the stored key", required=False)
    concurrency = _limit("concurrency", "Questions at once", "Fewer are asked while the server is busy.")
    timeout_seconds = _limit("timeout_seconds", "Seconds a try", "After these it is asked again.")
    tries = _limit("tries", "Tries", "After these it is an error, never a wrong answer.")

    def __init__(self, data: Mapping[str, Any] | None = None, *, endpoint: ModelEndpoint | None = None) -> None:
        stored = {} if endpoint is None else EndpointFields.of(endpoint).to_dict()
        defaults = {"concurrency": 8, "timeout_seconds": 120, "tries": 3}
        super().__init__(data, initial=defaults | stored)
        self.endpoint = endpoint
        self.fields["key"].widget.attrs["maxlength"] = LONGEST_KEY
        if endpoint is None or not endpoint.has_key():
            del self.fields["remove_key"]
        else:
            self.fields["key"].help_text = "A key is stored. Leave this empty to keep it."

    def clean_address(self) -> str:
        """By the rules of addresses, which say what is wrong."""
        try:
            return current_policy().check(self.cleaned_data["address"]).url
        except WinnowError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        adapter = data.get("adapter")
        if adapter == Adapter.OPENAI and "model" in data and not data["model"]:
            self.add_error("model", "Say which model is asked for: the server may have several.")
        if data.get("key") and data.get("remove_key"):
            self.add_error("remove_key", "Either enter another key or remove the stored one.")
        name = data.get("name")
        others = ModelEndpoint.objects.exclude(pk=self.endpoint.pk) if self.endpoint else ModelEndpoint.objects.all()
        if name and others.filter(name=name).exists():
            self.add_error("name", f"There is already an endpoint called “{name}”. Choose another name.")
        return data

    def endpoint_fields(self) -> EndpointFields:
        """What is to be stored, once it is valid."""
        data = self.cleaned_data
        named = {} if data["adapter"] == Adapter.OPENAI else {"model": ""}
        return EndpointFields(**({name: data[name] for name in EndpointFields.__dataclass_fields__} | named))

    def new_key(self) -> str | None:
        """None keeps the stored one, "" removes it."""
        if self.cleaned_data.get("remove_key"):
            return ""
        return self.cleaned_data["key"] or None


class TestForm(forms.Form):
    """A question to try an endpoint with."""

    prompt = forms.CharField(
        label="Question",
        max_length=LONGEST_PROMPT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Type a question."},
    )
