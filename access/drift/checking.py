"""Comparing one policy because a person asked for it."""

from __future__ import annotations

from functools import partial

from access.drift import comparing
from access.models import Resource
from portal import audit, operations
from portal.execution import Failure
from portal.models import Operation, User
from portal.runs import Run

TASK = "access.compare"
COMPARE = "compare"


def request_check(resource: Resource, *, by: User) -> Operation:
    """Have a worker compare the resource's policy with the claims now."""
    with audit.appending():
        return operations.enqueue(
            TASK,
            title=f"Compare who has access to {resource.title}",
            target=resource.full_name,
            target_url=resource.url,
            by=by,
            owners_may=True,
            steps=[(COMPARE, "Read the policy and compare it with the claims")],
        )


def apply_check(run: Run) -> None:
    """Read the policy and write down where it differs."""
    resource = Resource.objects.get(full_name=run.operation.target)
    run.step(COMPARE, partial(comparing.look, resource), partial(_record, resource))
    with run.outcome():
        pass  # what was found has events of its own


def check_failed(run: Run, failure: Failure) -> None:
    """Nothing was changed: the operation tells why."""


def _record(resource: Resource, read: comparing.Look) -> str:
    count = comparing.note(resource, read)
    if not count:
        return "The policy is as the portal's claims say."
    return "1 difference." if count == 1 else f"{count} differences."
