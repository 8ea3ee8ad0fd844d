"""Testing a connection by a query; when it fails, walking the causes until the broken one is found."""

from __future__ import annotations

from functools import partial

from connections.models import Connection
from connections.services import checks, living, query
from portal import audit, clock
from portal.execution import Failure
from portal.gcp import queries
from portal.gcp.diagnosis import diagnose
from portal.models import Operation, User
from portal.runs import RefusedError, Run

TASK = "connections.test"
TEST = "test_query"


def request_test(connection: Connection, *, by: User) -> Operation:
    """Have a worker test the connection; one test at a time. Raises NotNowError."""
    with audit.appending():
        current = living.locked(connection)
        kind = living.known_kind(current)
        if not kind.test_statement:
            raise living.NotNowError("No query can test this kind of connection.")
        if under_way := running(current):
            return under_way
        return living.enqueue(
            TASK,
            current,
            title=f"Test connection {current.connection_id}",
            action="connection.test",
            by=by,
            steps=[(TEST, f"Run {kind.test_statement}, and find the cause if it fails")],
        )


def running(connection: Connection) -> Operation | None:
    """The test that is under way, if there is one."""
    tests = Operation.objects.filter(task=TASK, target=connection.full_name, state__in=Operation.UNFINISHED)
    return tests.order_by("-created_at").first()


def apply_test(run: Run) -> None:
    """Run the query; keep what was found on the connection."""
    connection = living.of(run)
    living.check(connection, run)
    run.step(TEST, partial(_test, connection, run), partial(living.record_tested, connection, run))
    with run.outcome():
        living.record(run.operation, connection, audit.Outcome.SUCCEEDED)


def test_failed(run: Run, failure: Failure) -> None:
    """Record the cause. When Google did not let it be looked for, that is the cause on the page."""
    connection = living.of(run)
    found = connection.test_report.get("run") == _name(run)
    if not found and not living.is_over(connection, run):
        title = "Google lets the portal test it"
        cause = checks.Check("asked", title, checks.FAILED, failure.message, failure.remedy)
        _write(connection, run, failure.message, [cause])
    living.record(run.operation, connection, audit.Outcome.FAILED, failure.message)


def _test(connection: Connection, run: Run) -> str:
    """Run the query. Raises RefusedError with the first broken cause."""
    try:
        return query.ask(connection)
    except queries.QueryFailed as error:
        message = error.message
    found = checks.walk(connection, message, diagnose(message))
    with run.fenced():
        _write(connection, run, message, found)
    broken = next((check for check in found if check.state == checks.FAILED), found[-1])
    raise RefusedError(f"{broken.title}: no. {broken.message}", broken.remedy)


def _name(run: Run) -> str:
    """What tells this run from others, of the same operation too."""
    return f"{run.operation.pk}/{run.token}"


def _write(connection: Connection, run: Run, message: str, found: list[checks.Check]) -> None:
    """Keep what was found, in the caller's transaction."""
    connection.test_report = {
        "passed": False,
        "at": clock.now().isoformat(),
        "run": _name(run),
        "message": message,
        "checks": [check.as_json() for check in found],
    }
    connection.save(update_fields=["test_report"])
