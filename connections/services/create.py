"""Creating a connection: request_create from the web, apply_create in the worker.

Source of the steps: "Connect to AlloyDB for PostgreSQL", create the connection, grant access to the
service account, share connections with users.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from access import claims, policy_writer
from access import services as access_services
from access.models import Grant, Resource
from connections import kinds
from connections.models import GIVES_WAY, Connection
from connections.services import living, query
from portal import audit, clock, operations, secrets
from portal.execution import Failure
from portal.gcp import connections as google
from portal.gcp import services as google_services
from portal.gcp.errors import AlreadyExists, GoogleError, NotFound, PermissionDenied
from portal.models import Operation, Project, User
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


@dataclass(frozen=True)
class NewConnection:
    """What the "External data source" dialog asks for, without the password."""

    project: Project
    location: str
    connection_id: str
    kind: str
    properties: dict[str, str]
    friendly_name: str = ""
    description: str = ""
    kms_key_name: str = ""
    grant_service_agent: bool = True
    test_query: bool = True
    share: tuple[tuple[str, str], ...] = ()
    owners: tuple[User, ...] = ()


@sensitive_variables("password")
def request_create(new: NewConnection, password: str, *, by: User) -> Operation:
    """Write the connection down, seal its password, and have a worker make it.

    `by` becomes the owner when nobody is named. Raises IntegrityError when the portal has a connection
    of that name already, ValueError for an empty password.
    """
    kind = kinds.get(new.kind)
    with transaction.atomic():
        connection = _write_row(new, by)
        credential = {
            "table": "connections_connection",
            "row": str(connection.pk),
            "field": kind.secret_field,
        }
        operation = operations.enqueue(
            TASK,
            title=f"Create connection {new.connection_id}",
            target=connection.full_name,
            target_url=connection.get_absolute_url(),
            parameters={"connection": connection.pk, "credential": credential},
            lock=connection.full_name,
            by=by,
            steps=_steps(new),
        )
        operation.needs_credential = True
        operation.save(update_fields=["needs_credential"])
        secrets.seal(password, operation=operation, **credential)
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


def apply_create(run: Run) -> None:
    """Make the connection, step by step; each step looks before it acts, so that it can be repeated."""
    connection = Connection.objects.select_related("project", "resource").get(
        pk=run.operation.parameters["connection"]
    )
    living.check(connection, run)
    asked = set(run.operation.steps.values_list("name", flat=True))
    run.step(CREATE, partial(_create, connection, run), partial(_record_created, connection, run))
    if GRANT in asked:
        run.step(WAIT, partial(_wait_for_service_agent, connection), lambda said: said)
        run.step(GRANT, partial(_grant_service_agent, connection, run), lambda said: said)
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
        "intended_at": None,
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
        connection.save(force_insert=True)
    else:
        for grant in claims.live(connection.resource):
            claims.end(grant, by=by, reason="the connection is being made anew")
        for name, value in values.items():
            setattr(connection, name, value)
        connection.save()
    connection.resource.owners.set(new.owners or (by,))
    return connection


def _steps(new: NewConnection) -> list[tuple[str, str]]:
    needs = kinds.get(new.kind).needs
    steps = [(CREATE, "Create the connection")]
    if needs and new.grant_service_agent:
        steps += [
            (WAIT, "Wait for the service agent"),
            (GRANT, f"Grant the service agent {needs.label}"),
        ]
    if new.test_query:
        steps.append((TEST, "Test with a query"))
    if new.share:
        steps.append((SHARE, "Share the connection"))
    return steps


@sensitive_variables()
def _create(connection: Connection, run: Run) -> google.ConnectionInfo:
    """Look, then create; recognise a connection that an earlier try of this operation made."""
    intended = connection.intended_at is not None
    found = _find(connection)
    if found is None:
        password = secrets.open_sealed(operation=run.operation, **run.operation.parameters["credential"])
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
    return kind.read(found.body) == connection.properties and common == (
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
    return f"{_agent(connection)} is there."


def _grant_service_agent(connection: Connection, run: Run) -> str:
    """Claim the role on the project for this connection and bring the project's policy in line."""
    needs = kinds.get(connection.kind).needs
    if needs is None:
        return "This kind of connection needs no role."
    resource = claims.project_resource(connection.project)
    with run.fenced():
        grant = claims.claim(
            resource,
            f"serviceAccount:{_agent(connection)}",
            needs.role,
            origin=Grant.Origin.SERVICE_AGENT,
            by=run.operation.requested_by,
            purpose=connection.full_name,
            reason="The connection's service agent reaches the database with this role.",
            operation=run.operation,
        )
    policy_writer.write_pending(resource, run)
    grant.refresh_from_db()
    if grant.error:
        raise RefusedError(grant.error, f"Grant {needs.role} to {_agent(connection)} on the project.")
    return f"{needs.label} seen in the policy of {connection.project.project_id}."


def _agent(connection: Connection) -> str:
    return connection.service_account or google_services.service_agent(connection.project.number or 0)


def _record_tested(connection: Connection, run: Run, said: str) -> str:
    connection.tested_at = clock.now()
    connection.save(update_fields=["tested_at"])
    if run.operation.needs_credential:
        secrets.destroy(run.operation)
        run.operation.needs_credential = False
        run.operation.save(update_fields=["needs_credential"])
    return said


def _facts(connection: Connection) -> dict[str, Any]:
    return {
        "kind": connection.kind,
        "friendly_name": connection.friendly_name,
        "description": connection.description,
        "kms_key_name": connection.kms_key_name,
        **connection.properties,
    }


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
