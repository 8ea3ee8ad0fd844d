"""Who held what, and when: the trail's events of grants, as intervals.

A grant is held from the event that says that Google's policy shows it until the event that says that it is
gone. A claim that ends while its binding stays - another claim needs it, or it was there before the portal -
is left in place until any claim on the same binding is seen to be gone. Until when it was to last is kept as
the events tell of it, and so is when a comparison found it gone at Google although nobody had ended it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from access.models import Drift, Holding
from portal import audit
from portal.gcp.policies import member_key
from portal.models import AuditEvent

# What says that a grant is there, and that it is not there any more.
OPENING = ("grant.activate", "grant.import")
CLOSING = ("grant.revoke",)
# What says that it lasts longer than it was to.
EXTENDING = ("request.extend",)
# What a comparison found of a binding: that it is gone, that it is there again.
MISSING, FOUND_AGAIN = "drift.find", "drift.end"
RELEASED = "released"
_BATCH = 500
_FOLLOWED = (*OPENING, *CLOSING, *EXTENDING, MISSING, FOUND_AGAIN)
_CHANGED = ("ends", "absences", "ended_at", "ended_event", "gone_at", "gone_event")
Key = tuple[str, str, str]


@dataclass
class Book:
    """The holdings that are not gone, while events are read in their order."""

    # Not ended, by their grant; ended and left in place, by resource, role and principal.
    open: dict[int, Holding] = field(default_factory=dict)
    left: dict[Key, list[Holding]] = field(default_factory=dict)
    # Both, by resource, role and principal, then by the event that began them.
    bound: dict[Key, dict[int, Holding]] = field(default_factory=dict)

    def take(self, holding: Holding) -> None:
        """Put in what is known already."""
        self.bound.setdefault(_key(holding), {})[holding.started_event] = holding
        if holding.ended_event is None:
            self.open[holding.grant] = holding
        else:
            self.left.setdefault(_key(holding), []).append(holding)

    def read(self, event: AuditEvent) -> list[Holding]:
        """Take in one event; return the holdings that it made or changed, maybe one of them twice."""
        if event.outcome != audit.Outcome.SUCCEEDED:
            return []
        if event.action in (MISSING, FOUND_AGAIN):
            return self._compared(event)
        grant = event.detail.get("grant")
        if not isinstance(grant, int):
            return []
        seen = self._see_again(event) if event.action in OPENING else []
        if grant in self.open and event.action in (*OPENING, *EXTENDING):
            return seen + self._prolong(self.open[grant], event)
        if event.action in OPENING:
            return seen + self._begin(grant, event)
        return self._end(grant, event) if event.action in CLOSING else []

    def _compared(self, event: AuditEvent) -> list[Holding]:
        if event.detail.get("kind") != Drift.Kind.GONE:
            return []
        if event.action == FOUND_AGAIN:
            return self._see_again(event)
        missed = [one for one in self._bound(event) if not _is_absent(one)]
        for holding in missed:
            holding.absences.append([event.position, event.time.isoformat(), None])
        return missed

    def _see_again(self, event: AuditEvent) -> list[Holding]:
        """Google has the binding, whichever claim the event is about."""
        missed = [one for one in self._bound(event) if _is_absent(one)]
        for holding in missed:
            holding.absences[-1][2] = event.position
        return missed

    def _bound(self, event: AuditEvent) -> Iterable[Holding]:
        return self.bound.get(_key_of(event), {}).values()

    def _begin(self, grant: int, event: AuditEvent) -> list[Holding]:
        detail = event.detail
        holding = Holding(
            grant=grant,
            resource=event.target,
            project=event.project,
            principal=detail.get("principal", ""),
            principal_key=member_key(detail.get("principal", "")),
            role=detail.get("role", ""),
            origin=detail.get("origin", ""),
            purpose=detail.get("purpose", ""),
            request=detail.get("request") or "",
            started_at=event.time,
            started_event=event.position,
            ends=[_end_of(event)],
        )
        self.take(holding)
        return [holding]

    def _prolong(self, holding: Holding, event: AuditEvent) -> list[Holding]:
        told = _end_of(event)
        if holding.ends and holding.ends[-1][1] == told[1]:
            return []
        holding.ends.append(told)
        return [holding]

    def _end(self, grant: int, event: AuditEvent) -> list[Holding]:
        ended = [holding] if (holding := self.open.pop(grant, None)) else []
        for holding in ended:
            holding.ended_at, holding.ended_event = event.time, event.position
        if event.detail.get("observed") == RELEASED:
            for holding in ended:
                self.take(holding)
            return ended
        gone = [*ended, *self.left.pop(_key_of(event), [])]
        for holding in gone:
            holding.gone_at, holding.gone_event = event.time, event.position
            self._leave(holding)
        return gone

    def _leave(self, holding: Holding) -> None:
        """What is over is not looked at again."""
        others = self.bound[_key(holding)]
        del others[holding.started_event]
        if not others:
            del self.bound[_key(holding)]


def note(events: Sequence[AuditEvent]) -> None:
    """Write down what new events say, in the transaction that records them."""
    telling = [event for event in events if _tells(event)]
    for start in range(0, len(telling), _BATCH):
        _note(telling[start : start + _BATCH])


def _tells(event: AuditEvent) -> bool:
    """Whether it may change a holding: most of what comparisons find is nobody's claim."""
    compared = event.action in (MISSING, FOUND_AGAIN)
    return event.action in _FOLLOWED and (not compared or event.detail.get("kind") == Drift.Kind.GONE)


