"""Forms that give and take access outside of requests: revoking, break glass, leavers, differences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from access import glass, limits, principals
from access.drift import deciding
from access.forms import LONGEST_REASON, ROLES
from access.models import CONNECTION_USER, Drift, Grant, Resource
from portal import clock
from portal.forms import Card, RadioCards

REASON: dict[str, Any] = {"max_length": LONGEST_REASON, "widget": forms.Textarea(attrs={"rows": 2})}
FURTHEST = timedelta(days=366)
VERDICTS = {
    deciding.ADOPT: Card("Adopt", "It is right: from now on it is a grant of the portal's.", "check-lg"),
    deciding.RESTORE: Card("Restore", "Give it again at Google.", "arrow-counterclockwise"),
    deciding.REVOKE: Card(
        "Revoke", "Take it away at Google, and end the portal's grant if it has one.", "x-lg"
    ),
    deciding.IGNORE: Card("Ignore", "Leave it for now, until a day that you name.", "clock"),
}

UNFIT = {
    Drift.Kind.GONE.value: "is gone",
    Drift.Kind.FOREIGN.value: "was not given by the portal",
    Drift.Kind.CONDITIONAL.value: "is there under a condition, which the portal can only ignore",
}


class PrincipalField(forms.CharField):
    """One principal; cleans to how IAM spells it."""

    def __init__(self, **kwargs: Any) -> None:
        plain = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        super().__init__(**{"max_length": principals.LONGEST + 20, **kwargs})
        self.widget.attrs |= plain

    def clean(self, value: Any) -> str:
        """Return the principal. Raises ValidationError."""
        text: str = super().clean(value)
        found = principals.parse(text) if text else []
        if len(found) > 1:
            raise ValidationError("Name one principal only.")
        return found[0] if found else ""


class RevokeForm(forms.Form):
    """Which of a resource's grants end, and why."""

    reason = forms.CharField(
        label="Why?", required=False, help_text="Stands in the audit trail beside each end.", **REASON
    )

    def __init__(self, data: Any = None, *, grants: Sequence[Grant], chosen: Sequence[str] = ()) -> None:
        super().__init__(data)
        self.grants = {str(grant.pk): grant for grant in grants}
        self.marked = set(data.getlist("grant") if data is not None else chosen)

    @property
    def rows(self) -> list[tuple[Grant, bool]]:
        """Each grant, and whether it is chosen."""
        return [(grant, pk in self.marked) for pk, grant in self.grants.items()]

    def clean(self) -> dict[str, Any]:
        """Find the chosen grants; what somebody else ended meanwhile is not silently left out."""
        if not self.marked:
            raise ValidationError("Choose at least one grant.")
        if self.marked - set(self.grants):
            raise ValidationError("Somebody changed who has access meanwhile. This is how it stands now.")
        self.cleaned_data["grants"] = [grant for grant, is_chosen in self.rows if is_chosen]
        return self.cleaned_data


