"""What was asked for, or approved for later, ends with the access or with what it was for."""

from __future__ import annotations

from collections.abc import Iterable

from access.models import AccessRequest, Grant, Resource
from access.requests import journal, telling
from portal import audit, clock
from portal.models import User

State = AccessRequest.State


def take_back_later(grants: Iterable[Grant], *, by: User | None, reason: str) -> None:
    """Withdraw what was approved for later of the same access that a person takes away.

    Inside the caller's transaction. Else the access that somebody ended would come back by itself.
    """
    ended = {(grant.resource_id, grant.principal, grant.role) for grant in grants}
    later = AccessRequest.objects.filter(
        state=State.APPROVED, granted_at=None, resource__in={resource for resource, _, _ in ended}
    )
    for request in later.order_by("pk"):
        if (request.resource_id, request.principal, request.role) in ended:
            _end(request, State.WITHDRAWN, "withdraw", by, reason or f"{by} took this access away.")


def end_with(resource: Resource, *, by: User | str | None, reason: str) -> None:
    """Lapse what waits for a resource that is gone: another of its name is another. In a transaction."""
    waiting = resource.requests.filter(granted_at=None, state__in=(State.PENDING, State.APPROVED))
    for request in waiting.order_by("pk"):
        _end(request, State.LAPSED, "lapse", by, reason)


def _end(
    request: AccessRequest, state: AccessRequest.State, action: str, by: User | str | None, reason: str
) -> None:
    with audit.appending():
        found = journal.locked(request)
        if found.state == request.state and found.granted_at is None:
            journal.change(found, state=state, decided_at=clock.now())
            journal.record(action, found, by=by, reason=reason)
            telling.decided(found, None, reason)