def _note(events: Sequence[AuditEvent]) -> None:
    concerned = Q(grant__in={event.detail.get("grant") for event in events}, ended_event__isnull=True)
    if binding := [_key_of(event) for event in events if event.action not in EXTENDING]:
        # Not by their roles too: the one index that a database may use here would be the worst.
        resources, _, principals = (set(values) for values in zip(*binding, strict=True))
        concerned |= Q(resource__in=resources, principal_key__in=principals)
    book = Book()
    for holding in Holding.objects.filter(concerned, gone_event__isnull=True).order_by("started_event"):
        book.take(holding)
    touched = {holding.started_event: holding for event in events for holding in book.read(event)}
    Holding.objects.bulk_create(holding for holding in touched.values() if holding.pk is None)
    Holding.objects.bulk_update((holding for holding in touched.values() if holding.pk), _CHANGED)


def replay() -> Iterator[Holding]:
    """Yield every holding that the trail tells of, unsaved: what is over first, at last what is held."""
    book = Book()
    trail = AuditEvent.objects.filter(action__in=_FOLLOWED).order_by("position")
    for event in trail.iterator(chunk_size=2000):
        yield from (holding for holding in book.read(event) if holding.gone_event is not None)
    yield from book.open.values()
    for holdings in book.left.values():
        yield from holdings


def rebuild() -> int:
    """Make all holdings anew from the trail, in the caller's transaction; return how many there are."""
    Holding.objects.all().delete()
    made = 0
    for batch in _batches(replay()):
        made += len(Holding.objects.bulk_create(batch))
    return made


def differences() -> int:
    """Return how many holdings are not as the trail tells of them."""
    columns = [column.attname for column in Holding._meta.concrete_fields if not column.primary_key]
    rows = Holding.objects.values_list(*columns).iterator(chunk_size=2000)
    stored = {_comparable(row) for row in rows}
    told = {_comparable(getattr(holding, name) for name in columns) for holding in replay()}
    return len(stored ^ told)


def _comparable(row: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(str(value) if isinstance(value, list) else value for value in row)


def _batches(holdings: Iterable[Holding]) -> Iterator[list[Holding]]:
    batch: list[Holding] = []
    for holding in holdings:
        batch.append(holding)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_absent(holding: Holding) -> bool:
    return bool(holding.absences) and holding.absences[-1][2] is None


def _end_of(event: AuditEvent) -> list[Any]:
    return [event.position, event.detail.get("expires_at")]


def _key(holding: Holding) -> Key:
    return holding.resource, holding.role, holding.principal_key


def _key_of(event: AuditEvent) -> Key:
    detail: dict[str, Any] = event.detail
    return event.target, detail.get("role", ""), member_key(detail.get("principal", ""))
