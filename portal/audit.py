"""The audit trail: the only writer of AuditEvent, and the proof that nothing was altered.

Each event carries the SHA-256 of its content and of the event before it. record() runs inside the
transaction of what it tells of: without the event, that did not happen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from portal import clock, subjects
from portal.models import AuditEvent, AuditHead, Operation, User
from portal.signals import events_recorded

Outcome = AuditEvent.Outcome
SYSTEM = "portal"
GENESIS = "0" * 64
BATCH = 500
_FIELDS = (
    "position",
    "time",
    "actor",
    "action",
    "outcome",
    "target",
    "project",
    "reason",
    "detail",
    "operation",
    "previous_hash",
)
# The end of the chain as appending() has locked it, and the savepoints within which that is known.
_held: ContextVar[tuple[AuditHead, tuple[str | None, ...]] | None] = ContextVar("audit_head", default=None)


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
    event.hash = content_hash({name: getattr(event, name) for name in _FIELDS})
    return event


def content_hash(fields: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of an event's fields in their canonical form: sorted JSON, UTC time."""
    moment: datetime = fields["time"]
    content = dict(fields) | {"time": moment.astimezone(UTC).isoformat(timespec="microseconds")}
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


@dataclass(frozen=True)
class Verification:
    """What verify() found: how many events hold, the head's hash, and the first bad row if any."""

    size: int
    hash: str
    bad_position: int | None = None
    problem: str = ""

    @property
    def holds(self) -> bool:
        """Whether every event is as it was written."""
        return self.bad_position is None


def verify(checkpoints: Mapping[int, str] | None = None) -> Verification:
    """Walk the whole chain and compare it with the head and with known (size -> hash) checkpoints.

    A chain cut at its end, or written anew from some row on, still verifies by itself; the head row
    shows the first, checkpoints kept outside the database show both. What is appended meanwhile is left
    to the next verification: the head is read first, and the walk ends there.
    """
    known = dict(checkpoints or {})
    head = AuditHead.objects.get()
    position, previous = 0, GENESIS
    for fields in _rows(head.size):
        stored = fields.pop("hash")
        position += 1
        problem = _problem(fields, stored, position, previous)
        if not problem and known.pop(position, stored) != stored:
            problem = "differs from the signed checkpoint: this event or one before it was replaced"
        if problem:
            return Verification(position - 1, previous, fields["position"], problem)
        previous = stored
    if (head.size, head.hash) != (position, previous):
        return Verification(position, previous, position + 1, f"the head speaks of {head.size} events")
    if beyond := sorted(size for size in known if size > position):
        return Verification(
            position, previous, position + 1, f"missing: a signed checkpoint counted {beyond[-1]} events"
        )
    if stray := _beyond_the_head():
        return Verification(position, previous, stray, "stands behind the end of the chain")
    return Verification(position, previous)


def _beyond_the_head() -> int | None:
    """The position of an event that the head does not know of; read in this order, a live trail has none."""
    last: int | None = AuditEvent.objects.aggregate(last=Max("position"))["last"]
    return last if last and last > AuditHead.objects.get().size else None


def _rows(size: int) -> Iterator[dict[str, Any]]:
    events = AuditEvent.objects.filter(position__lte=size)
    rows = events.order_by("position").values_list(*_FIELDS, "hash")
    for row in rows.iterator(chunk_size=5000):
        yield dict(zip((*_FIELDS, "hash"), row, strict=True))


def _problem(fields: Mapping[str, Any], stored: str, position: int, previous: str) -> str:
    if fields["position"] != position:
        return f"event {position} is missing"
    if fields["previous_hash"] != previous:
        return "does not follow the event before it"
    if content_hash(fields) != stored:
        return "its content was altered"
    return ""
