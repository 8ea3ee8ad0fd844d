"""The main job - bringing the demo database into BigQuery - for tests: asking for it, carrying it out.

`carry_out` is the worker without its process: the same task functions, called here, with the waits between
two attempts skipped but noted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group

from access import tasks as access_tasks
from access.models import CONNECTION_USER
from connections import tasks as connection_tasks
from connections.models import Connection
from connections.services import create
from connections.services.create import NewConnection
from emulator.estate import DEMO_INSTANCE
from portal import clock
from portal.models import ADMINISTRATOR, Operation, Project, User

PROJECT, NUMBER = "acme-analytics", 528461093377
PASSWORD = "orders-demo-password"
WRONG_PASSWORD = "not-the-password"
AGENT = f"serviceAccount:service-{NUMBER}@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
ALLOYDB_CLIENT = "roles/alloydb.client"
ANALYST = "user:analyst@example.com"

_TASKS: dict[str, Callable[[str], None]] = {
    create.TASK: connection_tasks.create_connection,
    "access.share": access_tasks.share,
}


def administrator() -> User:
    """Return Ada, who makes connections."""
    found = User.objects.filter(email="ada@example.com").first()
    if found is None:
        found = User.objects.create_user("ada@example.com")
        found.groups.add(Group.objects.get_or_create(name=ADMINISTRATOR)[0])
    return found


def demo_project() -> Project:
    """Return the row of the demo project, as if an administrator had registered it."""
    project, _ = Project.objects.get_or_create(
        project_id=PROJECT,
        defaults={"number": NUMBER, "registered_by": "ada@example.com", "registered_at": clock.now()},
    )
    return project


def new_connection(connection_id: str = "orders", **overrides: Any) -> NewConnection:
    """Return what the dialog asks for: the demo database, granted, tested, shared with the analyst."""
    values: dict[str, Any] = {
        "project": demo_project(),
        "location": "us",
        "connection_id": connection_id,
        "kind": "alloydb",
        "properties": {
            "database": "orders",
            "username": "bq_reader",
            "instance": f"//alloydb.googleapis.com/{DEMO_INSTANCE.replace(str(NUMBER), PROJECT)}",
        },
        "friendly_name": "Orders",
        "share": ((ANALYST, CONNECTION_USER),),
    }
    return NewConnection(**(values | overrides))


def ask_for(connection_id: str = "orders", *, password: str = PASSWORD, **overrides: Any) -> Operation:
    """Have Ada ask for a connection; return the operation."""
    return create.request_create(new_connection(connection_id, **overrides), password, by=administrator())


def connection_of(operation: Operation) -> Connection:
    """Return the connection that the operation makes."""
    return Connection.objects.get(pk=operation.parameters["connection"])


def attempt(operation: Operation) -> None:
    """Do what a worker does when the operation's message arrives."""
    _TASKS[operation.task](str(operation.pk))
    operation.refresh_from_db()


def carry_out(operation: Operation, *, attempts: int = 12) -> list[float]:
    """Attempt the operation until it is over, skipping the waits; return them, in seconds."""
    waits: list[float] = []
    for _ in range(attempts):
        attempt(operation)
        if operation.is_over:
            return waits
        waits.append((operation.run_after - clock.now()).total_seconds())
        Operation.objects.filter(pk=operation.pk).update(run_after=clock.now() - timedelta(seconds=1))
    raise AssertionError(f"not over after {attempts} attempts: {operation.error}")
