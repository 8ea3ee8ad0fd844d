"""The rows and events of differences, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from access.models import Drift, Resource
from portal import audit, clock
from portal.gcp.policies import member_key
from portal.models import Operation, User

State = Drift.State
IGNORED_LONG_ENOUGH = "The time for which it was ignored is over."
CONDITION_CHANGED = "Its condition was changed."
# What tells two differences of one policy: kind, role, and the principal without the case of its address.
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Found:
    """A difference as it was found: the principal as it is spelled, and what conditions it is under."""

    principal: str
    conditions: list[dict[str, Any]] = field(default_factory=list)


def write(resource: Resource, found: Mapping[Key, Found]) -> None:
    """Bring the rows in line with what was found; what is news gets an event."""
    now = clock.now()
    rows = {key_of(row): row for row in resource.drifts.exclude(state=State.RESOLVED)}
    made = [
        Drift(
            resource=resource,
            kind=one[0],
            role=one[1],
            principal=news.principal,
            conditions=news.conditions,
            found_at=now,
            seen_at=now,
        )
        for one, news in found.items()
        if one not in rows
    ]
    changed = _with_other_conditions(rows, found)
    over = [row for one, row in rows.items() if one in found and row not in changed and _is_over(row, now)]
    ended = [row for one, row in rows.items() if one not in found]
    Drift.objects.bulk_create(made, batch_size=audit.BATCH)
    Drift.objects.filter(pk__in=[row.pk for one, row in rows.items() if one in found]).update(seen_at=now)
    Drift.objects.bulk_update(changed, ["conditions"])
    Drift.objects.filter(pk__in=[row.pk for row in over + changed]).update(
        state=State.OPEN, ignored_until=None
    )
    Drift.objects.filter(pk__in=[row.pk for row in ended]).update(state=State.RESOLVED)
    audit.record_all(
        [
            *(entry("find", row, by=None) for row in made),
            *(entry("find", row, by=None, reason=IGNORED_LONG_ENOUGH) for row in over),
            *(entry("find", row, by=None, reason=CONDITION_CHANGED) for row in changed),
            *(entry("end", row, by=None) for row in ended),
        ]
    )


def _with_other_conditions(rows: Mapping[Key, Drift], found: Mapping[Key, Found]) -> list[Drift]:
    """The rows that are under other conditions than before: what was decided about those does not hold."""
    changed = [row for one, row in rows.items() if one in found and row.conditions != found[one].conditions]
    for row in changed:
        row.conditions = found[key_of(row)].conditions
    return changed


def _is_over(row: Drift, now: datetime) -> bool:
    return row.state == State.IGNORED and row.ignored_until is not None and row.ignored_until <= now


def key_of(row: Drift) -> Key:
    """What tells a difference from others of its policy."""
    return row.kind, row.role, member_key(row.principal)


def entry(
    verb: str, row: Drift, *, by: User | None, reason: str = "", operation: Operation | None = None
) -> audit.Entry:
    """The event of what was found or decided: drift.find, drift.end, drift.adopt and so on."""
    until = row.ignored_until.isoformat() if row.ignored_until else None
    return audit.Entry(
        f"drift.{verb}",
        by,
        row.resource.full_name,
        audit.Outcome.REQUESTED if operation else audit.Outcome.SUCCEEDED,
        row.resource.project_id,
        reason,
        {"kind": row.kind, "principal": row.principal, "role": row.role, "until": until}
        | ({"conditions": row.conditions} if row.conditions else {}),
        operation,
    )
