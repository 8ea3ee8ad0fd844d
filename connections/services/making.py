"""Making a connection at Google, step by step; each step looks before it acts, so that it can be repeated.

Source of the steps: "Connect to AlloyDB for PostgreSQL", create the connection, grant access to the
service account, share connections with users. Other kinds leave out what they have no use for.
"""

from __future__ import annotations

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
from portal import audit, clock, secrets
from portal.execution import Failure
from portal.gcp import connections as google
from portal.gcp import services as google_services
from portal.gcp.errors import AlreadyExists, GoogleError, NotFound, PermissionDenied
from portal.runs import RefusedError, Run, WaitError

TASK = "connections.create"
CREATE, WAIT, GRANT, TEST, SHARE = (
    "create_connection",
    "wait_for_service_agent",
    "grant_service_agent",
    "test_query",
    "share",
)
TAKEN = "A connection with this ID exists already in this location, and the portal did not make it."


def apply_create(run: Run) -> None:
    """Make the connection, step by step; each step looks before it acts, so that it can be repeated."""
    connection = Connection.objects.select_related("project", "resource").get(
        pk=run.operation.parameters["connection"]
    )
    living.check(connection, run)
    asked = set(run.operation.steps.values_list("name", flat=True))
    run.step(CREATE, partial(_create, connection, run), partial(_record_created, connection, run))
    if WAIT in asked:
        run.step(WAIT, partial(_wait_for_service_agent, connection), lambda said: said)
    if GRANT in asked:
        run.step(GRANT, partial(_grant_roles, connection, run), lambda said: said)
    if TEST in asked:
        run.step(TEST, partial(query.test, connection, run), partial(_record_tested, connection, run))
    if SHARE in asked:
        access_services.write_step(connection.resource, run, SHARE)
    with run.outcome():
        _record(run, connection, audit.Outcome.SUCCEEDED)


def create_failed(run: Run, failure: Failure) -> None:
    """Record why it did not come to an end; a connection that Google never made is marked as failed."""
    connection = Connection.objects.select_related("project").get(pk=run.operation.parameters["connection"])
    if connection.state == Connection.State.CREATING:
        connection.state = Connection.State.FAILED
        connection.save(update_fields=["state"])
    _record(run, connection, audit.Outcome.FAILED, failure.message)


@sensitive_variables()
def _create(connection: Connection, run: Run) -> google.ConnectionInfo:
    """Look, then create; recognise a connection that an earlier try of this operation made."""
    intended = connection.intended_at is not None
    found = _find(connection)
    if found is None:
        place = run.operation.parameters.get("credential")
        password = secrets.open_sealed(operation=run.operation, **place) if place else ""
        _intend(connection, run)
        try:
            return google.create(
                connection.project.project_id,
                connection.location,
                connection.connection_id,
                _body(connection, password),
            )
        except AlreadyExists:
            found = _find(connection)
        except GoogleError as error:
            found = _find(connection) if error.outcome_unknown else None
            if found is None:
                raise
            intended = True
    if found and intended and _matches(connection, found):
        return found
    raise RefusedError(TAKEN, "Choose another connection ID, or delete that connection first.")


def _intend(connection: Connection, run: Run) -> None:
    """Note that from here on a connection of this name may be this operation's own work."""
    with run.fenced():
        connection.intended_at = clock.now()
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
    secrets.destroy(run.operation)
    run.operation.needs_credential = False
    run.operation.save(update_fields=["needs_credential"])
    connection.state = Connection.State.ACTIVE
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
    try:
        identity = google_services.generate_service_identity(str(connection.project.number))
    except PermissionDenied:
        return "The portal may not ask Google for the service agent; the next step waits for it."
    if not identity.done:
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
    with run.fenced():
        grant = claims.claim(
            resource,
            f"serviceAccount:{account}",
            needed.role,
            origin=Grant.Origin.SERVICE_AGENT,
            by=run.operation.requested_by,
            purpose=connection.full_name,
            reason=f"The connection's {kinds.get(connection.kind).identity_word} uses this role.",
            operation=run.operation,
        )
    policy_writer.write_pending(resource, run)
    grant.refresh_from_db()
    if grant.error:
        raise RefusedError(grant.error, f"Grant {needed.role} to {account} on {project.project_id}.")
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
