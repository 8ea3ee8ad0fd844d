"""What a connection's page shows: facts of its kind, what Google sent beyond them, who has access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from access import claims
from access.drift import missing
from access.models import ENDING, Grant
from connections.kinds.base import Instruction
from connections.models import Connection, DatabaseInstance
from connections.present import kind_of
from connections.services import edit, rotate
from connections.services.create import TEST
from portal.models import AuditEvent, Operation, Step, User

CHANGES = (edit.TASK, rotate.TASK)

NEWEST = 10
_OVER_SEEN = (Grant.Presence.ABSENT, Grant.Presence.RELEASED)
_OVER = Q(desired=Grant.Presence.ABSENT, observed__in=_OVER_SEEN)
_REFUSED = ~Q(error="")
_SHOWN = Q(desired=Grant.Presence.PRESENT) | ENDING
_COMMON = frozenset(
    {
        "name",
        "friendlyName",
        "description",
        "kmsKeyName",
        "creationTime",
        "lastModifiedTime",
        "hasCredential",
    }
)
UNTOLD = "Google does not tell it: the portal asks for it with the next password."
# How a password is kept is said by "has credential".
_HIDDEN_ENDS = (".password.secretType",)


@dataclass(frozen=True)
class Fact:
    """One given value, under the label of the form that asked for it."""

    label: str
    value: str
    pasted: bool = True  # whether somebody may want it elsewhere
    help: str = ""

    @property
    def copy(self) -> str:
        """What the button beside it copies, "" for none."""
        return self.value if self.pasted else ""


def facts(connection: Connection) -> list[Fact]:
    """The kind's own values, in the order of the form, without the password."""
    kind = kind_of(connection)
    if kind is None:
        return [Fact(name, str(value)) for name, value in connection.properties.items()]
    fields = kind.fields()
    untold = kind.untold(connection.properties)
    return [
        Fact(
            str(fields[name].label),
            _shown(value := connection.properties.get(name, "")),
            pasted=not isinstance(value, bool),
            help=UNTOLD if name in untold else "",
        )
        for name in fields
        if name in kind.property_fields
    ]


def other_properties(connection: Connection) -> list[Fact]:
    """What Google sent and the portal has no field for, as dotted paths: shown, never dropped."""
    kind = kind_of(connection)
    known = _COMMON | kind.wire.known if kind is not None else _COMMON
    return [
        Fact(path, str(value))
        for path, value in _leaves(connection.body)
        if path not in known
        and not path.endswith(_HIDDEN_ENDS)
        and value not in {"", None, connection.service_account}
    ]


def database(connection: Connection) -> DatabaseInstance | None:
    """The instance behind the connection, if people can log in to it."""
    name = connection.properties.get("instance")
    found = DatabaseInstance.objects.filter(source_name=name).select_related("resource") if name else None
    return found.first() if found is not None else None


def instructions(connection: Connection) -> tuple[Instruction, ...]:
    """What is left to do in somebody else's console."""
    kind = kind_of(connection)
    return kind.instructions(connection) if kind is not None else ()


def _shown(value: Any) -> str:
    """A property for people: boxes as words."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]")
    elif path:
        yield path, value if isinstance(value, str | int | float | None) else str(value)


@dataclass(frozen=True)
class Access:
    """Claims that hold or are under way, and those that Google refused.

    `given` are on the connection itself, `agents` what its service agent has because of it.
    """

    given: list[Grant]
    agents: list[Grant]

    def of(self, user: User) -> list[Grant]:
        """What this person has by name."""
        own = user.member
        return [grant for grant in self.given if grant.principal == own and not _is_over(grant)]


def access(connection: Connection) -> Access:
    """Who has access to the connection, and what its service agent has. One query."""
    here = Q(resource=connection.resource_id)
    there = Q(origin=Grant.Origin.SERVICE_AGENT, purpose=connection.full_name)
    either = (here & _SHOWN) | (here & _OVER & _REFUSED) | (there & _SHOWN) | (there & _OVER & _REFUSED)
    claimed = missing.noted(Grant.objects.filter(either))
    found = list(claimed.select_related("resource").order_by("pk"))
    agents = [grant for grant in found if grant.resource_id != connection.resource_id]
    given = [grant for grant in found if grant.resource_id == connection.resource_id]
    shown = [grant for grant in given if not _is_over(grant)]
    held = {(grant.principal, grant.role) for grant in shown}
    refused = {(grant.principal, grant.role): grant for grant in given if _was_refused(grant)}
    failed = [grant for key, grant in refused.items() if key not in held]
    return Access(
        sorted([*shown, *failed], key=lambda grant: (grant.principal, grant.role, grant.pk)), agents
    )


def _is_over(grant: Grant) -> bool:
    return grant.desired == Grant.Presence.ABSENT and grant.observed in _OVER_SEEN


def _was_refused(grant: Grant) -> bool:
    return _is_over(grant) and grant.observed == Grant.Presence.ABSENT and bool(grant.error)


def own_access(connection: Connection, user: User) -> list[Grant]:
    """What this person has by name."""
    return list(missing.noted(claims.live(connection.resource).filter(principal=user.member)))


def events(connection: Connection) -> list[AuditEvent]:
    """The newest entries of the audit trail about the connection."""
    return list(AuditEvent.objects.filter(target=connection.full_name).order_by("-position")[:NEWEST])


def operations(connection: Connection) -> list[Operation]:
    """The newest operations about the connection.

    `failed_step` is the name of the step that failed, `remedy` what it says, `next_step` the title of the one
    that would have come after it.
    """
    steps = Step.objects.filter(operation=OuterRef("pk")).order_by("position")
    failed, pending = steps.filter(state=Step.State.FAILED), steps.filter(state=Step.State.PENDING)
    found = Operation.objects.filter(target=connection.full_name).order_by("-created_at", "id")
    told = found.annotate(
        failed_step=Subquery(failed.values("name")[:1]),
        remedy=Subquery(failed.values("remedy")[:1]),
        next_step=Subquery(pending.values("title")[:1]),
    )
    return list(told[:5])


def passed_since(connection: Connection, failed: Any) -> bool:
    """Whether a test passed after the one of this failed operation, one of `operations`, did not."""
    return bool(
        failed.failed_step == TEST
        and failed.ended_at
        and connection.tested_at
        and connection.tested_at > failed.ended_at
    )


def not_passed(connection: Connection, operations: list[Operation]) -> Any:
    """The newest change, one of `operations`, if BigQuery took it and its test failed; else None.

    No longer when a test has passed since.
    """
    last: Any = next((operation for operation in operations if operation.task in CHANGES), None)
    if not last or last.state != Operation.State.FAILED or last.failed_step != TEST:
        return None
    return None if passed_since(connection, last) else last
