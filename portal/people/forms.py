"""Forms about people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from portal.forms import Card
from portal.models import ADMINISTRATOR, AUDITOR, User

ROLES = [
    (
        ADMINISTRATOR,
        Card("Administrator", "Registers projects, makes connections, manages people, sees the audit trail."),
    ),
    (AUDITOR, Card("Auditor", "Sees every operation and the whole audit trail; changes nothing.")),
]
ROLE_CHOICES = [(role, f"{card.title}: {card.text}") for role, card in ROLES]


class RolesForm(forms.Form):
    """Which roles somebody has. None is an analyst, as everyone who signs in is."""

    roles = forms.MultipleChoiceField(
        choices=ROLE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Without a role a person is an analyst, who finds connections and asks for access.",
    )


class InviteForm(RolesForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(label="E-mail address", max_length=254)
    field_order = ["email", "roles"]

    def clean_email(self) -> str:
        """Addresses differ by more than case."""
        return str(self.cleaned_data["email"]).lower()


class AcceptForm(forms.Form):
    """What an invited person fills in."""

    name = forms.CharField(label="Your name", max_length=150)
    password = forms.CharField(
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label="Password again",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.fields["password"].help_text = " ".join(password_validation.password_validators_help_texts())

    def clean(self) -> None:
        """Both passwords agree, and Django's validators find nothing."""
        password = self.cleaned_data.get("password")
        if not password:
            return
        if self.cleaned_data.get("password_again") not in (None, password):
            self.add_error("password_again", "The two passwords differ.")
        try:
            person = User(email=self.email, first_name=self.cleaned_data.get("name", ""))
            password_validation.validate_password(password, person)
        except ValidationError as error:
            self.add_error("password", error)


class PeopleFilter(forms.Form):
    """Search among people."""

    q = forms.CharField(
        label="Search",
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or address"}),
    )
    role = forms.ChoiceField(
        required=False,
        choices=[
            ("", "All roles"),
            (ADMINISTRATOR, "Administrators"),
            (AUDITOR, "Auditors"),
            ("analyst", "Analysts"),
        ],
    )
    state = forms.ChoiceField(
        required=False, choices=[("", "Any state"), ("active", "Active"), ("deactivated", "Deactivated")]
    )
