"""The figures of the Insights page: counted by a worker at intervals, for a page must not count a trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import TruncDate

from access.models import AccessRequest, Figures, Grant, Holding
from portal import audit, clock
from portal.models import AuditHead

DAYS = 90
AHEAD = 30
# Counted anew when the trail has grown, at the earliest after this.
PAUSE = timedelta(minutes=5)
State = AccessRequest.State
# How long a decision took: the name of each class and its end.
_SPANS = (
    ("Under 1 h", timedelta(hours=1)),
    ("1 to 4 h", timedelta(hours=4)),
    ("4 to 24 h", timedelta(days=1)),
    ("1 to 3 days", timedelta(days=3)),
)
_LONGER = "Over 3 days"


def latest() -> Figures | None:
    """Return what was counted last."""
    return Figures.objects.order_by("-counted_at", "-pk").first()


def count_due() -> bool:
    """Count if the trail has grown, or a day has begun, since the last time; return whether it was done."""
    now, last, size = clock.now(), latest(), AuditHead.objects.get().size
    if last:
        nothing_new = last.size == size and last.counted_at.date() == now.date()
        if nothing_new or now - last.counted_at < PAUSE:
            return False
    content = count(now)
    with audit.appending():  # of two at once the later one stays
        Figures.objects.all().delete()
        Figures.objects.create(counted_at=now, size=size, content=content)
    return True


def count(now: datetime) -> dict[str, Any]:
    """Return every figure as of `now`, which is UTC."""
    today = now.date()
    first = today - timedelta(days=DAYS - 1)
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    return {
        "held": _held(first, since),
        "outcomes": _outcomes(since),
        "spans": _spans(since),
        "ending": _ending(now),
    }


def _held(first: date, since: datetime) -> list[list[Any]]:
    """How many grants were held at the end of each day: [day, held, gained, lost]."""
    held = Holding.objects.filter(started_at__lt=since).exclude(gone_at__lt=since).count()
    gained = _by_day(Holding.objects.filter(started_at__gte=since).values_list(TruncDate("started_at")))
    lost = _by_day(Holding.objects.filter(gone_at__gte=since).values_list(TruncDate("gone_at")))
    found: list[list[Any]] = []
    for day in (first + timedelta(days=number) for number in range(DAYS)):
        held += gained.get(day, 0) - lost.get(day, 0)
        found.append([day.isoformat(), held, gained.get(day, 0), lost.get(day, 0)])
    return found


def _by_day(rows: Any) -> dict[date, int]:
    return dict(rows.annotate(number=Count("pk")).order_by())


def _outcomes(since: datetime) -> list[list[Any]]:
    """How many requests of this time ended how: [state, number]."""
    states = AccessRequest.objects.filter(created_at__gte=since).values_list("state")
    numbers = dict(states.annotate(number=Count("pk")).order_by())
    return [[state.value, numbers.get(state.value, 0)] for state in State]


def _spans(since: datetime) -> list[list[Any]]:
    """How many decisions took how long: [words, number]."""
    took = ExpressionWrapper(F("decided_at") - F("created_at"), output_field=DurationField())
    decided = AccessRequest.objects.filter(
        created_at__gte=since, state__in=(State.APPROVED, State.DENIED), decided_at__isnull=False
    )
    ends = {f"until_{number}": Count("pk", filter=Q(took__lt=end)) for number, (_, end) in enumerate(_SPANS)}
    counted = decided.annotate(took=took).aggregate(**ends, every=Count("pk"))
    sums = [*(counted[name] for name in ends), counted["every"]]
    names = [*(name for name, _ in _SPANS), _LONGER]
    return [[name, upper - lower] for name, upper, lower in zip(names, sums, [0, *sums], strict=False)]


def _ending(now: datetime) -> list[list[Any]]:
    """How many grants end on each of the next days: [day, number]."""
    soon = Grant.objects.filter(
        desired=Grant.Presence.PRESENT, expires_at__gte=now, expires_at__lt=now + timedelta(days=AHEAD)
    )
    numbers = _by_day(soon.values_list(TruncDate("expires_at")))
    days: Iterable[date] = (now.date() + timedelta(days=number) for number in range(AHEAD + 1))
    return [[day.isoformat(), numbers.get(day, 0)] for day in days]
