"""Forms of log-in and accounts. They refuse what cannot be right before any password is hashed."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

LONGEST_PASSWORD = 1000


class LogInForm(AuthenticationForm):
    """User name and password; too long ones are refused before they count as an attempt."""

    password = forms.CharField(
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": "The user name or the password is not right. Capital letters matter in both.",
        "inactive": "This account is deactivated. Ask an administrator.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"
