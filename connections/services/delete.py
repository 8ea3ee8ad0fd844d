"""Deleting a connection: request_delete from the web, apply_delete in the worker.

The row stays, as deleted, so that the connection's address still tells what became of it; the name can be
used again. Roles that its account was given go unless another connection needs them: the portal looks for
those that it does not manage before it deletes, and claims for others what they need.
"""

from __future__ import annotations

from functools import partial

from access import claims, policy_writer, vanished
from access.models import Grant, Resource
from connections.models import Connection
from connections.services import adopt, living, sparing
from portal import audit, clock
from portal.execution import Failure
from portal.gcp import connections as google
from portal.gcp.errors import GoogleError, NotFound
from portal.models import Operation, User
from portal.runs import RefusedError, Run

TASK = "connections.delete"
LOOK, DELETE, REVOKE = "look_for_others", "delete_connection", "take_roles_back"
REASON = "The connection was deleted."
State = Connection.State


def request_delete(connection: Connection, *, by: User) -> Operation:
    """Mark the connection as being deleted and have a worker delete it. Raises NotNowError."""
    with audit.appending():
        current = living.locked(connection, State.ACTIVE, State.FAILED)
        steps = [(DELETE, "Delete the connection")]
        if roles_elsewhere(current):
            steps.insert(0, (LOOK, "Look who else needs the roles of its account"))
            steps.append((REVOKE, "Take back the roles of its account"))
        operation = living.enqueue(
            TASK,
            current,
            title=f"Delete connection {current.connection_id}",
            action="connection.delete",
            by=by,
            steps=steps,
            # What failed was never made: a connection of that name at Google is somebody else's.
            parameters={"before": current.state, "at_google": current.state != State.FAILED},
            detail={
                "kind": current.kind,
                "friendly_name": current.friendly_name,
                "properties": current.properties,
            },
        )
        current.state = State.DELETING
        current.save(update_fields=["state"])
        return operation


def roles_elsewhere(connection: Connection) -> list[Grant]:
    """The claims on other resources that exist for this connection's sake."""
    found = Grant.objects.filter(purpose=connection.full_name, desired=Grant.Presence.PRESENT)
    return list(found.select_related("resource").order_by("pk"))


def apply_delete(run: Run) -> None:
    """Delete the connection, then take back what its account was given for it."""
    connection = living.of(run)
    if connection.created_at > run.operation.created_at:
        raise RefusedError("A newer connection has this name.", "Delete that one from its own page.")
    if run.has(LOOK):
        project = connection.project
        run.step(LOOK, partial(adopt.list_everywhere, project), partial(adopt.record_found, project))
    run.step(DELETE, partial(_delete, connection, run), partial(_record_deleted, connection, run))
    if run.has(REVOKE):
        run.step(REVOKE, partial(_take_back, connection, run), lambda said: said)
    with run.outcome():
        living.record(run.operation, connection, audit.Outcome.SUCCEEDED)


def delete_failed(run: Run, failure: Failure) -> None:
    """Record why; a connection that is still there can be used again."""
    connection = living.of(run)
    if connection.state == State.DELETING and connection.created_at <= run.operation.created_at:
        connection.state = run.operation.parameters["before"]
        connection.save(update_fields=["state"])
    living.record(run.operation, connection, audit.Outcome.FAILED, failure.message)


def _delete(connection: Connection, run: Run) -> str:
    """Delete it at Google. That it is not there is what was wanted."""
    if not run.operation.parameters["at_google"]:
        return "Google never made it; removed from the portal."
    try:
        found = google.get(connection.full_name)
    except NotFound:
        return "Google does not have it any more."
    made = connection.creation_time
    if made and found.creation_time and found.creation_time != made:
        raise RefusedError(
            "Somebody deleted this connection outside and made another one of the same name.",
            "Refresh the connection's page, and accept the new one before you delete it.",
        )
    try:
        google.delete(connection.full_name)
    except NotFound:
        pass
    except GoogleError as error:
        if not error.outcome_unknown or not _is_gone(connection):
            raise
    return "Deleted at Google, with its credential and its policy."


def _is_gone(connection: Connection) -> bool:
    try:
        google.get(connection.full_name)
    except NotFound:
        return True
    return False


def _record_deleted(connection: Connection, run: Run, said: str) -> str:
    by, operation = run.operation.requested_by, run.operation
    connection.state, connection.drift, connection.seen = State.DELETED, Connection.Drift.NONE, {}
    connection.deleted_by, connection.deleted_at = by, clock.now()
    connection.has_credential = False
    connection.save()
    vanished.end_claims(connection.resource, by=by, reason=REASON, operation=operation)
    elsewhere = roles_elsewhere(connection)
    sparing.keep_for_others(connection, elsewhere, operation)
    for grant in elsewhere:
        claims.end(grant, by=by, reason=REASON, operation=operation)
    return said


def _take_back(connection: Connection, run: Run) -> str:
    ended = Grant.objects.filter(purpose=connection.full_name, desired=Grant.Presence.ABSENT)
    resources = Resource.objects.filter(pk__in=ended.values("resource")).order_by("pk")
    for resource in resources:
        policy_writer.write_pending(resource, run)
    kept = ended.filter(observed=Grant.Presence.RELEASED).exists()
    return "Others need a role of its account, or gave it: it stays." if kept else "Taken back."
