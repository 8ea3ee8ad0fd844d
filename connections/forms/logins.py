"""Forms about database logins: why one ends, and for whom SQL is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from access.forms import LONGEST_REASON
from connections.forms import rules
from portal.forms import Combobox

LONGEST_NAME = 63


class EndLoginForm(forms.Form):
    """Why a login is ended."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        required=False,
        validators=[rules.no_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Stands in the audit trail.",
    )


class SqlForm(forms.Form):
    """Whose SQL is shown, and for which database and schema. Whatever cannot be falls back to the first."""

    who = forms.ChoiceField(label="Database user", required=False)
    database = forms.CharField(
        max_length=LONGEST_NAME,
        required=False,
        validators=[rules.no_control_characters],
    )
    schema = forms.CharField(
        max_length=LONGEST_NAME,
        required=False,
        validators=[rules.no_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "public"}),
    )

    def __init__(self, data: Any, *, names: Sequence[str], databases: Sequence[str], mysql: bool) -> None:
        super().__init__(data, auto_id="sql_%s")
        self.fields["who"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        self.fields["database"].widget = Combobox(
            options=[(name, name) for name in databases], attrs={"autocomplete": "off"}
        )
        if mysql:
            del self.fields["schema"]
        self.first = (names[0] if names else "", databases[0] if databases else "")
        self.is_valid()

    @property
    def user(self) -> str:
        """The database user that was chosen, or the first."""
        return str(self.cleaned_data.get("who") or self.first[0])

    @property
    def chosen_database(self) -> str:
        """The database that was named, or the first that is known."""
        return str(self.cleaned_data.get("database") or self.first[1])

    @property
    def chosen_schema(self) -> str:
        """The schema that was named."""
        return str(self.cleaned_data.get("schema") or "public")
