"""Celery tasks of connections; each takes an operation's id at most."""

from __future__ import annotations

from connections.logins import alerts, checking, claiming, ending, granting, looking
from connections.services import (
    adopt,
    create,
    delete,
    diagnose,
    discover,
    edit,
    preflight,
    refresh,
    repair,
    rotate,
)
from portal import execution
from portal.celery import app


@app.task(name=create.TASK)
def create_connection(operation_id: str) -> None:
    """Make a connection at Google."""
    execution.execute(operation_id, create.apply_create, create.create_failed)


@app.task(name=discover.TASK)
def discover_assets(operation_id: str) -> None:
    """Look for a project's instances and keys."""
    execution.execute(operation_id, discover.apply_discovery, discover.discovery_failed)


@app.task(name="connections.discover_due")
def discover_due() -> None:
    """Keep the pick lists fresh."""
    discover.request_due()


@app.task(name=edit.TASK)
def edit_connection(operation_id: str) -> None:
    """Change a connection, or put it back."""
    execution.execute(operation_id, edit.apply_edit, edit.edit_failed)


@app.task(name=rotate.TASK)
def rotate_password(operation_id: str) -> None:
    """Replace a connection's password."""
    execution.execute(operation_id, rotate.apply_rotate, rotate.rotate_failed)


@app.task(name=delete.TASK)
def delete_connection(operation_id: str) -> None:
    """Delete a connection."""
    execution.execute(operation_id, delete.apply_delete, delete.delete_failed)


@app.task(name=diagnose.TASK)
def test_connection(operation_id: str) -> None:
    """Test a connection, and find the cause if it fails."""
    execution.execute(operation_id, diagnose.apply_test, diagnose.test_failed)


@app.task(name=repair.TASK)
def grant_roles(operation_id: str) -> None:
    """Give a connection's account the roles that it needs."""
    execution.execute(operation_id, repair.apply_grant, repair.grant_failed)


@app.task(name=preflight.TASK)
def check_key(operation_id: str) -> None:
    """Look whether BigQuery may use a key."""
    execution.execute(operation_id, preflight.apply_check, preflight.check_failed)


@app.task(name=preflight.GRANT_TASK)
def grant_key(operation_id: str) -> None:
    """Let BigQuery use a key."""
    execution.execute(operation_id, preflight.apply_grant, preflight.grant_failed)


@app.task(name=refresh.TASK)
def refresh_connection(operation_id: str) -> None:
    """Look whether Google has a connection as the portal does."""
    execution.execute(operation_id, refresh.apply_refresh, refresh.failed)


@app.task(name=refresh.ACCEPT_TASK)
def accept_changes(operation_id: str) -> None:
    """Take over what was changed outside."""
    execution.execute(operation_id, refresh.apply_accept, refresh.failed)


@app.task(name="connections.refresh_all")
def refresh_all() -> None:
    """Look at every connection."""
    refresh.look_at_all()


@app.task(name=adopt.FIND_TASK)
def find_connections(operation_id: str) -> None:
    """Look for a project's connections."""
    execution.execute(operation_id, adopt.apply_find, adopt.find_failed)


@app.task(name=adopt.ADOPT_TASK)
def adopt_connections(operation_id: str) -> None:
    """Take connections over that were made elsewhere."""
    execution.execute(operation_id, adopt.apply_adopt, adopt.adopt_failed)


@app.task(name=looking.TASK)
def look_at_instance(operation_id: str) -> None:
    """Look at a database instance."""
    execution.execute(operation_id, looking.apply_look, looking.look_failed)


@app.task(name="connections.look_at_instances")
def look_at_instances() -> None:
    """Look at the database instances that were not looked at for long."""
    looking.look_at_due()


@app.task(name=claiming.TASK)
def grant_login(operation_id: str) -> None:
    """Let somebody log in to a database instance."""
    execution.execute(operation_id, granting.apply_grant, granting.grant_failed)


@app.task(name=ending.TASK)
def end_logins(operation_id: str) -> None:
    """Take back what ended logins gave."""
    execution.execute(operation_id, ending.apply_end, ending.end_failed)


@app.task(name=checking.TASK)
def check_login(operation_id: str) -> None:
    """Try a login to a database instance."""
    execution.execute(operation_id, checking.apply_check, checking.check_failed)


@app.task(name=alerts.TASK)
def read_login_alerts(operation_id: str) -> None:
    """Read an instance's refused logins from its log."""
    execution.execute(operation_id, alerts.apply_alerts, alerts.alerts_failed)
