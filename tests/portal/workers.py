"""Workers of this very process: carrying an operation out, and a worker that was too slow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from portal import clock, execution
from portal.models import Operation
from portal.runs import Run


def expire_lease(operation: Operation) -> None:
    """Let the lease of whoever runs the operation be over."""
    Operation.objects.filter(pk=operation.pk).update(lease_until=clock.now() - timedelta(seconds=1))


def carry_out(operation: Operation, apply: Callable[[Run], None]) -> list[execution.Failure]:
    """Execute in process; return the failures that the service was told of."""
    told: list[execution.Failure] = []
    execution.execute(str(operation.pk), apply, lambda run, failure: told.append(failure))
    operation.refresh_from_db()
    return told
