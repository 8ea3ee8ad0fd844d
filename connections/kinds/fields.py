"""Form fields that several kinds have."""

from __future__ import annotations

import re

from django import forms
from django.core.validators import RegexValidator

CREDENTIAL = "password"
OTHER_PROJECT = r"(?:[a-z0-9.-]+:)?[a-z0-9-]+"


class ConditionalField(forms.CharField):
    """Needed only when the box above it is selected: its label does not call it optional."""

    conditional = True


def database(limit: int, help_text: str = "The name of the database in the instance.") -> forms.CharField:
    """The database's name; `limit` is the server's."""
    return forms.CharField(label="Database name", max_length=limit, help_text=help_text)


def username(limit: int, label: str = "Database username", help_text: str = "") -> forms.CharField:
    """The database user; `limit` is the server's."""
    usual = "Queries run with this user's rights; reading what analysts need is enough."
    return forms.CharField(label=label, max_length=limit, help_text=help_text or usual)


def password(label: str = "Database password") -> forms.CharField:
    """The password, which no page ever gets back."""
    return forms.CharField(
        label=label,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text="Sealed at once, sent to BigQuery once, then destroyed here.",
    )


def resource(
    label: str,
    pattern: re.Pattern[str],
    form: str,
    *,
    help_text: str,
    required: bool = True,
    field: type[forms.CharField] = forms.CharField,
) -> forms.CharField:
    """The name of something at Google or elsewhere; `form` shows how it has to look."""
    return field(
        label=label,
        max_length=500,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"class": "mono"}),
        validators=[
            RegexValidator(re.compile(rf"\A(?:{pattern.pattern})\Z"), f"Enter it in the form {form}.")
        ],
    )
