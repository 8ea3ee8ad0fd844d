"""The filters of "Who has what" and "What changed", the same for pages and exports, and who may see what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from access import asof, principals
from access.models import Holding, Resource
from portal import clock
from portal.models import AuditHead, User
from portal.permissions import overseer

# How many grants a page looks through at most; the next page goes on where it stopped.
WALK = 5_000


def _text(label: str, placeholder: str, longest: int) -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": placeholder, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=longest, widget=widget)


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class ScopeForm(forms.Form):
    """Whose grants, on what, with which role."""

    principal = _text("Person or principal", "ana@example.com", principals.LONGEST)
    resource = _text("Connection or resource", "projects/…", 500)
    role = _text("Role", "connectionUser", 200)

    def clean_principal(self) -> list[str]:
        """The spellings that IAM may know an address by."""
        text: str = self.cleaned_data["principal"].strip()
        if not text:
            return []
        if ":" not in text and "@" in text:
            kinds = ["serviceAccount"] if text.lower().endswith(".gserviceaccount.com") else ["user", "group"]
            return asof.known_principals([f"{kind}:{text}" for kind in kinds])
        return [asof.principal_key(text)]

    def clean_resource(self) -> str:
        """A full name without a slash at its end."""
        return str(self.cleaned_data["resource"].strip().rstrip("/"))

    def clean_role(self) -> str:
        """A role's name without its prefix is one of BigQuery's."""
        role: str = self.cleaned_data["role"].strip()
        if role and "/" not in role:
            return f"roles/{role if '.' in role else f'bigquery.{role}'}"
        return role


class MomentForm(ScopeForm):
    """And as of when: the end of a day, or a time of it, in UTC. Nothing: now."""

    on = _day("As of")
    at = forms.TimeField(
        label="Time (UTC)", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def clean(self) -> None:
        """A time needs its day, and the future is not known."""
        on, at = self.cleaned_data.get("on"), self.cleaned_data.get("at")
        if at and not on:
            self.add_error("on", "Choose the day as well.")
        if on and _begin(on) > clock.now():
            self.add_error("on", "That day has not come yet.")

    def moment(self) -> datetime | None:
        """The moment that was chosen; None for now."""
        on, at = self.cleaned_data.get("on"), self.cleaned_data.get("at")
        return datetime.combine(on, at or time.max, UTC) if on else None


class PeriodForm(ScopeForm):
    """And between which days, in UTC, both included."""

    since = _day("From")
    until = _day("To")

    def clean(self) -> None:
        """From comes before to."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "The end lies before the beginning.")

    def positions(self) -> tuple[int, int]:
        """The last event before the period and the last one in it."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        head = AuditHead.objects.get().size
        after = asof.position_before(_begin(since)) if since else 0
        return after, asof.position_at(datetime.combine(until, time.max, UTC)) if until else head


@dataclass(frozen=True)
class Moment:
    """What the form of "Who has what" asks for."""

    form: MomentForm
    scope: QuerySet[Holding]
    # None: now.
    position: int | None
    moment: datetime | None

    @property
    def found(self) -> QuerySet[Holding]:
        """The table, newest first."""
        return asof.held(self.scope, self.position).order_by("-started_event")


def at_moment(query: QueryDict, user: User) -> Moment:
    """Return what the address asks for, as far as `user` may see; nothing while it has mistakes."""
    form = MomentForm(query)
    if not form.is_valid():
        return Moment(form, Holding.objects.none(), None, None)
    moment = form.moment()
    position = asof.position_at(moment) if moment else None
    return Moment(form, scope(form.cleaned_data, user), position, moment)


def scope(given: dict[str, Any], user: User) -> QuerySet[Holding]:
    """Return the holdings that the filters let through and that `user` may know of.

    Administrators and auditors see all; owners the resources that they own; everybody what they hold
    themselves.
    """
    found = Holding.objects.all()
    if keys := given["principal"]:
        # One is asked for as one: then an index gives the order too.
        found = found.filter(
            **({"principal_key": keys[0]} if len(keys) == 1 else {"principal_key__in": keys})
        )
    for name in ("resource", "role"):
        if value := given[name]:
            found = found.filter(**{name: value})
    if overseer(user) or (given["resource"] and owns(user, given["resource"])):
        return found
    return found.filter(principal_key=own_key(user))


def owns(user: User, full_name: str) -> bool:
    """Whether the person is one of a resource's owners."""
    return user.is_active and Resource.objects.filter(full_name=full_name, owners=user).exists()


def own_key(user: User) -> str:
    """The person as IAM knows them."""
    return asof.principal_key(user.member)


def chosen(form: ScopeForm) -> dict[str, str]:
    """Return the filters that are set, as they were typed."""
    return {name: str(form.data.get(name)) for name in form.fields if form.data.get(name)}


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
