"""Celery tasks of access; each takes an operation's id and nothing else."""

from __future__ import annotations

from access import expiry, figures, looking, services
from access import reconcile as reconciling
from access.drift import checking, comparing
from access.requests import sweeps
from access.reviews import rounds, usage
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


@app.task(name="access.expire")
def expire() -> None:
    """End what is over, remind of what ends soon, say what is overdue."""
    expiry.sweep()


@app.task(name="access.compare_due")
def compare_due() -> None:
    """Compare policies with the claims where that was not done lately."""
    comparing.check_due()


@app.task(name="access.compare")
def compare(operation_id: str) -> None:
    """Compare one policy with the claims."""
    execution.execute(operation_id, checking.apply_check, checking.check_failed)


@app.task(name="access.review")
def review() -> None:
    """Begin the reviews that are due, remind of those that wait, end those whose time is over."""
    rounds.sweep()


@app.task(name="access.count_figures")
def count_figures() -> None:
    """Count what the Insights page shows."""
    figures.count_due()


@app.task(name="access.look_at_usage")
def look_at_usage() -> None:
    """Read from audit logs when what is under review was last used."""
    usage.look_due()
