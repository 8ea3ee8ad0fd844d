"""Forms about database logins: why one ends, and for whom SQL is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms

from access.forms import LONGEST_REASON
from connections.forms import rules
from portal.forms import Combobox, offer

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
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(
        self, query: Mapping[str, str], *, names: Sequence[str], databases: Sequence[str], mysql: bool
    ) -> None:
        usual = {"who": names[0], "database": databases[0] if databases else "", "schema": "public"}
        chosen = {name: query.get(name, "").strip() or value for name, value in usual.items()}
        super().__init__(chosen if chosen["who"] in names else chosen | {"who": names[0]}, auto_id="sql_%s")
        self.usual = usual
        offer(self, "who", [(name, name) for name in names])
        self.fields["database"].widget = Combobox(
            options=[(name, name) for name in databases], attrs={"autocomplete": "off"}
        )
        if mysql:
            del self.fields["schema"]
        self.is_valid()

    def chosen(self, name: str) -> str:
        """What was chosen, or what is usual where that cannot be."""
        return str(self.cleaned_data.get(name) or self.usual[name])
