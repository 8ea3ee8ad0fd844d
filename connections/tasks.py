"""Celery tasks of connections; each takes an operation's id at most."""

from __future__ import annotations

from connections.services import create, discover
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
