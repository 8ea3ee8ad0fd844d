"""Giving a connection's account the roles that it needs, again or for the first time."""

from __future__ import annotations

from access import claims, policy_writer
from access.models import Grant, Resource
from connections import lookup
from connections.models import Connection
from connections.services import living
from connections.services.refresh import look_at_key
from portal import audit
from portal.execution import Failure
from portal.gcp import services as google_services
from portal.gcp.kms import KEY_ROLE
from portal.models import Operation, User
from portal.runs import RefusedError, Run

TASK = "connections.grant"
GRANT, KEY = "grant_role", "look_at_key"
Presence = Grant.Presence


def request_grant_roles(connection: Connection, *, by: User) -> Operation:
    """Have a worker give the connection's account the roles of its kind, where the portal may.

    Raises NotNowError when there is none to give.
    """
    with audit.appending():
        current = living.locked(connection)
        needed = [
            (project, item)
            for item in living.known_kind(current).roles(current.properties)
            if (project := lookup.project_of(current.project, item)) is not None
        ]
        if not needed:
            raise living.NotNowError("There is no role that the portal can grant this connection's account.")
        account = current.service_account or google_services.service_agent(current.project.number or 0)
        operation = _enqueue(current, by, f"Grant {', '.join(item.label for _, item in needed)}")
        for project, item in needed:
            grant = claims.claim(
                claims.project_resource(project),
                f"serviceAccount:{account}",
                item.role,
                origin=Grant.Origin.SERVICE_AGENT,
                by=by,
                purpose=current.full_name,
                reason="The connection's account reaches the database with this role.",
                operation=operation,
            )
            _look_again(grant, operation)
        return operation


def request_grant_key(connection: Connection, *, by: User) -> Operation:
    """Have a worker let BigQuery's encryption account use the connection's key. Raises NotNowError."""
    with audit.appending():
        current = living.locked(connection)
        if not current.kms_key_name:
            raise living.NotNowError("This connection has no customer-managed key.")
        account = google_services.encryption_agent(current.project.number or 0)
        operation = _enqueue(
            current, by, "Let BigQuery use the key", (KEY, "Look whether BigQuery may use it")
        )
        grant = claims.claim(
            claims.key_resource(current.kms_key_name),
            f"serviceAccount:{account}",
            KEY_ROLE,
            origin=Grant.Origin.ENCRYPTION,
            by=by,
            purpose=current.full_name,
            reason="BigQuery encrypts the connection's credential with this key.",
            operation=operation,
        )
        _look_again(grant, operation)
        return operation


def _enqueue(connection: Connection, by: User, title: str, *more: tuple[str, str]) -> Operation:
    return living.enqueue(
        TASK,
        connection,
        title=f"{title} for {connection.connection_id}",
        action="connection.grant",
        by=by,
        steps=[(GRANT, "Change the policy and read it back"), *more],
    )


def _look_again(grant: Grant, operation: Operation) -> None:
    """Somebody may have taken away what the portal saw: the writer looks at it again."""
    Grant.objects.filter(pk=grant.pk).update(observed=Presence.UNKNOWN, error="", operation=str(operation.pk))


def apply_grant(run: Run) -> None:
    """Bring the policies in line with what the connection's account needs."""
    connection = living.of(run)
    living.check(connection, run)
    run.step(GRANT, lambda: _write(connection, run), lambda said: said)
    if run.has(KEY):
        look_at_key(connection, run, KEY)
    with run.outcome():
        living.record(run.operation, connection, audit.Outcome.SUCCEEDED)


def grant_failed(run: Run, failure: Failure) -> None:
    """Record why the role could not be given."""
    living.record(run.operation, living.of(run), audit.Outcome.FAILED, failure.message)


def _write(connection: Connection, run: Run) -> str:
    wanted = Grant.objects.filter(purpose=connection.full_name)
    claims.ask_refused_again(wanted, run)
    pending = wanted.filter(desired=Presence.PRESENT).exclude(observed=Presence.PRESENT)
    for resource in Resource.objects.filter(pk__in=pending.values("resource")).order_by("pk"):
        policy_writer.write_pending(resource, run)
    if refused := claims.refusal(wanted, run.operation):
        raise RefusedError(refused.error, f"Grant {refused.role} to {refused.principal} by hand.")
    roles = wanted.filter(desired=Presence.PRESENT, observed=Presence.PRESENT).values_list("role", flat=True)
    return f"Seen in the policy: {', '.join(sorted(set(roles)))}. It may take some minutes to act."
