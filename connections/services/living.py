"""What every change of a living connection has in common: asking for it, finding it again, recording it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.views.decorators.debug import sensitive_variables

from connections.differences import differences
from connections.kinds.base import Kind
from connections.models import Connection
from connections.present import baseline, kind_of
from portal import audit, clock, operations, secrets
from portal.gcp import connections as google
from portal.gcp.errors import NotFound
from portal.models import Operation, User
from portal.runs import RefusedError, Run

State = Connection.State
LONGEST_NAME = 200
# How the row of a name that is used again begins.
NEW: Mapping[str, Any] = {
    "body": {},
    "service_account": "",
    "has_credential": False,
    "creation_time": None,
    "last_modified_time": None,
    "tested_at": None,
    "checked_at": None,
    "drift": Connection.Drift.NONE,
    "seen": {},
    "test_report": {},
    "key_report": {},
    "adopted_by": "",
    "adopted_at": None,
    "deleted_by": "",
    "deleted_at": None,
    "created_by_operation": "",
}
GONE = "Google does not have this connection any more: it was deleted outside the portal."
GONE_REMEDY = "Remove it from the portal, or create it again: its page offers both."


class NotNowError(Exception):
    """A change that does not fit the connection as it is now; the message is for people."""


def known_kind(connection: Connection) -> Kind:
    """The connection's kind. Raises NotNowError for one that the portal can only show."""
    kind = kind_of(connection)
    if kind is None:
        raise NotNowError(
            "The portal does not know this kind of connection: it changes its names and leaves the rest be."
        )
    return kind


def check_told(kind: Kind, properties: Mapping[str, Any]) -> None:
    """Raise NotNowError when a credential would be sent without its user: Google would keep none."""
    fields = kind.fields()
    if names := [str(fields[name].label).lower() for name in kind.untold(properties)]:
        raise NotNowError(f"Google does not tell the {' and '.join(names)}: enter it with the password.")


def note(connection: Connection, info: google.ConnectionInfo) -> None:
    """Compare the connection with what Google just said, and keep what differs. The caller saves."""
    differs = differences(kind_of(connection), baseline(connection), info.body)
    connection.drift = Connection.Drift.CHANGED if differs else Connection.Drift.NONE
    connection.seen = dict(info.body) if differs else {}
    connection.checked_at = clock.now()


def take_over(connection: Connection, info: google.ConnectionInfo) -> None:
    """Let the connection be as Google has it, in every field. The caller saves."""
    kind = kind_of(connection)
    if kind is not None:
        connection.properties = kind.seen(connection.properties, info.body)
    connection.friendly_name = info.friendly_name[:LONGEST_NAME]  # the body has all of it
    connection.description = info.description
    connection.kms_key_name = info.kms_key_name
    connection.body = dict(info.body)
    connection.service_account = info.service_account
    connection.has_credential = info.has_credential
    connection.creation_time = info.creation_time
    connection.last_modified_time = info.last_modified_time
    note(connection, info)


def record_tested(connection: Connection, run: Run, said: str) -> str:
    """Note that a test passed, in the transaction that marks its step as done."""
    destroy_password(run)
    connection.tested_at = clock.now()
    connection.test_report = {"passed": True, "at": connection.tested_at.isoformat(), "checks": []}
    connection.save(update_fields=["tested_at", "test_report"])
    return said


def locked(connection: Connection, *states: str) -> Connection:
    """Return the row, locked, if it is in one of these states (default: active). Raises NotNowError."""
    found = Connection.objects.select_for_update(of=("self",)).select_related("project", "resource")
    current: Connection = found.get(pk=connection.pk)
    if current.state not in (states or (State.ACTIVE,)):
        raise NotNowError(f"This connection is {current.get_state_display().lower()}: it cannot be changed.")
    return current


def enqueue(
    task: str,
    connection: Connection,
    *,
    title: str,
    action: str,
    by: User,
    steps: Sequence[tuple[str, str]],
    parameters: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Operation:
    """Write the operation of a change and its audit event `action`, in the caller's transaction.

    Operations of one connection run one at a time, in the order in which they were asked for.
    """
    operation = operations.enqueue(
        task,
        title=title,
        target=connection.full_name,
        target_url=connection.get_absolute_url(),
        parameters={**(parameters or {}), "connection": connection.pk, "action": action},
        lock=connection.full_name,
        by=by,
        steps=steps,
        owners_may=True,
    )
    record(operation, connection, audit.Outcome.REQUESTED, detail=detail)
    return operation


@sensitive_variables("password")
def seal(password: str, operation: Operation, connection: Connection) -> None:
    """Keep a password for the operation. Raises ValueError for an empty one."""
    place = {
        "table": "connections_connection",
        "row": str(connection.pk),
        "field": known_kind(connection).secret_field,
    }
    operation.parameters = {**operation.parameters, "credential": place}
    operation.needs_credential = True
    operation.save(update_fields=["parameters", "needs_credential"])
    secrets.seal(password, operation=operation, **place)


def destroy_password(run: Run) -> None:
    """BigQuery has the password now: destroy ours, in the transaction that says so."""
    if run.operation.needs_credential:
        secrets.destroy(run.operation)
        run.operation.needs_credential = False
        run.operation.save(update_fields=["needs_credential"])


def of(run: Run) -> Connection:
    """Return the connection of an operation."""
    found: Connection = Connection.objects.select_related("project", "resource").get(
        pk=run.operation.parameters["connection"]
    )
    return found


def is_over(connection: Connection, run: Run) -> bool:
    """Whether the operation is about a connection that is no more; another may have its name by now."""
    return connection.state == State.DELETED or connection.created_at > run.operation.created_at


def check(connection: Connection, run: Run) -> None:
    """Raise RefusedError when the operation is about a connection that is no more."""
    if is_over(connection, run):
        raise RefusedError(
            "This connection was deleted after it had been asked for.",
            "Begin anew from the connections page.",
        )


def get(connection: Connection) -> google.ConnectionInfo:
    """Read it at Google. Raises RefusedError when it is not there any more."""
    try:
        return google.get(connection.full_name)
    except NotFound:
        raise RefusedError(GONE, GONE_REMEDY) from None


def record(
    operation: Operation,
    connection: Connection,
    outcome: audit.Outcome,
    reason: str = "",
    *,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the event of an operation's request or outcome."""
    audit.record(
        operation.parameters["action"],
        by=operation.requested_by,
        target=connection.full_name,
        project=connection.project.project_id,
        outcome=outcome,
        reason=reason,
        detail=detail,
        operation=operation,
    )