class BreakGlassForm(forms.Form):
    """Emergency access: who, which role, how long, and why."""

    HOURS = (1, 2, 4, 8)
    principal = PrincipalField(
        label="Principal", help_text="One: user:, group: or serviceAccount:. A bare address is understood."
    )
    role = forms.ChoiceField(choices=ROLES, initial=CONNECTION_USER)
    hours = forms.TypedChoiceField(
        label="For how long?",
        coerce=int,
        choices=[(hours, "1 hour" if hours == 1 else f"{hours} hours") for hours in HOURS],
        initial=1,
        help_text=f"It ends by itself, after {glass.LONGEST.total_seconds() / 3600:.0f} hours at most.",
    )
    reason = forms.CharField(
        label="Why?",
        min_length=10,
        help_text="What is the emergency? Owners and administrators are told at once; auditors read it.",
        **REASON,
    )

    def __init__(self, data: Any = None, *, resource: Resource, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.resource = resource

    def clean(self) -> dict[str, Any]:
        """Refuse what the policy has no room for."""
        principal, role = self.cleaned_data.get("principal"), self.cleaned_data.get("role")
        if principal and role and (refusal := limits.refusal(self.resource, [(principal, role)])):
            self.add_error("principal", refusal)
        return self.cleaned_data

    @property
    def duration(self) -> timedelta:
        """How long, once the form is valid."""
        return timedelta(hours=self.cleaned_data["hours"])


class LookUpForm(forms.Form):
    """Whose belongings are shown."""

    principal = PrincipalField(
        label="Principal", widget=forms.TextInput(attrs={"placeholder": "ana@example.com"})
    )


class LeaverForm(forms.Form):
    """Taking everything back from one principal: why, and its name typed once more."""

    reason = forms.CharField(label="Why?", help_text="Stands in the audit trail beside each end.", **REASON)
    confirm = forms.CharField(
        label="To confirm, type the principal",
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, *, principal: str) -> None:
        super().__init__(data)
        self.principal = principal
        self.fields["confirm"].label = f"To confirm, type {principal}"
        self.fields["confirm"].error_messages["required"] = f"Type {principal} to confirm."

    def clean_confirm(self) -> str:
        """Whatever else was typed is no confirmation."""
        typed: str = self.cleaned_data["confirm"].strip()
        if typed.lower() != self.principal.lower():
            raise ValidationError(f"Type {self.principal} to confirm.")
        return typed


class DriftForm(forms.Form):
    """What to do about chosen differences, and why."""

    verdict = forms.ChoiceField(
        label="What is to be done?", widget=RadioCards, choices=list(VERDICTS.items())
    )
    until = forms.DateField(
        label="Ignore until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="To the end of that day (UTC); for Ignore only.",
    )
    reason = forms.CharField(label="Why?", help_text="Stands in the audit trail.", **REASON)

    def __init__(self, data: Any = None, *, drifts: Sequence[Drift]) -> None:
        super().__init__(data)
        self.drifts = {str(row.pk): row for row in drifts}
        self.marked = set(data.getlist("drift")) if data is not None else set()

    @property
    def rows(self) -> list[tuple[Drift, bool]]:
        """Each difference, and whether it is chosen."""
        return [(row, pk in self.marked) for pk, row in self.drifts.items()]

    @property
    def has_conditional(self) -> bool:
        """Whether something is there under a condition."""
        return any(row.kind == Drift.Kind.CONDITIONAL for row in self.drifts.values())

    def clean_until(self) -> datetime | None:
        """Return the end of the day. Raises ValidationError for one that is over or too far away."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        end = datetime.combine(day, time.max, tzinfo=UTC)
        now = clock.now()
        if not now < end <= now + FURTHEST:
            raise ValidationError("Name a day from today on, a year ahead at most.")
        return end

    def clean(self) -> dict[str, Any]:
        """See that something is chosen, and that each choice can be decided so."""
        if not self.marked:
            self.add_error(None, "Choose at least one difference.")
        elif self.marked - set(self.drifts):
            self.add_error(None, "Somebody decided about these meanwhile. This is how it stands now.")
        verdict = self.cleaned_data.get("verdict")
        if verdict == deciding.IGNORE and "until" not in self.errors and not self.cleaned_data.get("until"):
            self.add_error("until", "Until when?")
        kinds = {row.kind for row, is_chosen in self.rows if is_chosen}
        for kind in sorted(kinds) if verdict else ():
            if verdict not in deciding.CHOICES[kind]:
                said = f"Not for what {UNFIT[kind]}: choose another, or fewer differences."
                self.add_error("verdict", said)
        return self.cleaned_data

    @property
    def keys(self) -> list[int]:
        """The chosen differences."""
        return sorted(int(pk) for pk in self.marked)

    @property
    def decision(self) -> deciding.Decision:
        """What was decided, once the form is valid."""
        data = self.cleaned_data
        return deciding.Decision(data["verdict"], data["reason"], data["until"])
