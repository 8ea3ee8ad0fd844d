"""Forms about access: who, and with which role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from access import limits, principals
from access.models import CONNECTION_ADMIN, CONNECTION_ROLES, CONNECTION_USER, Grant, Resource
from access.services import Sharing
from portal import clock

ROLES = list(CONNECTION_ROLES.items())
LONGEST_REASON = 1000


class PrincipalsField(forms.CharField):
    """Principals, one per line or with commas between them; cleans to a list as IAM spells them."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 500_000, **kwargs})
        plain = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
        self.widget.attrs |= {"rows": 3, **plain}

    def clean(self, value: Any) -> list[str]:
        """Return the principals. Raises ValidationError that names each one that cannot be."""
        text: str = super().clean(value)
        return principals.parse(text)


class MomentField(forms.DateTimeField):
    """A moment in UTC, as a browser's field for date and time gives it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
            **kwargs,
        )


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
    expires_at = MomentField(
        label="Until",
        required=False,
        help_text="In UTC; for those added here. Leave it empty for access without an end.",
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Stands in the audit trail beside each change.",
    )
    confirm = forms.BooleanField(required=False, label="Yes, change it all the same")

    def __init__(
        self, data: Any = None, *, grants: Sequence[Grant], own_member: str, resource: Resource | None = None
    ) -> None:
        super().__init__(data)
        self.resource = resource
        self.grants = {grant.pk: grant for grant in grants}
        self.own_member = own_member
        self.warnings: list[str] = []
        for grant in grants:
            roles = ROLES if grant.role in CONNECTION_ROLES else [(grant.role, grant.role), *ROLES]
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
        self._refuse_beyond_limits()
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

    def clean_expires_at(self) -> datetime | None:
        """Return when access ends. Raises ValidationError for a moment that is over."""
        moment: datetime | None = self.cleaned_data["expires_at"]
        if moment and moment <= clock.now():
            raise ValidationError("That is over already.")
        return moment

    def _refuse_beyond_limits(self) -> None:
        if self.resource and self.sharing.add and not self.errors:
            refusal = limits.refusal(self.resource, self.sharing.add, self.sharing.remove)
            if refusal:
                self.add_error("principals", refusal)

    def _sharing(self) -> Sharing:
        """A changed role keeps its end; who is named again gets the end that is named now."""
        rows = list(self.grants.values())
        removed = [grant for grant in rows if self.cleaned_data[f"remove_{grant.pk}"]]
        changed = [grant for grant in rows if grant not in removed and self._new_role(grant) != grant.role]
        asked = {(principal, self.cleaned_data["role"]) for principal in self.cleaned_data["principals"]}
        for grant in removed:
            if (grant.principal, grant.role) in asked:
                self.add_error("principals", f"{grant.principal} is removed above and added here.")
        expires_at: datetime | None = self.cleaned_data["expires_at"]
        renewed = [grant for grant in rows if _is_shared_otherwise(grant, asked, expires_at)]
        held = {
            (grant.principal, grant.role)
            for grant in rows
            if grant not in renewed and _lasts(grant, expires_at)
        }
        until = {(grant.principal, self._new_role(grant)): grant.expires_at for grant in changed}
        until |= dict.fromkeys(asked, expires_at)
        going = {grant.pk: grant for grant in [*removed, *changed, *renewed]}
        return Sharing(
            add=frozenset(set(until) - held),
            remove=tuple(going.values()),
            reason=self.cleaned_data["reason"],
            until={pair: end for pair, end in until.items() if end},
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


def _is_shared_otherwise(grant: Grant, asked: set[tuple[str, str]], expires_at: datetime | None) -> bool:
    """Whether a share of this very pair is asked for anew, with another end."""
    is_asked = grant.origin == Grant.Origin.SHARE and (grant.principal, grant.role) in asked
    return is_asked and grant.expires_at != expires_at


def _lasts(grant: Grant, until: datetime | None) -> bool:
    """Whether a grant makes another one until then superfluous."""
    return grant.expires_at is None or (until is not None and grant.expires_at >= until)


def _has_admin(pairs: Iterable[tuple[str, str]]) -> bool:
    return any(role == CONNECTION_ADMIN for _, role in pairs)
