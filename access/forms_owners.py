"""The form that names the owners of a connection or a database instance."""

from __future__ import annotations

from typing import Any

from django import forms

from access import owners
from access.forms_grants import REASON
from access.models import Resource
from portal.models import User

PLAIN = {"rows": 3, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}


class OwnersForm(forms.Form):
    """Who owns a resource. `seen` carries who owned it when the form was shown."""

    seen = forms.CharField(required=False, max_length=5000, widget=forms.HiddenInput)
    owners = forms.CharField(
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs=PLAIN),
        help_text="People of this portal, one per line or with commas between them. Nobody: administrators "
        "decide.",
    )
    reason = forms.CharField(
        label="Why?", required=False, help_text="Stands in the audit trail; the owners are told.", **REASON
    )

    def __init__(self, data: Any = None, *, resource: Resource) -> None:
        self.resource = resource
        now = owners.of(resource)
        addresses = "\n".join(person.email for person in now)
        super().__init__(data, initial={"owners": addresses, "seen": owners.fingerprint(now)})

    def clean_owners(self) -> list[User]:
        """The people named."""
        return owners.people(self.cleaned_data["owners"])

    def begin_anew(self, sentence: str) -> None:
        """Say that somebody was quicker, show whom they named, and let what is typed be sent over it."""
        now = owners.of(Resource.objects.get(pk=self.resource.pk))
        named = ", ".join(person.email for person in now) or "nobody"
        self.add_error(None, f"{sentence} Owners are {named}.")
        typed = {name: self.data.get(name, "") for name in self.fields}
        self.data = typed | {"seen": owners.fingerprint(now)}
