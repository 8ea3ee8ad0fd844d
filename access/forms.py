"""Forms about access: who, and with which role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from access import principals
from access.models import CONNECTION_ADMIN, CONNECTION_USER, Grant
from access.services import Sharing

ROLE_LABELS = {
    CONNECTION_USER: "BigQuery Connection User",
    CONNECTION_ADMIN: "BigQuery Connection Admin",
}
ROLES = list(ROLE_LABELS.items())
LONGEST_REASON = 1000


class PrincipalsField(forms.CharField):
    """Principals, one per line or with commas between them; cleans to a list as IAM spells them."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 500_000, **kwargs})
        plain = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
        self.widget.attrs |= {"rows": 3, **plain}
        self.widget.attrs.pop("maxlength", None)

    def clean(self, value: Any) -> list[str]:
        """Return the principals. Raises ValidationError that names each one that cannot be."""
        text: str = super().clean(value)
        return principals.parse(text)


class ShareForm(forms.Form):
    """The "Connection permissions" dialog: who has which role, whom to add, and why.

    `grants` are the claims that can be changed here; each has a field for its role and one to remove it.
    """

    principals = PrincipalsField(
        label="New principals",
        required=False,
        help_text="One per line, or with commas: user:, group:, serviceAccount:, domain:, principal:// or "
        "principalSet://. A bare e-mail address is understood.",
    )
    role = forms.ChoiceField(choices=ROLES, initial=CONNECTION_USER)
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Stands in the audit trail beside each change.",
    )
    confirm = forms.BooleanField(required=False, label="Yes, change it all the same")

    def __init__(self, data: Any = None, *, grants: Sequence[Grant], own_member: str) -> None:
        super().__init__(data)
        self.grants = {grant.pk: grant for grant in grants}
        self.own_member = own_member
        self.warnings: list[str] = []
        for grant in grants:
            roles = ROLES if grant.role in ROLE_LABELS else [(grant.role, grant.role), *ROLES]
            label = f"Role of {grant.principal}"
            self.fields[f"role_{grant.pk}"] = forms.ChoiceField(
                label=label, choices=roles, initial=grant.role, required=False
            )
            self.fields[f"remove_{grant.pk}"] = forms.BooleanField(
                label=f"Remove {grant.principal}", required=False
            )

    @property
    def rows(self) -> list[tuple[Grant, forms.BoundField, forms.BoundField]]:
        """Each claim with its two fields."""
        return [(grant, self[f"role_{pk}"], self[f"remove_{pk}"]) for pk, grant in self.grants.items()]

    def clean(self) -> dict[str, Any]:
        """Work out what changes; ask again before somebody locks themselves or everybody out."""
        if self.errors:
            return self.cleaned_data
        self._refuse_if_outdated()
        self.sharing = self._sharing()
        if not self.errors and not self.sharing.add and not self.sharing.remove:
            self.add_error(None, "Nothing was changed.")
        self.warnings = self._consequences()
        if self.warnings and not self.cleaned_data["confirm"]:
            self.add_error("confirm", "Tick this to go on.")
        return self.cleaned_data

    def _refuse_if_outdated(self) -> None:
        """A change of a claim that somebody else ended meanwhile is not silently dropped."""
        known = {f"{name}_{pk}" for pk in self.grants for name in ("role", "remove")}
        if any(name not in known for name in self.data if name.startswith(("role_", "remove_"))):
            self.add_error(None, "Somebody changed who has access meanwhile. This is how it stands now.")

    def _new_role(self, grant: Grant) -> str:
        return self.cleaned_data[f"role_{grant.pk}"] or grant.role

    def _sharing(self) -> Sharing:
        role = self.cleaned_data["role"]
        held = {(grant.principal, grant.role) for grant in self.grants.values()}
        removed = [grant for grant in self.grants.values() if self.cleaned_data[f"remove_{grant.pk}"]]
        changed = [g for g in self.grants.values() if g not in removed and self._new_role(g) != g.role]
        add = {(grant.principal, self._new_role(grant)) for grant in changed}
        add |= {(principal, role) for principal in self.cleaned_data["principals"]}
        for grant in removed:
            if (grant.principal, grant.role) in add:
                self.add_error("principals", f"{grant.principal} is removed above and added here.")
        return Sharing(
            add=frozenset(add - held), remove=(*removed, *changed), reason=self.cleaned_data["reason"]
        )

    def _consequences(self) -> list[str]:
        ended = {(grant.principal, grant.role) for grant in self.sharing.remove}
        held = {(grant.principal, grant.role) for grant in self.grants.values()}
        after = (held - ended) | self.sharing.add
        found = []
        if any(principal == self.own_member for principal, _ in ended) and not any(
            principal == self.own_member for principal, _ in after
        ):
            found.append("You take your own access to this connection away.")
        if _has_admin(held) and not _has_admin(after):
            found.append("Nobody will have BigQuery Connection Admin on this connection any more.")
        return found


def _has_admin(pairs: Iterable[tuple[str, str]]) -> bool:
    return any(role == CONNECTION_ADMIN for _, role in pairs)
