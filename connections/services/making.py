"""Making a connection at Google, step by step; each step looks before it acts, so that it can be repeated.

Source of the steps: "Connect to AlloyDB for PostgreSQL", create the connection, grant access to the
service account, share connections with users. Other kinds leave out what they have no use for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.views.decorators.debug import sensitive_variables

from access import claims, policy_writer
from access import services as access_services
from access.models import Grant
from connections import kinds, lookup
from connections.kinds.base import RoleNeeded
from connections.models import Connection
from connections.services import living, query
from portal import audit, clock, operations, secrets
from portal.execution import Failure
from portal.gcp import connections as google
from portal.gcp import services as google_services
from portal.gcp.errors import AlreadyExists, GoogleError, NotFound, PermissionDenied
from portal.runs import RefusedError, Run, WaitError

State = Connection.State
TASK = "connections.create"
CREATE, WAIT, GRANT, TEST, SHARE = (
    "create_connection",
    "wait_for_service_agent",
    "grant_service_agent",
    "test_query",
    "share",
)
TAKEN = "A connection with this ID exists already in this location, and the portal did not make it."
DIFFERS = (
    "A connection with this ID exists already in this location. An earlier attempt of the portal may have "
    "made it, with other values than these."
)
NOT_SHOWN = "Google says that the connection exists and does not show it yet."
# For how long a read may not show what was written: what was not there after that is somebody else's.
SETTLED = timedelta(minutes=10)


def apply_create(run: Run) -> None:
    """Make the connection, step by step; each step looks before it acts, so that it can be repeated."""
    connection = _begin(run)
    run.step(CREATE, partial(_create, connection, run), partial(_record_created, connection, run))
    if run.has(WAIT):
        run.step(WAIT, partial(_wait_for_service_agent, connection), lambda said: said)
    if run.has(GRANT):
        run.step(GRANT, partial(_grant_roles, connection, run), lambda said: said)
    if run.has(TEST):
        run.step(TEST, partial(query.test, connection, run), partial(_record_tested, connection, run))
    if run.has(SHARE):
        access_services.write_step(connection.resource, run, SHARE)
    with run.outcome():
        _record(run, connection, audit.Outcome.SUCCEEDED)


def _begin(run: Run) -> Connection:
    """Make sure that the row is this operation's, and keep others from using its name meanwhile."""
    rows = Connection.objects.select_for_update(of=("self",)).select_related("project", "resource")
    with run.fenced():
        current: Connection = rows.get(pk=run.operation.parameters["connection"])
        if current.created_by_operation != str(run.operation.pk):
            raise RefusedError(operations.REPLACED, "Look at the connection's page for the newer one.")
        living.check(current, run)
        if current.state == State.DELETING:
            raise RefusedError("This connection is being deleted.", "Begin anew when it is gone.")
        if current.state == State.FAILED:
            current.state = State.CREATING
            current.save(update_fields=["state"])
        run.begin(CREATE)
        return current


def create_failed(run: Run, failure: Failure) -> None:
    """Record why it did not come to an end; a connection that Google never made is marked as failed."""
    connection = Connection.objects.select_related("project").get(pk=run.operation.parameters["connection"])
    own = Connection.objects.filter(pk=connection.pk, created_by_operation=str(run.operation.pk))
    own.filter(state=State.CREATING).update(state=State.FAILED)
    _record(run, connection, audit.Outcome.FAILED, failure.message)


@sensitive_variables()
def _create(connection: Connection, run: Run) -> google.ConnectionInfo:
    """Look, then create; recognise a connection that an earlier try made, and give it the password."""
    earlier, found = connection.intended_at, _find(connection)
    ours = earlier is not None
    if found is None:
        _intend(connection, run)
        try:
            return _send(connection, run)
        except AlreadyExists:
            _take_back(connection, run, earlier)
            found = _find(connection)
            if found is None and ours:
                raise WaitError(NOT_SHOWN) from None
            ours = earlier is not None and clock.now() - earlier < SETTLED
        except (GoogleError, secrets.CredentialGoneError) as error:
            if not (isinstance(error, GoogleError) and error.outcome_unknown):
                _take_back(connection, run, earlier)
                raise
            found = _find(connection)
            if found is None or not _matches(connection, found):
                raise
            return found
    if not ours:
        raise RefusedError(TAKEN, "Choose another connection ID, or delete that connection first.")
    if found is None or not _matches(connection, found):
        raise RefusedError(
            DIFFERS, "Take it over from the project's page, delete it first, or choose another connection ID."
        )
    return query.replace_credential(connection, run) or found


@sensitive_variables()
def _send(connection: Connection, run: Run) -> google.ConnectionInfo:
    place = run.operation.parameters.get("credential")
    password = secrets.open_sealed(operation=run.operation, **place) if place else ""
    return google.create(
        connection.project.project_id,
        connection.location,
        connection.connection_id,
        _body(connection, password),
    )


