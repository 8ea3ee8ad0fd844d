"""Asking for a connection, from the web; connections.services.making carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.views.decorators.debug import sensitive_variables

from access import claims, vanished
from access.models import Grant, Resource
from connections import kinds
from connections.kinds.base import Kind
from connections.models import GIVES_WAY, Connection
from connections.services import living
from connections.services.making import (
    CREATE,
    GRANT,
    SHARE,
    TAKEN,
    TASK,
    TEST,
    WAIT,
    apply_create,
    create_failed,
)
from portal import audit, clock, operations
from portal.models import Operation, Project, User

# What carries it out is part of the same use case: callers find both here.
__all__ = [
    "CREATE",
    "GRANT",
    "SHARE",
    "TAKEN",
    "TASK",
    "TEST",
    "WAIT",
    "NewConnection",
    "apply_create",
    "create_failed",
    "request_create",
]


@dataclass(frozen=True)
class NewConnection:
    """What the "External data source" dialog asks for, without the password."""

    project: Project
    location: str
    connection_id: str
    kind: str
    properties: dict[str, Any]
    friendly_name: str = ""
    description: str = ""
    kms_key_name: str = ""
    grant_service_agent: bool = True
    test_query: bool = True
    share: tuple[tuple[str, str], ...] = ()
    owners: tuple[User, ...] = ()


@sensitive_variables("password")
def request_create(new: NewConnection, password: str = "", *, by: User) -> Operation:
    """Write the connection down, seal its password, and have a worker make it.

    `by` becomes the owner when nobody is named. Raises IntegrityError when the portal has a connection
    of that name already, ValueError for an empty password, and for one that the kind has no use for.
    """
    kind = kinds.get(new.kind)
    if password and not kind.secret_field:
        raise ValueError("this kind of connection takes no password")
    with audit.appending():
        connection = _write_row(new, by)
        operation = operations.enqueue(
            TASK,
            title=f"Create connection {new.connection_id}",
            target=connection.full_name,
            target_url=connection.get_absolute_url(),
            parameters={"connection": connection.pk},
            lock=connection.full_name,
            by=by,
            steps=_steps(new, kind),
        )
        operations.replace_earlier(operation)
        connection.created_by_operation = str(operation.pk)
        connection.save(update_fields=["created_by_operation"])
        if kind.secret_field:
            living.seal(password, operation, connection)
        for principal, role in new.share:
            claims.claim(
                connection.resource, principal, role, origin=Grant.Origin.SHARE, by=by, operation=operation
            )
        audit.record(
            "connection.create",
            by=by,
            target=connection.full_name,
            project=new.project.project_id,
            outcome=audit.Outcome.REQUESTED,
            detail=_facts(connection),
            operation=operation,
        )
        return operation


def _write_row(new: NewConnection, by: User) -> Connection:
    """Insert the row; an earlier one under the same name that Google does not have gives way to it."""
    place = {"project": new.project, "location": new.location, "connection_id": new.connection_id}
    values = {
        "kind": new.kind,
        "friendly_name": new.friendly_name,
        "description": new.description,
        "kms_key_name": new.kms_key_name,
        "properties": new.properties,
        "state": Connection.State.CREATING,
        "created_by": str(by),
        "created_at": clock.now(),
        **living.NEW,
    }
    free = Connection.objects.filter(GIVES_WAY, **place).select_related("resource")
    connection = free.select_for_update(of=("self",)).first()
    if connection is None:
        connection = Connection(**place, **values)
        connection.resource = Resource.objects.create(
            kind=Resource.Kind.CONNECTION,
            full_name=connection.full_name,
            project_id=new.project.project_id,
            title=new.connection_id,
            url=connection.get_absolute_url(),
        )
        connection.resource.owners.add(*(new.owners or (by,)))
        connection.save(force_insert=True)
    else:
        vanished.end_claims(
            connection.resource, by=by, reason="The connection is being made anew.", operation=None
        )
        if connection.state != Connection.State.FAILED:  # else an earlier create may still have been done
            connection.intended_at = None
        for name, value in values.items():
            setattr(connection, name, value)
        connection.resource.owners.set(new.owners or (by,))
        connection.save()
    return connection


def _steps(new: NewConnection, kind: Kind) -> list[tuple[str, str]]:
    """What is to be done; a kind that needs no role or cannot be queried has fewer steps."""
    steps = [(CREATE, "Create the connection")]
    roles = kind.roles(new.properties) if new.grant_service_agent else ()
    if roles and kind.uses_agent:
        steps.append((WAIT, "Wait for the service agent"))
    if roles:
        labels = " and ".join(dict.fromkeys(needed.label for needed in roles))
        steps.append((GRANT, f"Grant the {kind.identity_word} {labels}"))
    if new.test_query and kind.test_statement:
        steps.append((TEST, "Test with a query"))
    if new.share:
        steps.append((SHARE, "Share the connection"))
    return steps


def _facts(connection: Connection) -> dict[str, Any]:
    return {
        "kind": connection.kind,
        "friendly_name": connection.friendly_name,
        "description": connection.description,
        "kms_key_name": connection.kms_key_name,
        **connection.properties,
    }
