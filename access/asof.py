"""Who held what as of any moment, and what changed between two: questions to the holdings.

A moment is a place in the trail: the last event until then. So two events in one instant, or a clock that was
set back, cannot make the answer doubtful.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Q, QuerySet

from access.models import Holding
from portal.gcp.policies import member_key
from portal.models import AuditEvent

ChangeKind = Literal["gained", "lost"]


@dataclass(frozen=True)
class Change:
    """A principal got access, or lost it; `position` is the event that says so."""

    kind: ChangeKind
    position: int
    time: datetime
    holding: Holding


def principal_key(member: str) -> str:
    """Return a principal as holdings name it: without regard to the case of an address."""
    return member_key(member)


def known_principals(members: Iterable[str]) -> list[str]:
    """Return those that ever held something, as holdings name them; the first one if none did."""
    keys = [principal_key(member) for member in members]
    return [key for key in keys if Holding.objects.filter(principal_key=key).exists()] or keys[:1]


def position_at(moment: datetime) -> int:
    """Return the position of the last event until `moment`; 0 before the first."""
    until = AuditEvent.objects.filter(time__lte=moment).order_by("-time", "-position")
    return until.values_list("position", flat=True).first() or 0


def position_before(moment: datetime) -> int:
    """Return the position of the last event before `moment`; 0 before the first."""
    before = AuditEvent.objects.filter(time__lt=moment).order_by("-time", "-position")
    return before.values_list("position", flat=True).first() or 0


def held(scope: QuerySet[Holding], position: int | None) -> QuerySet[Holding]:
    """Return what of `scope` was there after the event at `position`, or is there now."""
    if position is None:
        return scope.filter(gone_event__isnull=True)
    return scope.filter(started_event__lte=position).filter(
        Q(gone_event__isnull=True) | Q(gone_event__gt=position)
    )


def changes(scope: QuerySet[Holding], after: int, until: int, size: int) -> list[Change]:
    """Return at most `size` changes of `scope` after the event at `after` up to `until`, newest first."""
    gained = scope.filter(started_event__gt=after, started_event__lte=until).order_by("-started_event")
    lost = scope.filter(gone_event__gt=after, gone_event__lte=until).order_by("-gone_event", "-started_event")
    found = [*_gained(gained[:size]), *_lost(lost[:size])]
    return sorted(found, key=lambda change: change.position, reverse=True)[:size]


def every_change(scope: QuerySet[Holding], after: int, until: int, chunk: int) -> Iterator[Change]:
    """Yield all changes of `scope` after the event at `after` up to `until`, newest first.

    `chunk` at a time are read, each time a query, so that no transaction stays open meanwhile.
    """
    gained, lost = _every_gain(scope, after, until, chunk), _every_loss(scope, after, until, chunk)
    return heapq.merge(gained, lost, key=lambda change: change.position, reverse=True)


def _every_gain(scope: QuerySet[Holding], after: int, until: int, chunk: int) -> Iterator[Change]:
    found = scope.filter(started_event__gt=after).order_by("-started_event")
    rows = list(found.filter(started_event__lte=until)[:chunk])
    while rows:
        yield from _gained(rows)
        rows = list(found.filter(started_event__lt=rows[-1].started_event)[:chunk])


def _every_loss(scope: QuerySet[Holding], after: int, until: int, chunk: int) -> Iterator[Change]:
    found = scope.filter(gone_event__gt=after).order_by("-gone_event", "-started_event")
    rows = list(found.filter(gone_event__lte=until)[:chunk])
    while rows:
        yield from _lost(rows)
        last = rows[-1]  # one event may end several
        same = Q(gone_event=last.gone_event, started_event__lt=last.started_event)
        earlier = found.filter(gone_event__lte=last.gone_event or 0)
        rows = list(earlier.filter(Q(gone_event__lt=last.gone_event) | same)[:chunk])


def _gained(holdings: Iterable[Holding]) -> Iterable[Change]:
    return (Change("gained", holding.started_event, holding.started_at, holding) for holding in holdings)


def _lost(holdings: Iterable[Holding]) -> Iterable[Change]:
    for holding in holdings:
        if holding.gone_event is not None and holding.gone_at is not None:
            yield Change("lost", holding.gone_event, holding.gone_at, holding)
