"""The filters of the audit trail, the same for the page and for exports."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import QueryDict

from portal.models import AuditEvent


def _text(label: str, placeholder: str = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": placeholder, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=500, widget=widget)


def _date(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class AuditFilter(forms.Form):
    """Search and filters; dates are days in UTC, both included."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Target, reason, principal, role"}),
    )
    actor = _text("Actor", "ana@example.com")
    action = _text("Action", "grant or grant.end")
    target = _text("Target", "projects/…")
    project = _text("Project")
    outcome = forms.ChoiceField(required=False, choices=[("", "Any outcome"), *AuditEvent.Outcome.choices])
    since = _date("From")
    until = _date("To")

    def clean(self) -> None:
        """From comes before to."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "The end lies before the beginning.")


def events(query: QueryDict) -> tuple[AuditFilter, QuerySet[AuditEvent]]:
    """Return the form and the events that it lets through, newest first; none while it has mistakes."""
    form = AuditFilter(query)
    found = AuditEvent.objects.order_by("-position")
    if not form.is_valid():
        return form, found.none()
    return form, _filtered(found, form.cleaned_data)


def chosen(form: AuditFilter) -> dict[str, str]:
    """Return the filters that are set, as text."""
    return {name: str(value) for name, value in getattr(form, "cleaned_data", {}).items() if value}


def _filtered(found: QuerySet[AuditEvent], given: dict[str, Any]) -> QuerySet[AuditEvent]:
    if text := given["q"]:
        found = found.annotate(detail_text=Cast("detail", TextField())).filter(
            Q(target__icontains=text)
            | Q(reason__icontains=text)
            | Q(actor__icontains=text)
            | Q(detail_text__icontains=text)
        )
    if action := given["action"]:
        found = found.filter(action=action) if "." in action else found.filter(action__startswith=action)
    if target := given["target"]:
        found = found.filter(Q(target=target) | Q(target__startswith=f"{target.rstrip('/')}/"))
    exact = {name: given[name] for name in ("project", "outcome") if given[name]}
    if actor := given["actor"]:
        exact["actor__iexact"] = actor
    if since := given["since"]:
        exact["time__gte"] = datetime.combine(since, time.min, UTC)
    if until := given["until"]:
        exact["time__lte"] = datetime.combine(until, time.max, UTC)
    return found.filter(**exact)
