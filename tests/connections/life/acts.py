"""Carrying acts out as a worker would, without its pauses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from connections import tasks
from connections.models import Connection
from connections.services import adopt, create, delete, diagnose, edit, refresh, repair, rotate
from portal import clock
from portal.gcp import connections as google
from portal.models import AuditEvent, Operation
from tests.support.creation import ask_for, connection_of

TASKS: dict[str, Callable[[str], None]] = {
    create.TASK: tasks.create_connection,
    edit.TASK: tasks.edit_connection,
    rotate.TASK: tasks.rotate_password,
    delete.TASK: tasks.delete_connection,
    diagnose.TASK: tasks.test_connection,
    repair.TASK: tasks.grant_roles,
    refresh.TASK: tasks.refresh_connection,
    refresh.ACCEPT_TASK: tasks.accept_changes,
    adopt.FIND_TASK: tasks.find_connections,
    adopt.ADOPT_TASK: tasks.adopt_connections,
}


def carry_out(operation: Operation, attempts: int = 30) -> Operation:
    """Attempt the operation until it is over."""
    for _ in range(attempts):
        TASKS[operation.task](str(operation.pk))
        operation.refresh_from_db()
        if operation.is_over:
            return operation
        Operation.objects.filter(pk=operation.pk).update(run_after=clock.now() - timedelta(seconds=1))
    raise AssertionError(f"not over after {attempts} attempts: {operation.error}")


def succeed(operation: Operation) -> Operation:
    """Carry it out; it has to succeed."""
    carry_out(operation)
    assert operation.state == "succeeded", operation.error
    return operation


def fail(operation: Operation) -> Operation:
    """Carry it out; it has to fail."""
    carry_out(operation)
    assert operation.state == "failed"
    return operation


def made(connection_id: str = "orders", **overrides: Any) -> Connection:
    """Make a connection to the demo database."""
    return connection_of(succeed(ask_for(connection_id, **overrides)))


def at_google(connection: Connection) -> google.ConnectionInfo:
    """Read it as Google has it."""
    return google.get(connection.full_name)


def outcomes(action: str) -> list[str]:
    """The outcomes in the audit trail of an action, oldest first."""
    events = AuditEvent.objects.filter(action=action).order_by("position")
    return list(events.values_list("outcome", flat=True))
