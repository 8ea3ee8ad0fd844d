"""Replacing a connection's password: request_rotate from the web, apply_rotate in the worker.

BigQuery keeps one credential, so a new password cannot be tried before it replaces the old one. It counts as
done when a query has passed with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from django.views.decorators.debug import sensitive_variables

from connections.models import Connection
from connections.present import at_google, baseline
from connections.services import living, query
from portal import audit, secrets
from portal.execution import Failure
from portal.gcp import connections as google
from portal.gcp.errors import GoogleError
from portal.models import Operation, User
from portal.runs import RefusedError, Run

TASK = "connections.rotate"
ROTATE, TEST = "replace_password", "test_query"
HOLDS_NONE = "Google took the change, and holds no credential all the same."
HOLDS_NEW = "BigQuery holds the new password now."
ENTER_RIGHT_ONE = (
    "BigQuery now holds the password that you entered, and the database refuses it: nobody's queries pass. "
    "Enter the right one: the portal replaces it and repeats the test."
)


@sensitive_variables("password")
def request_rotate(
    connection: Connection, password: str, *, told: Mapping[str, str] | None = None, by: User
) -> Operation:
    """Seal the new password and have a worker replace the one that BigQuery holds.

    `told` has what neither Google nor the portal knew (Kind.untold): the user of an adopted connection.
    Raises NotNowError when the connection has no credential to replace, ValueError for an empty password.
    """
    with audit.appending():
        current = living.locked(connection)
        kind = living.known_kind(current)
        if not kind.secret_field:
            raise living.NotNowError("This kind of connection has no password.")
        known = {name: value for name, value in (told or {}).items() if name in kind.write_only}
        living.check_told(kind, kind.seen(current.properties, at_google(current)) | known)
        steps = [(ROTATE, "Replace the password")]
        if kind.test_statement:
            steps.append((TEST, "Test with a query"))
        operation = living.enqueue(
            TASK,
            current,
            title=f"Rotate the password of {current.connection_id}",
            action="connection.rotate",
            by=by,
            steps=steps,
            parameters={"told": known},
        )
        living.seal(password, operation, current)
        return operation


def apply_rotate(run: Run) -> None:
    """Replace the password, then test it."""
    connection = living.of(run)
    living.check(connection, run)
    run.step(ROTATE, partial(_replace, connection, run), partial(_record_replaced, connection, run))
    if run.has(TEST):
        run.step(TEST, partial(_test, connection, run), partial(living.record_tested, connection, run))
    with run.outcome():
        living.record(run.operation, connection, audit.Outcome.SUCCEEDED)


def rotate_failed(run: Run, failure: Failure) -> None:
    """Record why the new password did not prove itself."""
    living.record(run.operation, living.of(run), audit.Outcome.FAILED, failure.message)


@sensitive_variables()
def _replace(connection: Connection, run: Run) -> google.ConnectionInfo:
    """Write user and password together. To write them again does no harm, so a lost answer needs one look."""
    kind, before = living.known_kind(connection), living.get(connection)
    place = run.operation.parameters["credential"]
    password = secrets.open_sealed(operation=run.operation, **place)
    told = run.operation.parameters.get("told", {})
    body = kind.body(kind.seen(connection.properties, before.body) | told, password)
    try:
        after = google.patch(connection.full_name, body, kind.credential_mask)
    except GoogleError as error:
        if not error.outcome_unknown:
            raise
        after = living.get(connection)
        if after.last_modified_time == before.last_modified_time or not after.has_credential:
            raise
    if not after.has_credential:
        raise RefusedError(HOLDS_NONE, "Enter user and password by editing the connection.")
    return after


def _record_replaced(connection: Connection, run: Run, info: google.ConnectionInfo) -> str:
    living.destroy_password(run)
    connection.properties |= run.operation.parameters.get("told", {})
    body = baseline(connection)
    connection.body = body | {
        name: info.body[name] for name in ("hasCredential", "lastModifiedTime") if name in info.body
    }
    connection.has_credential = info.has_credential
    connection.last_modified_time = info.last_modified_time
    living.note(connection, info)
    connection.save()
    return HOLDS_NEW


def _test(connection: Connection, run: Run) -> str:
    try:
        return query.test(connection, run)
    except RefusedError as error:
        remedy = ENTER_RIGHT_ONE if error.needs_credential else f"{HOLDS_NEW} {error.remedy}"
        raise RefusedError(str(error), remedy, needs_credential=error.needs_credential) from error
