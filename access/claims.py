"""Making and ending claims: rows and audit events only, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from access.models import AccessRequest, Grant, Resource
from portal import audit, clock
from portal.models import Operation, Project, User

Presence = Grant.Presence


def project_resource(project: Project) -> Resource:
    """Return the resource that stands for a project's own policy, making it at first use."""
    resource, _ = Resource.objects.get_or_create(
        full_name=f"projects/{project.project_id}",
        defaults={
            "kind": Resource.Kind.PROJECT,
            "project_id": project.project_id,
            "title": project.project_id,
            "url": project.get_absolute_url(),
        },
    )
    return resource


def claim(
    resource: Resource,
    principal: str,
    role: str,
    *,
    origin: Grant.Origin,
    by: User | str | None,
    purpose: str = "",
    reason: str = "",
    operation: Operation | None = None,
    expires_at: datetime | None = None,
    request: AccessRequest | None = None,
) -> Grant:
    """Say that `principal` should hold `role` on `resource`; the same claim twice is one claim.

    `expires_at` is when it ends by itself, `request` what it was approved for; a claim that is there
    already keeps its own.
    """
    grant, made = Grant.objects.get_or_create(
        resource=resource,
        principal=principal,
        role=role,
        origin=origin,
        purpose=purpose,
        desired=Presence.PRESENT,
        defaults={
            "reason": reason,
            "operation": str(operation.pk) if operation else "",
            "granted_by": str(by) if by else audit.SYSTEM,
            "granted_at": clock.now(),
            "expires_at": expires_at,
            "request": request,
        },
    )
    if made:
        _record("grant.request", grant, by, reason, operation)
    elif operation and grant.observed != Presence.PRESENT:
        # Not done yet: from now on it is this operation's, whatever becomes of the earlier one.
        Grant.objects.filter(pk=grant.pk).update(operation=str(operation.pk))
    return grant


def end(grant: Grant, *, by: User | str | None, reason: str = "", operation: Operation | None = None) -> None:
    """Say that a claim holds no more. The policy writer takes the binding away if no other needs it."""
    changed = Grant.objects.filter(pk=grant.pk, desired=Presence.PRESENT).update(
        desired=Presence.ABSENT, revoked_by=str(by) if by else audit.SYSTEM, revoked_at=clock.now()
    )
    if changed:
        _record("grant.end", grant, by, reason, operation)


def give_up(grant: Grant, message: str, operation: Operation | None) -> None:
    """End a claim that Google refuses for good, with Google's sentence."""
    Grant.objects.filter(pk=grant.pk).update(
        desired=Presence.ABSENT, observed=Presence.ABSENT, observed_at=clock.now(), error=message
    )
    audit.record(
        "grant.activate",
        by=None,
        target=grant.resource.full_name,
        project=grant.resource.project_id,
        outcome=audit.Outcome.FAILED,
        reason=message,
        detail=facts(grant),
        operation=operation,
    )


def give_up_unapplied(resource: Resource, message: str, operation: Operation) -> list[int]:
    """Give up the additions of a failed operation that Google has not been seen to have; return their keys.

    What may have been written all the same ends as claims do: the portal looks, and takes it back.
    """
    own = resource.grants.filter(operation=str(operation.pk), desired=Presence.PRESENT)
    grants = list(own.exclude(observed=Presence.PRESENT).select_related("resource"))
    for grant in grants:
        if grant.intended_at:
            end(grant, by=None, reason=message, operation=operation)
        else:
            give_up(grant, message, operation)
    return [grant.pk for grant in grants]


def ask_again(keys: Sequence[int], operation: Operation) -> None:
    """Make claims that were given up hold again, unless somebody has claimed the same since."""
    for grant in Grant.objects.filter(pk__in=keys, desired=Presence.ABSENT).select_related("resource"):
        same = Grant.objects.filter(
            resource=grant.resource,
            principal=grant.principal,
            role=grant.role,
            origin=grant.origin,
            purpose=grant.purpose,
            desired=Presence.PRESENT,
        )
        if same.exists():
            Grant.objects.filter(pk=grant.pk).update(error="")
            continue
        Grant.objects.filter(pk=grant.pk).update(
            desired=Presence.PRESENT, observed=Presence.UNKNOWN, error="", revoked_by="", revoked_at=None
        )
        _record("grant.request", grant, operation.requested_by, grant.reason, operation)


def live(resource: Resource) -> QuerySet[Grant]:
    """Return the claims that hold now, or that are not seen to be gone yet."""
    return resource.grants.exclude(
        desired=Presence.ABSENT, observed__in=(Presence.ABSENT, Presence.RELEASED)
    ).order_by("principal", "role", "pk")


def facts(grant: Grant) -> dict[str, Any]:
    """Return what an audit event tells of a claim."""
    return {
        "grant": grant.pk,
        "principal": grant.principal,
        "role": grant.role,
        "origin": grant.origin,
        "purpose": grant.purpose,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
        "request": str(grant.request_id) if grant.request_id else None,
    }


def _record(
    action: str, grant: Grant, by: User | str | None, reason: str, operation: Operation | None
) -> None:
    audit.record(
        action,
        by=by,
        target=grant.resource.full_name,
        project=grant.resource.project_id,
        outcome=audit.Outcome.REQUESTED,
        reason=reason,
        detail=facts(grant),
        operation=operation,
    )
