"""Looking whether Google still has the connections as the portal does, and accepting what changed.

The periodic look writes no operation: it changes nothing, and the next one comes. What it finds is marked
on the connection with an audit event; a person accepts it or puts it back (connections.services.edit).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from operator import attrgetter

from connections.differences import differences
from connections.models import Connection
from connections.present import baseline, kind_of
from connections.services import checks, living
from portal import audit, clock, sweeping
from portal.execution import Failure
from portal.gcp import connections as google
from portal.gcp.errors import GoogleError, NotFound
from portal.models import Operation, Project, User
from portal.runs import RefusedError, Run

logger = logging.getLogger(__name__)

TASK, ACCEPT_TASK = "connections.refresh", "connections.accept"
LOOK, KEY, ACCEPT = "look", "look_at_key", "accept"
AGAIN = "It was changed again since you looked."
Drift = Connection.Drift


def request_refresh(connection: Connection, *, by: User) -> Operation:
    """Have a worker look now; one look at a time. Raises NotNowError."""
    with audit.appending():
        current = living.locked(connection)
        under_way = Operation.objects.filter(
            task=TASK, target=current.full_name, state__in=Operation.UNFINISHED
        ).first()
        if under_way:
            return under_way
        steps = [(LOOK, "Read it at Google and compare")]
        if current.kms_key_name:
            steps.append((KEY, "Look whether BigQuery may use its key"))
        return living.enqueue(
            TASK,
            current,
            title=f"Look at connection {current.connection_id}",
            action="connection.refresh",
            by=by,
            steps=steps,
        )


def apply_refresh(run: Run) -> None:
    """Look at one connection."""
    connection = living.of(run)
    living.check(connection, run)
    run.step(LOOK, partial(_find, connection), partial(_record_look, connection, run))
    if run.has(KEY):
        look_at_key(connection, run, KEY)
    with run.outcome():
        living.record(run.operation, connection, audit.Outcome.SUCCEEDED)


def look_at_key(connection: Connection, run: Run, step: str) -> None:
    """The step that finds out whether BigQuery may use the connection's key."""

    def record(check: checks.Check) -> str:
        connection.key_report = check.as_json() | {"at": clock.now().isoformat()}
        connection.save(update_fields=["key_report"])
        return check.message

    run.step(step, partial(checks.key_check, connection.project, connection.kms_key_name), record)


def failed(run: Run, failure: Failure) -> None:
    """Record why it could not be looked at, or accepted."""
    living.record(run.operation, living.of(run), audit.Outcome.FAILED, failure.message)


def request_accept(connection: Connection, *, by: User) -> Operation:
    """Let the portal have the connection as Google has it. Raises NotNowError when nothing differs."""
    with audit.appending():
        current = living.locked(connection)
        if current.drift != Drift.CHANGED:
            raise living.NotNowError("Google has this connection as the portal does.")
        found = differences(kind_of(current), baseline(current), current.seen)
        changes = {item.label: {"before": item.before, "after": item.after} for item in found}
        return living.enqueue(
            ACCEPT_TASK,
            current,
            title=f"Accept the changes of {current.connection_id}",
            action="connection.accept",
            by=by,
            steps=[(ACCEPT, "Read it at Google and take it over")],
            parameters={"seen": current.seen},
            detail={"changes": changes},
        )


def apply_accept(run: Run) -> None:
    """Take over what Google has, if it still is what the person saw."""
    connection = living.of(run)
    living.check(connection, run)
    run.step(ACCEPT, partial(_as_seen, connection, run), partial(_record_accepted, connection))
    with run.outcome():
        living.record(run.operation, connection, audit.Outcome.SUCCEEDED)


def _as_seen(connection: Connection, run: Run) -> google.ConnectionInfo:
    info = living.get(connection)
    if differences(kind_of(connection), run.operation.parameters["seen"], info.body):
        with run.fenced():
            living.note(connection, info)
            connection.save()
        raise RefusedError(AGAIN, "Look at the difference on the connection's page, then decide.")
    return info