def _intend(connection: Connection, run: Run) -> None:
    """Note, before the call, that a connection of this name may be the portal's own work from now on."""
    with run.fenced():
        connection.intended_at = clock.now()
        connection.save(update_fields=["intended_at"])


def _take_back(connection: Connection, run: Run, earlier: datetime | None) -> None:
    """Google's answer says that the call made nothing: all is as it was before it."""
    with run.fenced():
        connection.intended_at = earlier
        connection.save(update_fields=["intended_at"])


def _find(connection: Connection) -> google.ConnectionInfo | None:
    try:
        return google.get(connection.full_name)
    except NotFound:
        return None


def _matches(connection: Connection, found: google.ConnectionInfo) -> bool:
    kind = kinds.get(connection.kind)
    common = (found.friendly_name, found.description, found.kms_key_name)
    return kind.seen(connection.properties, found.body) == connection.properties and common == (
        connection.friendly_name,
        connection.description,
        connection.kms_key_name,
    )


@sensitive_variables("password")
def _body(connection: Connection, password: str) -> dict[str, Any]:
    body = kinds.get(connection.kind).body(connection.properties, password)
    common = {
        "friendlyName": connection.friendly_name,
        "description": connection.description,
        "kmsKeyName": connection.kms_key_name,
    }
    return body | {name: value for name, value in common.items() if value}


def _record_created(connection: Connection, run: Run, info: google.ConnectionInfo) -> str:
    """BigQuery has the password now: destroy ours in the very transaction that says so."""
    living.destroy_password(run)
    connection.state = State.ACTIVE
    connection.body = dict(info.body)
    connection.service_account = info.service_account
    connection.has_credential = info.has_credential
    connection.creation_time = info.creation_time
    connection.last_modified_time = info.last_modified_time
    connection.save()
    audit.record(
        "connection.made",
        by=None,
        target=connection.full_name,
        project=connection.project.project_id,
        outcome=audit.Outcome.SUCCEEDED,
        detail={"name": info.name, "service_account": info.service_account},
        operation=run.operation,
    )
    return f"Made in {connection.location}."


def _wait_for_service_agent(connection: Connection) -> str:
    """Have Google make the service agent now instead of some minutes after the first connection."""
    if connection.project.number is None:
        raise WaitError("The project is being looked up; its service agent goes by its number.", 0.5)
    try:
        is_there = google_services.generate_service_identity(str(connection.project.number))
    except PermissionDenied:
        return "The portal may not ask Google for the service agent; the next step waits for it."
    if not is_there:
        raise WaitError("Google is making the service agent; this takes some seconds.", 1.0)
    return f"{_account(connection)} is there."


def _grant_roles(connection: Connection, run: Run) -> str:
    """Claim each role for this connection, and bring the policies of the projects in line."""
    needed = kinds.get(connection.kind).roles(connection.properties)
    return " ".join([_grant(connection, run, role) for role in needed]) or "Nothing is needed."


def _grant(connection: Connection, run: Run, needed: RoleNeeded) -> str:
    project = lookup.project_of(connection.project, needed)
    account = _account(connection)
    if project is None:
        raise RefusedError(
            f"{account} needs {needed.label} on {needed.project}, which the portal does not look after.",
            f"Register {needed.project} on the Projects page, then retry.",
        )
    resource = claims.project_resource(project)
    claim = partial(
        claims.claim,
        resource,
        f"serviceAccount:{account}",
        needed.role,
        origin=Grant.Origin.SERVICE_AGENT,
        by=run.operation.requested_by,
        purpose=connection.full_name,
        reason=f"The connection's {kinds.get(connection.kind).identity_word} uses this role.",
        operation=run.operation,
    )
    policy_writer.write_pending(resource, run, claim)
    if refused := claims.refusal(resource.grants.filter(role=needed.role), run.operation):
        raise RefusedError(refused.error, f"Grant {needed.role} to {account} on {project.project_id}.")
    return f"{needed.label} seen in the policy of {project.project_id}."


def _account(connection: Connection) -> str:
    """The identity that reaches the source: as Google said, or the project's service agent."""
    return connection.service_account or google_services.service_agent(connection.project.number or 0)


def _record_tested(connection: Connection, run: Run, said: str) -> str:
    connection.tested_at = clock.now()
    connection.save(update_fields=["tested_at"])
    return said


def _record(run: Run, connection: Connection, outcome: audit.Outcome, reason: str = "") -> None:
    audit.record(
        "connection.create",
        by=run.operation.requested_by,
        target=connection.full_name,
        project=connection.project.project_id,
        outcome=outcome,
        reason=reason,
        operation=run.operation,
    )
