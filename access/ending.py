"""Ending claims and having Google follow, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection

from access import claims, policy_operation
from access.models import Grant, Resource
from access.requests.cancelling import take_back_later
from access.requests.granting import ENDERS
from portal.models import Operation, User


def end_on(
    resource: Resource,
    grants: Collection[Grant],
    *,
    by: User | None,
    reason: str,
    title: str,
) -> Operation | None:
    """End these claims on one resource, and have a worker take away what nobody else needs.

    Returns the operation, or None where one is under way already. `by` None is the portal itself. Where
    the resource has no policy of its own, its kind's ender has the worker.
    """
    if by is not None:
        take_back_later(grants, by=by, reason=reason)
    if ender := ENDERS.get(resource.kind):
        claims.end_all(grants, by=by, reason=reason)
        return ender.end(resource, by=by)
    operation = policy_operation.enqueue(resource, title=title, by=by)
    claims.end_all(grants, by=by, reason=reason, operation=operation)
    return operation
