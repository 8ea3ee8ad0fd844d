"""Celery tasks of access; each takes an operation's id and nothing else."""

from __future__ import annotations

from access import looking, services
from access import reconcile as reconciling
from access.requests import sweeps
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


@app.task(name="access.sweep_requests")
def sweep_requests() -> None:
    """Let requests lapse, ask those who are asked next, begin what was approved for later."""
    sweeps.sweep()


@app.task(name="access.see_policies")
def see_policies() -> None:
    """Look at the policies that pending requests are about."""
    looking.look_where_asked()
