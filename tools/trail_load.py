"""A long audit trail with its grants and requests, written quickly into an empty database.

The events are those that grants leave, in a chain that holds; holdings and subjects are then made from them,
as `manage.py rebuild_holdings` does. Half of the grants last; two in five are on one connection, and two in
five are one principal's, for whom the pages must be as quick as for everybody else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from access import figures, holdings
from access.models import CONNECTION_USER, AccessRequest, Decision, Grant, Resource
from portal import chain, subjects
from portal.models import AuditEvent, AuditHead, User

BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
HOT, HEAVY, ANALYST = "hot", "user:heavy@example.com", "user:analyst@example.com"
PROJECT = "acme-bench"
_BATCH = 2000
_COLUMNS = (*chain.FIELDS, "hash")


@dataclass
class Load:
    """How much: `events` in all, and `grants` that are seen at Google; half of them are seen to be gone."""

    events: int
    grants: int
    owner: User
    resources: list[Resource] = field(default_factory=list)

    @property
    def people(self) -> int:
        """Everybody but the heavy one holds some twenty."""
        return max(4, self.grants // 20)

    def resource_of(self, number: int) -> Resource:
        """The connection of a grant."""
        if number % 5 < 2:
            return self.resources[0]
        return self.resources[1 + number % (len(self.resources) - 1)]

    def principal_of(self, number: int) -> str:
        """Whose it is."""
        if number % 5 > 2:
            return HEAVY
        person = number % self.people
        return ANALYST if person == 0 else f"user:person{person}@example.com"

    def lasts(self, number: int) -> bool:
        """Whether nobody takes it away."""
        return number % 2 == 0

    def facts(self, number: int) -> dict[str, Any]:
        """What the events of a grant say."""
        return {
            "grant": number + 1,
            "principal": self.principal_of(number),
            "role": CONNECTION_USER,
            "origin": "request",
            "purpose": str(number),
            "expires_at": None,
            "request": str(UUID(int=number + 1)),
        }


def fill(events: int, grants: int, owner: User) -> Load:
    """Write everything."""
    load = Load(events, grants, owner)
    load.resources = _resources(max(3, grants // 200), owner)
    _insert(AccessRequest, _requests(load))
    _insert(Grant, _grants(load))
    _insert(Decision, _decisions(load))
    _append(load)
    with transaction.atomic():
        holdings.rebuild()
        subjects.rebuild()
    figures.count_due()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("SELECT setval('access_grant_id_seq', %s)", [grants])
    return load


def _resources(number: int, owner: User) -> list[Resource]:
    names = [HOT, *(f"cold-{count}" for count in range(1, number))]
    made = Resource.objects.bulk_create(
        Resource(
            kind=Resource.Kind.CONNECTION,
            full_name=f"projects/{PROJECT}/locations/us/connections/{name}",
            project_id=PROJECT,
            title=name,
        )
        for name in names
    )
    made[0].owners.add(owner)
    return made


def _insert(model: type[Model], rows: Iterator[Any]) -> None:
    while batch := list(islice(rows, _BATCH)):
        manager: QuerySet[Any] = model._default_manager.all()
        manager.bulk_create(batch)


def _grants(load: Load) -> Iterator[Grant]:
    for number in range(load.grants):
        state = Grant.Presence.PRESENT if load.lasts(number) else Grant.Presence.ABSENT
        yield Grant(
            pk=number + 1,
            resource=load.resource_of(number),
            principal=load.principal_of(number),
            role=CONNECTION_USER,
            origin=Grant.Origin.REQUEST,
            purpose=str(number),
            reason="for the report",
            desired=state,
            observed=state,
            observed_at=BEGAN,
            granted_by="owner@example.com",
            granted_at=BEGAN,
            expires_at=BEGAN + timedelta(days=4000, minutes=number),
            request_id=UUID(int=number + 1),
        )


def _requests(load: Load) -> Iterator[AccessRequest]:
    for number in range(load.grants):
        yield AccessRequest(
            pk=UUID(int=number + 1),
            resource=load.resource_of(number),
            requester=load.owner,
            principal=load.principal_of(number),
            role=CONNECTION_USER,
            reason="for the report",
            duration=timedelta(days=4000),
            state=AccessRequest.State.APPROVED,
            created_at=BEGAN + timedelta(minutes=number),
            decided_at=BEGAN + timedelta(minutes=number + number % 900),
        )


def _decisions(load: Load) -> Iterator[Decision]:
    for number in range(load.grants):
        yield Decision(
            request_id=UUID(int=number + 1),
            by=load.owner,
            verdict=Decision.Verdict.APPROVE,
            step=0,
            decided_at=BEGAN,
        )


def _told(load: Load) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield (action, outcome, target, detail): so many that each grant has its turn within `events`."""
    lag = max(1, load.grants // 10)
    ended = sum(not load.lasts(number) for number in range(load.grants))
    others = load.events - load.grants - ended
    told = 0
    for number in range(load.grants + lag):
        if number < load.grants:
            yield "grant.activate", "succeeded", load.resource_of(number).full_name, load.facts(number)
        if (old := number - lag) >= 0 and not load.lasts(old):
            yield (
                "grant.revoke",
                "succeeded",
                load.resource_of(old).full_name,
                load.facts(old) | {"observed": "absent"},
            )
        due = others * (number + 1) // (load.grants + lag)
        for count in range(told, due):
            yield _other(load, count)
        told = due


def _other(load: Load, count: int) -> tuple[str, str, str, dict[str, Any]]:
    number = count % load.grants
    target = load.resource_of(number).full_name
    match count % 6:
        case 0:
            return "person.sign_in", "succeeded", f"people/person{number}@example.com", {"way": "password"}
        case 1:
            return "request.create", "requested", target, load.facts(number)
        case 2:
            return "request.approve", "succeeded", target, load.facts(number)
        case 3:
            return "grant.request", "requested", target, load.facts(number)
        case 4:
            return "connection.test", "failed", target, {}
        case _:
            return "policy.share", "succeeded", target, {}


def _append(load: Load) -> None:
    """Write the chain; the head speaks of its end."""
    with transaction.atomic():
        head = AuditHead.objects.get()
        last = head.hash
        rows: list[tuple[Any, ...]] = []
        for position, (action, outcome, target, detail) in enumerate(_told(load), start=head.size + 1):
            event = {
                "position": position,
                "time": BEGAN + timedelta(seconds=position * 30),
                "actor": f"person{position % load.people}@example.com",
                "action": action,
                "outcome": outcome,
                "target": target,
                "project": PROJECT,
                "reason": "for the report" if position % 3 else "",
                "detail": detail,
                "operation": "",
                "previous_hash": last,
            }
            last = chain.content_hash(event)
            rows.append((*(event[name] for name in chain.FIELDS), last))
            if len(rows) == _BATCH:
                _write(rows)
                rows = []
        _write(rows)
        AuditHead.objects.update(size=position, hash=last)


def _write(rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert events past the ORM, as it would write them."""
    columns = ", ".join(_COLUMNS)
    if connection.vendor == "postgresql":
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {AuditEvent._meta.db_table} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(_with_detail(row, row[1]))
        return
    places = ", ".join("%s" for _ in _COLUMNS)
    statement = f"INSERT INTO {AuditEvent._meta.db_table} ({columns}) VALUES ({places})"  # noqa: S608 (names of ours)
    with connection.cursor() as cursor:
        cursor.executemany(
            statement, [_with_detail(row, row[1].strftime("%Y-%m-%d %H:%M:%S.%f")) for row in rows]
        )


def _with_detail(row: tuple[Any, ...], time: Any) -> tuple[Any, ...]:
    detail = _COLUMNS.index("detail")
    return (row[0], time, *row[2:detail], json.dumps(row[detail]), *row[detail + 1 :])