def _record_accepted(connection: Connection, info: google.ConnectionInfo) -> str:
    living.take_over(connection, info)
    connection.save()
    return "The portal has it as Google does."


def _find(connection: Connection) -> google.ConnectionInfo | None:
    try:
        return google.get(connection.full_name)
    except NotFound:
        return None


def _record_look(connection: Connection, run: Run, info: google.ConnectionInfo | None) -> str:
    _mark(connection, info, run.operation)
    said = {
        Drift.NONE: "Google has it as the portal does.",
        Drift.CHANGED: "It was changed outside the portal.",
        Drift.GONE: "It was deleted outside the portal.",
    }
    return said[Drift(connection.drift)]


def _mark(
    connection: Connection, info: google.ConnectionInfo | None, operation: Operation | None = None
) -> None:
    """Write down what a look found, in the caller's transaction, with an event when it is news."""
    before = (connection.drift, connection.seen)
    if info is None:
        connection.drift, connection.seen, connection.checked_at = Drift.GONE, {}, clock.now()
    else:
        living.note(connection, info)
    connection.save(update_fields=["drift", "seen", "checked_at"])
    if (connection.drift, _steady(connection.seen)) == (before[0], _steady(before[1])):
        return
    found = differences(kind_of(connection), baseline(connection), connection.seen)
    audit.record(
        "connection.drift",
        by=None,
        target=connection.full_name,
        project=connection.project.project_id,
        outcome=audit.Outcome.SUCCEEDED,
        reason=Drift(connection.drift).label,
        detail={
            "changes": {item.label: {"before": item.before, "after": item.after} for item in found}
            if connection.drift == Drift.CHANGED
            else {}
        },
        operation=operation,
    )


def _steady(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "lastModifiedTime"}


def look_at_all() -> int:
    """Look at every active connection, one list call per project and location; return how many differ.

    What Google does not tell now is looked at next time. One that cannot be written holds up no other; raises
    sweeping.UnfinishedError at the end.
    """
    active = Connection.objects.filter(state=Connection.State.ACTIVE).order_by()
    places = active.values_list("project", "location").distinct()
    projects = Project.objects.in_bulk({project for project, _ in places})
    found = sorted({(projects[project].project_id, location) for project, location in places})
    return sweeping.each(found, _look_at, " in ".join)


def _look_at(place: tuple[str, str]) -> int:
    project_id, location = place
    known = Connection.objects.filter(
        project__project_id=project_id, location=location, state=Connection.State.ACTIVE
    )
    before = list(known.select_related("project", "resource").order_by("pk"))
    try:
        listed = {info.connection_id: info for info in google.list_all(project_id, location)}
    except GoogleError as error:
        logger.warning("connections of %s in %s: %s", project_id, location, error.message)
        return 0
    return sweeping.each(before, partial(_look_at_one, listed), attrgetter("full_name"))


def _look_at_one(listed: Mapping[str, google.ConnectionInfo], before: Connection) -> bool:
    try:
        info = listed.get(before.connection_id) or _find(before)
    except GoogleError as error:
        logger.warning("%s: %s", before.full_name, error.message)
        return False
    with audit.appending():
        return _mark_unless_busy(before, info)


def _mark_unless_busy(before: Connection, info: google.ConnectionInfo | None) -> bool:
    """Return whether it differs; what the portal changes or changed since the look began, is not compared."""
    rows = Connection.objects.select_for_update(of=("self",)).select_related("project", "resource")
    current = rows.filter(pk=before.pk, state=Connection.State.ACTIVE).first()
    busy = Operation.objects.filter(lock=before.full_name, state__in=Operation.UNFINISHED)
    if current is None or busy.exists() or current.body != before.body:
        return False
    _mark(current, info)
    return current.drift != Drift.NONE
