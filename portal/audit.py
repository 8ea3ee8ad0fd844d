"""The audit trail: the only writer of AuditEvent. portal.chain holds the proof that nothing was altered.

Each event carries the SHA-256 of its content and of the event before it. record() runs inside the
transaction of what it tells of: without the event, that did not happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from portal import clock, subjects
from portal.chain import FIELDS, GENESIS, Verification, content_hash, verify
from portal.models import AuditEvent, AuditHead, Operation, User
from portal.signals import events_recorded

__all__ = [
    "BATCH",
    "GENESIS",
    "SYSTEM",
    "Entry",
    "Outcome",
    "Verification",
    "appending",
    "content_hash",
    "record",
    "record_all",
    "take_head",
    "verify",
]

Outcome = AuditEvent.Outcome
SYSTEM = "portal"
BATCH = 500
# The end of the chain as appending() has locked it, and the savepoints within which that is known.
_held: ContextVar[tuple[AuditHead, tuple[str | None, ...]] | None] = ContextVar("audit_head", default=None)
_MOVED_ON = ("",)  # no savepoints are called so


@contextmanager
def appending() -> Iterator[None]:
    """A transaction that will append events.

    It takes the end of the chain before it locks any other row: two such transactions wait for each
    other in one order and cannot end in a deadlock.
    """
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().annotate(moment=clock.Now()).get()
        token = _held.set((head, _depth()))
        try:
            with clock.going_on_from(head.moment):
                yield
        finally:
            _held.reset(token)
            if outer := _held.get():  # it was within another: whose head has moved on
                _held.set((outer[0], _MOVED_ON))


def take_head() -> AuditHead:
    """Lock the end of the chain until the present transaction ends, and return it."""
    held = _held.get()
    if held and held[1] == _depth():
        return held[0]
    head = AuditHead.objects.select_for_update().get()
    if held:
        _held.set((head, _depth()))
    return head


def _depth() -> tuple[str | None, ...]:
    """The savepoints that the transaction is in: beyond one of them, another may have been rolled back."""
    return tuple(transaction.get_connection().savepoint_ids)


@dataclass(frozen=True)
class Entry:
    """What record() and record_all() append; see record() for the meaning of each."""

    action: str
    by: User | str | None
    target: str
    outcome: AuditEvent.Outcome
    project: str = ""
    reason: str = ""
    detail: Mapping[str, Any] | None = None
    operation: Operation | None = None


def record(
    action: str,
    *,
    by: User | str | None,
    target: str,
    outcome: AuditEvent.Outcome,
    project: str = "",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    operation: Operation | None = None,
) -> AuditEvent:
    """Append one event to the chain, inside the caller's transaction.

    `action` is "noun.verb" ("connection.create"); `by` a person, an address, or None for the portal
    itself; `target` the full name of what it is about; `detail` further facts, never a secret.
    Raises TransactionManagementError outside a transaction, and whatever the database refuses with.
    """
    return record_all([Entry(action, by, target, outcome, project, reason, detail, operation)])[0]


def record_all(entries: Iterable[Entry]) -> list[AuditEvent]:
    """Append several events, in their order, for the price of one; see record()."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an audit event belongs into its change's transaction")
    if not (listed := list(entries)):
        return []
    head = take_head()
    now = clock.now()
    events = []
    for entry in listed:
        event = _chained(entry, head, now)
        head.size, head.hash = event.position, event.hash
        events.append(event)
    AuditEvent.objects.bulk_create(events, batch_size=BATCH)
    head.save()
    subjects.note(events)
    events_recorded.send(sender=AuditEvent, events=events)
    return events


def _chained(entry: Entry, head: AuditHead, now: datetime) -> AuditEvent:
    """The event that follows the head."""
    event = AuditEvent(
        position=head.size + 1,
        time=now,
        actor=str(entry.by) if entry.by else SYSTEM,
        action=entry.action,
        outcome=entry.outcome,
        target=entry.target,
        project=entry.project,
        reason=entry.reason,
        detail=dict(entry.detail or {}),
        operation=str(entry.operation.pk) if entry.operation else "",
        previous_hash=head.hash,
    )
    event.hash = content_hash({name: getattr(event, name) for name in FIELDS})
    return event
