"""The chain of audit events: how each is hashed, and the walk that proves that none was altered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

from django.db.models import F, Func, Max, TextField
from django.db.models.functions import Cast

from portal.models import AuditEvent, AuditHead

GENESIS = "0" * 64
FIELDS = (
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
# After so many events the walk says how far it has come.
STRIDE = 10_000
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_decode = json.JSONDecoder().raw_decode


def content_hash(fields: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of an event's fields in their canonical form: sorted JSON, UTC time."""
    moment: datetime = fields["time"]
    content = dict(fields) | {"time": _utc(moment)}
    return hashlib.sha256(_encode(content).encode()).hexdigest()


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


class _TimeText(Func):
    """A time as text, so that no object is made of it: on PostgreSQL as content_hash() has it."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """As Django keeps it: in UTC, with a blank, and without a fraction that is nothing."""
        return self.as_sql(compiler, connection, template="CAST(%(expressions)s AS TEXT)", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """Put together by the server."""
        shape = "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || '+00:00'"
        return self.as_sql(compiler, connection, template=shape, **context)


class _Row(NamedTuple):
    """An event as it is read for the walk; its time and its detail are the database's text."""

    position: int
    time_text: str
    actor: str
    action: str
    outcome: str
    target: str
    project: str
    reason: str
    detail_text: str
    operation: str
    previous_hash: str
    hash: str


def verify(
    checkpoints: Mapping[int, str] | None = None,
    *,
    after: tuple[int, str] = (0, GENESIS),
    progress: Callable[[int, int], None] = lambda _done, _size: None,
) -> Verification:
    """Walk the chain and compare it with the head and with known (size -> hash) checkpoints.

    A chain cut at its end, or written anew from some row on, still verifies by itself; the head row
    shows the first, checkpoints kept outside the database show both. What is appended meanwhile is left
    to the next verification: the head is read first, and the walk ends there.
    `after` is the position and the hash of an event that an earlier walk found to hold: what lies before
    it is not looked at again. `progress` is told how far the walk has come, and how far it goes.
    """
    position, previous = after
    known = {size: value for size, value in (checkpoints or {}).items() if size >= position}
    head = AuditHead.objects.get()
    if position and (moved := _moved(position, previous, known)):
        return moved
    for row in _rows(position, head.size):
        position += 1
        problem = _problem(row, position, previous)
        if not problem and known and known.pop(position, row.hash) != row.hash:
            problem = "differs from the signed checkpoint: this event or one before it was replaced"
        if problem:
            return Verification(position - 1, previous, row.position, problem)
        previous = row.hash
        if position % STRIDE == 0:
            progress(position, head.size)
    return _at_the_end(head, position, previous, known)


def _at_the_end(head: AuditHead, position: int, previous: str, known: Mapping[int, str]) -> Verification:
    """Compare where the walk ended with where the chain ends."""
    if (head.size, head.hash) != (position, previous):
        return Verification(position, previous, position + 1, f"the head speaks of {head.size} events")
    if beyond := sorted(size for size in known if size > position):
        return Verification(
            position, previous, position + 1, f"missing: a signed checkpoint counted {beyond[-1]} events"
        )
    if stray := _beyond_the_head():
        return Verification(position, previous, stray, "stands behind the end of the chain")
    return Verification(position, previous)


def _moved(position: int, expected: str, known: dict[int, str]) -> Verification | None:
    """Whether the event at which an earlier walk ended is another one now."""
    row = next(_rows(position - 1, position), None)
    if row is None:
        problem = f"event {position} is missing"
    elif row.hash != expected:
        problem = "is not the event that was verified before: this event or one before it was replaced"
    elif known.pop(position, expected) != expected:
        problem = "differs from the signed checkpoint: this event or one before it was replaced"
    else:
        problem = _problem(row, position, row.previous_hash)
    return Verification(position - 1, expected, position, problem) if problem else None


def _beyond_the_head() -> int | None:
    """The position of an event that the head does not know of; read in this order, a live trail has none."""
    last: int | None = AuditEvent.objects.aggregate(last=Max("position"))["last"]
    return last if last and last > AuditHead.objects.get().size else None


def _rows(after: int, until: int) -> Iterator[_Row]:
    """Yield the events after one position up to another, past everything that makes objects of them."""
    events = AuditEvent.objects.filter(position__gt=after, position__lte=until).order_by("position")
    texts = {"detail_text": Cast(F("detail"), TextField()), "time_text": _TimeText(F("time"))}
    names = [f"{name}_text" if name in {"detail", "time"} else name for name in FIELDS]
    rows = events.annotate(**texts).values_list(*names, "hash")
    return map(_Row._make, rows.iterator(chunk_size=5000))


def _problem(row: _Row, position: int, previous: str) -> str:
    if row.position != position:
        return f"event {position} is missing"
    if row.previous_hash != previous:
        return "does not follow the event before it"
    try:
        holds = hashlib.sha256(_canonical(row).encode()).hexdigest() == row.hash
    except ValueError:  # what stands there is no JSON
        holds = False
    return "" if holds else "its content was altered"


def _canonical(row: _Row) -> str:
    """What content_hash() hashes, put together by hand: in half the time, and a million rows take long."""
    position, time, actor, action, outcome, target, project, reason, detail, operation, previous, _ = row
    return (
        f'{{"action":{quoted(action)},"actor":{quoted(actor)},"detail":{_sorted(detail)},'
        f'"operation":{quoted(operation)},"outcome":{quoted(outcome)},"position":{position},'
        f'"previous_hash":{quoted(previous)},"project":{quoted(project)},"reason":{quoted(reason)},'
        f'"target":{quoted(target)},"time":"{_whole(time)}"}}'
    )


def _sorted(detail: str) -> str:
    """The database's JSON text in its canonical form."""
    if detail == "{}":
        return detail
    value, end = _decode(detail)
    if end != len(detail):
        raise ValueError("more than one value")
    return _encode(value)


def _whole(time: str) -> str:
    """The database's text of a time in its canonical form."""
    if len(time) == 32:
        return time
    return f"{time[:10]}T{time[11:]}{'' if len(time) == 26 else '.000000'}+00:00"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
