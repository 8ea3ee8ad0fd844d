"""The filters of the audit trail, the same for the page and for exports."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Upper
from django.http import QueryDict

from portal import subjects
from portal.models import AuditEvent, AuditHead, EventSubject
from portal.views import paging

# How many events a page looks through at most; the next page goes on where it stopped.
WALK = 2_000
# What an index answers, the most telling first.
_INDEXED = ("principal", "target", "actor", "action", "project", "outcome")


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
    principal = _text("Whose access", "ana@example.com")
    actor = _text("Actor", "admin@example.com")
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
    return form, _filtered(found, _given(form), Q())


def chosen(form: AuditFilter) -> dict[str, str]:
    """Return the filters that are set, as text."""
    return {name: str(value) for name, value in getattr(form, "cleaned_data", {}).items() if value}


def page(form: AuditFilter, before: int | None, size: int) -> tuple[QuerySet[AuditEvent], int]:
    """Return what a page of `size` events before a position is taken from, and where its search stops.

    A page looks through WALK events, of those that one of its filters finds by an index. So it answers
    at once, however long the trail is and however seldom its words occur. It stops at 0 when it came to the
    beginning of the trail; nothing is found while the form has mistakes.
    """
    found = AuditEvent.objects.order_by("-position")
    if not form.is_valid():
        return found.none(), 0
    given = _given(form)
    stop = _stop(given, before, size)
    bounds = Q(position__gt=stop) if before is None else Q(position__gt=stop, position__lt=before)
    return _filtered(found.filter(bounds), given, bounds), stop


def _given(form: AuditFilter) -> dict[str, Any]:
    """What was typed; a principal as what it may be in the index of subjects, which is asked for once."""
    given = dict(form.cleaned_data)
    if given["principal"]:
        given["principal"] = _about(given["principal"])
    return given


def _stop(given: dict[str, Any], before: int | None, size: int) -> int:
    names = {name for name, value in given.items() if value}
    indexed = next((name for name in _INDEXED if name in names and _is_indexed(name, given[name])), None)
    others = names - {indexed, "since", "until"}
    if indexed is None and others:
        _, until = _period(given)
        last = min(value for value in (before and before - 1, until, _last()) if value is not None)
        return max(0, last - WALK)
    if indexed is None or (not others and indexed != "principal"):
        return 0
    walked: QuerySet[Any] = (
        EventSubject.objects.filter(given["principal"])
        if indexed == "principal"
        else _narrowed(AuditEvent.objects.all(), indexed, given[indexed], Q())
    )
    walked = _within(walked, given)
    if before is not None:
        walked = walked.filter(position__lt=before)
    return paging.stop(walked, "position", WALK if others else size)


def _last() -> int:
    return AuditHead.objects.get().size


def _is_indexed(name: str, value: str) -> bool:
    """Whether an index answers it: of actions and targets only a whole one's."""
    if name == "action":
        return "." in value
    return name != "target" or _is_leaf(value)


def _is_leaf(target: str) -> bool:
    """Whether nothing lies below it: a connection, a person."""
    return "/connections/" in target or target.startswith("people/")


def _filtered(found: QuerySet[AuditEvent], given: dict[str, Any], bounds: Q) -> QuerySet[AuditEvent]:
    found = _within(found, given)
    for name in (*_INDEXED, "q"):
        if given[name]:
            found = _narrowed(found, name, given[name], bounds)
    return found


def _narrowed(found: QuerySet[AuditEvent], name: str, value: Any, bounds: Q) -> QuerySet[AuditEvent]:
    """Apply one filter; `bounds` are positions, for what is looked for elsewhere first."""
    match name:
        case "q":
            return found.annotate(detail_text=Cast("detail", TextField())).filter(
                Q(target__icontains=value)
                | Q(reason__icontains=value)
                | Q(actor__icontains=value)
                | Q(detail_text__icontains=value)
            )
        case "actor":
            return found.annotate(upper_actor=Upper("actor")).filter(upper_actor=Upper(Value(value)))
        case "principal":
            about = EventSubject.objects.filter(value & bounds)
            return found.filter(position__in=about.values("position"))
        case "action" if "." not in value:
            return found.filter(action__startswith=value)
        case "target" if not _is_leaf(value):
            return found.filter(Q(target=value) | Q(target__startswith=f"{value.rstrip('/')}/"))
        case _:
            return found.filter(**{name: value})


def _about(text: str) -> Q:
    """The subject that an address is as a principal, or the two or three that it may be."""
    if ":" in text or "@" not in text:
        return Q(subject=subjects.principal(text))
    maybe = [subjects.principal(f"{kind}:{text}") for kind in ("user", "group", "serviceAccount")]
    known = [name for name in maybe if EventSubject.objects.filter(subject=name).exists()] or maybe[:1]
    # One is asked for as one: then an index gives the order too.
    return Q(subject=known[0]) if len(known) == 1 else Q(subject__in=known)


def _within(found: QuerySet[Any], given: dict[str, Any]) -> QuerySet[Any]:
    """Keep what lies between the first event of a day and the last one of another."""
    after, until = _period(given)
    if after:
        found = found.filter(position__gt=after)
    return found if until is None else found.filter(position__lte=until)


def _period(given: dict[str, Any]) -> tuple[int, int | None]:
    """The last event before the first day, and the last one of the last day."""
    trail = AuditEvent.objects.order_by("-time", "-position").values_list("position", flat=True)
    after, until = 0, None
    if since := given["since"]:
        after = trail.filter(time__lt=datetime.combine(since, time.min, UTC)).first() or 0
    if given["until"]:
        until = trail.filter(time__lte=datetime.combine(given["until"], time.max, UTC)).first() or 0
    return after, until
