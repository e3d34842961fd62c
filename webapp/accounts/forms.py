"""Forms of log-in and accounts. They refuse what cannot be right before any password is hashed."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator

from webapp.accounts.models import Role, User

LONGEST_PASSWORD = 1000


def password_field(label: str, autocomplete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=LONGEST_PASSWORD, strip=False, widget=widget)


class LogInForm(AuthenticationForm):
    """User name and password; too long ones are refused before they count as an attempt."""

    password = password_field("Password", "current-password")
    error_messages = {
        "invalid_login": "The user name or the password is not right. Capital letters matter in both.",
        "inactive": "This account is deactivated. Ask an administrator.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"


class NewPasswordForm(forms.Form):
    """A password typed twice, checked against the rules for `person`."""

    password = password_field("New password", "new-password")
    again = password_field("The same password again", "new-password")

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["password"].help_text = password_validators_help_text_html()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        password, again = data.get("password"), data.get("again")
        if password and again is not None and password != again:
            self.add_error("again", "The two passwords are not the same.")
        if password:
            self._check_rules(password)
        return data

    def _check_rules(self, password: str) -> None:
        try:
            validate_password(password, self.person)
        except forms.ValidationError as error:
            self.add_error("password", error)


class ChangePasswordForm(NewPasswordForm):
    """The same, after the old password."""

    old = password_field("Old password", "current-password")
    field_order = ["old", "password", "again"]

    def clean_old(self) -> str:
        old: str = self.cleaned_data["old"]
        if self.person and not self.person.check_password(old):
            raise forms.ValidationError("This is not your old password.")
        return old


class AcceptForm(NewPasswordForm):
    """What somebody who was invited chooses."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator(message="Use letters, digits and @ . + - _ only, without spaces.")],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        help_text="You log in with it, and it stands beside what you decide.",
    )
    name = forms.CharField(
        label="Full name", max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ["username", "name", "password", "again"]

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.name_is_taken(username):
            raise forms.ValidationError(f"Somebody is already named {username}. Choose another user name.")
        return username

    def clean(self) -> dict[str, Any]:
        self.person = User(username=self.cleaned_data.get("username", ""), first_name=self.cleaned_data.get("name", ""))
        return super().clean()


class NameForm(forms.Form):
    name = forms.CharField(
        label="Full name", max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=Role.choices)


class InviteForm(RoleForm):
    """Whom an invitation is for."""

    note = forms.CharField(
        label="For whom", max_length=150, required=False, help_text="Only administrators see it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
