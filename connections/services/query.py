"""Testing a connection with a query, and saying what its failure means."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.views.decorators.debug import sensitive_variables

from access.models import Grant
from connections import kinds
from connections.explaining import explain
from connections.models import Connection
from connections.services import living, source
from portal import clock, secrets
from portal.gcp import connections as google
from portal.gcp import queries
from portal.gcp.diagnosis import diagnose
from portal.models import Step
from portal.runs import RefusedError, Run, WaitError

QUERY_SECONDS = 30
# What a role that was granted a moment ago looks like until Google acts on it.
_PASSES_BY_ITSELF = frozenset({"postgres-unreachable", "mysql-unreachable"})
CORRECT = "Correct the instance on the connection's page (Edit details): the portal tests it again there."
ENTER_AGAIN = "Enter the password again: the portal replaces it in BigQuery and repeats the test."


def test(connection: Connection, run: Run) -> str:
    """Run the kind's test statement through the connection and return the sentence for the page.

    A password entered anew after a failed test replaces the one that BigQuery holds, first. Raises
    WaitError while a fresh role may not act yet, RefusedError with cause and remedy otherwise.
    """
    _replace_credential(connection, run)
    try:
        return ask(connection)
    except queries.QueryFailed as error:
        raise _explain(error, connection, run) from error


def ask(connection: Connection) -> str:
    """Run the kind's test statement through the connection; return the sentence for the page.

    Raises as queries.external_query().
    """
    statement = kinds.get(connection.kind).test_statement
    queries.external_query(
        connection.path,
        statement,
        project=connection.project.project_id,
        location=connection.location,
        timeout_seconds=QUERY_SECONDS,
    )
    return f"{statement} passed."


def _replace_credential(connection: Connection, run: Run) -> None:
    if run.operation.needs_credential and replace_credential(connection, run):
        with run.fenced():  # BigQuery has it: destroyed here, whatever the test says
            living.destroy_password(run)


@sensitive_variables("password")
def replace_credential(connection: Connection, run: Run) -> google.ConnectionInfo | None:
    """Have BigQuery hold the operation's password instead of its own; None when the operation has none."""
    if not (run.operation.needs_credential and "credential" in run.operation.parameters):
        return None
    kind = kinds.get(connection.kind)
    password = secrets.open_sealed(operation=run.operation, **run.operation.parameters["credential"])
    body = kind.body(connection.properties, password)
    return google.patch(connection.full_name, body, kind.credential_mask)


def _explain(error: queries.QueryFailed, connection: Connection, run: Run) -> Exception:
    known = diagnose(error.message)
    if known is None:
        return RefusedError(error.message, "Look the message up, mend the cause, then retry.")
    diagnosis = explain(known, connection).diagnosis
    if diagnosis.code in _PASSES_BY_ITSELF and (gone := source.missing(connection)):
        return RefusedError(gone, CORRECT)
    if diagnosis.code in _PASSES_BY_ITSELF and (until := _role_acts_by(connection, run)):
        return WaitError(
            f"The database does not let the service agent in yet. A fresh role takes about 2 minutes to "
            f"act, at times 7 or more; trying again until {until:%H:%M:%S} UTC.",
            until=until,
        )
    wrong_password = diagnosis.code == "wrong-password"
    return RefusedError(
        f"{diagnosis.cause} BigQuery says: {error.message}",
        ENTER_AGAIN if wrong_password else diagnosis.fix,
        needs_credential=wrong_password,
    )


def _role_acts_by(connection: Connection, run: Run) -> datetime | None:
    """Return until when a role that the portal granted may need to act; None when that is over.

    A role that the account had already acts: only what the portal itself wrote is fresh, for this connection
    or for another one that uses the same account.
    """
    if not run.operation.steps.filter(name="grant_service_agent", state=Step.State.SUCCEEDED).exists():
        return None
    wait = timedelta(seconds=settings.PROPAGATION_SECONDS)
    claims = Grant.objects.filter(purpose=connection.full_name, desired=Grant.Presence.PRESENT)
    written = Grant.objects.filter(
        principal__in=claims.values("principal"),
        role__in=claims.values("role"),
        resource__in=claims.values("resource"),
        intended_at__gte=clock.now() - wait,
    ).aggregate(at=Max("intended_at"))["at"]
    return written + wait if written else None
