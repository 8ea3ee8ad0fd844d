"""Break glass: an administrator gives access at once, for a short time and with a reason. Owners are told."""

from __future__ import annotations

from datetime import timedelta

from access import claims, policy_operation, telling
from access.models import Grant, Resource
from portal import audit, clock
from portal.models import Operation, User

LONGEST = timedelta(hours=8)
ACTION = "grant.break_glass"


def request_break_glass(
    resource: Resource, principal: str, role: str, *, duration: timedelta, reason: str, by: User
) -> Operation:
    """Claim access without anybody's approval, and have a worker bring it about.

    Raises ValueError without a reason, for longer than LONGEST, and while the same is claimed in this way.
    """
    if not reason.strip():
        raise ValueError("Say why: it stands in the audit trail, and the owners are told.")
    if not timedelta(0) < duration <= LONGEST:
        raise ValueError(f"Emergency access ends after {LONGEST.total_seconds() / 3600:.0f} hours at most.")
    with audit.appending():
        if _is_claimed(resource, principal, role):
            raise ValueError(f"{principal} has emergency access with this role already.")
        operation = policy_operation.enqueue(
            resource,
            title=f"Break glass: give {principal} access to {resource.title}",
            by=by,
            owners_may=False,
        )
        grant = claims.claim(
            resource,
            principal,
            role,
            origin=Grant.Origin.BREAK_GLASS,
            by=by,
            reason=reason,
            operation=operation,
            expires_at=clock.now() + duration,
        )
        audit.record(
            ACTION,
            by=by,
            target=resource.full_name,
            project=resource.project_id,
            outcome=audit.Outcome.REQUESTED,
            reason=reason,
            detail=claims.facts(grant),
            operation=operation,
        )
        telling.glass_broken(grant)
        return operation


def _is_claimed(resource: Resource, principal: str, role: str) -> bool:
    same = resource.grants.filter(principal=principal, role=role, origin=Grant.Origin.BREAK_GLASS)
    return same.filter(desired=Grant.Presence.PRESENT).exists()
