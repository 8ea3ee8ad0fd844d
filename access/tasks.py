"""Celery tasks of access; each takes an operation's id and nothing else."""

from __future__ import annotations

from access import reconcile as reconciling
from access import services
from portal import execution
from portal.celery import app


@app.task(name="access.share")
def share(operation_id: str) -> None:
    """Bring a policy in line with its claims."""
    execution.execute(operation_id, services.apply_share, services.share_failed)


@app.task(name="access.reconcile")
def reconcile() -> None:
    """Take away what is still to be taken away."""
    reconciling.request_due()
