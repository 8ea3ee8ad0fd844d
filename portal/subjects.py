"""What an event speaks of in its detail - a grant, a request, a principal - so that a page finds it at once.

An index beside the trail and no record of its own: written with each event, and made anew by rebuild().
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from portal.gcp.policies import member_key
from portal.models import AuditEvent, EventSubject

LONGEST = 400
_BATCH = 2000


def grant(key: int) -> str:
    """The subject of the events about a grant."""
    return f"grant/{key}"


def request(key: object) -> str:
    """The subject of the events about a request, by its UUID."""
    return f"request/{key}"


def principal(member: str) -> str:
    """The subject of the events about a principal, whatever the case of its address."""
    return f"principal/{member_key(member)}"[:LONGEST]


def of(detail: Mapping[str, Any]) -> set[str]:
    """Return the subjects that an event's detail names."""
    found = set()
    if isinstance(key := detail.get("grant"), int):
        found.add(grant(key))
    if isinstance(key := detail.get("request"), str) and key:
        found.add(request(key)[:LONGEST])
    if isinstance(member := detail.get("principal"), str) and member:
        found.add(principal(member))
    return found


def note(events: Iterable[AuditEvent]) -> None:
    """Write down what these events speak of, in the transaction that records them."""
    EventSubject.objects.bulk_create(_entries(events), batch_size=_BATCH)


def events(subject: str) -> QuerySet[AuditEvent]:
    """Return the events that speak of it."""
    return AuditEvent.objects.filter(
        position__in=EventSubject.objects.filter(subject=subject).values("position")
    )


def rebuild() -> int:
    """Make the index anew from the trail, in the caller's transaction; return how many entries it has."""
    EventSubject.objects.all().delete()
    made = 0
    batch: list[EventSubject] = []
    trail = AuditEvent.objects.order_by("position").only("position", "detail")
    for entry in _entries(trail.iterator(chunk_size=_BATCH)):
        batch.append(entry)
        if len(batch) == _BATCH:
            made += len(EventSubject.objects.bulk_create(batch))
            batch = []
    return made + len(EventSubject.objects.bulk_create(batch))


def _entries(events: Iterable[AuditEvent]) -> Iterator[EventSubject]:
    for event in events:
        for subject in sorted(of(event.detail)):
            yield EventSubject(subject=subject, position=event.position)
