"""Making and ending claims: rows and audit events only, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from access.models import AccessRequest, Grant, Resource
from portal import audit, clock
from portal.models import Operation, Project, User
from portal.runs import Run

Presence = Grant.Presence


def project_resource(project: Project) -> Resource:
    """Return the resource that stands for a project's own policy, making it at first use."""
    resource, _ = Resource.objects.get_or_create(
        full_name=f"projects/{project.project_id}", defaults=project_values(project)
    )
    return resource


def project_values(project: Project) -> dict[str, Any]:
    """Return what the resource of a project's own policy holds, besides its name."""
    return {
        "kind": Resource.Kind.PROJECT,
        "project_id": project.project_id,
        "title": project.project_id,
        "url": project.get_absolute_url(),
    }


def key_resource(name: str) -> Resource:
    """Return the resource that stands for the policy of a customer-managed key, making it at first use."""
    values = {
        "kind": Resource.Kind.KMS_KEY,
        "project_id": name.split("/")[1],
        "title": name.rpartition("/")[2],
    }
    resource, _ = Resource.objects.get_or_create(full_name=name, defaults=values)
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
        audit.record_all([_entry("grant.request", grant, by, reason, operation)])
    elif operation and grant.observed != Presence.PRESENT:
        # Not done yet: from now on it is this operation's, whatever becomes of the earlier one.
        Grant.objects.filter(pk=grant.pk).update(operation=str(operation.pk))
    return grant


def claim_all(
    resource: Resource,
    pairs: Mapping[tuple[str, str], datetime | None],
    *,
    origin: Grant.Origin,
    by: User | str | None,
    reason: str = "",
    operation: Operation,
) -> None:
    """Claim many (principal, role) pairs, each until its moment or without an end: claim(), for one price."""
    live = resource.grants.filter(origin=origin, purpose="", desired=Presence.PRESENT)
    there = {(grant.principal, grant.role): grant for grant in live}
    unseen = [
        grant.pk for pair, grant in there.items() if pair in pairs and grant.observed != Presence.PRESENT
    ]
    Grant.objects.filter(pk__in=unseen).update(operation=str(operation.pk))
    now = clock.now()
    made = Grant.objects.bulk_create(
        (
            Grant(
                resource=resource,
                principal=principal,
                role=role,
                origin=origin,
                reason=reason,
                operation=str(operation.pk),
                granted_by=str(by) if by else audit.SYSTEM,
                granted_at=now,
                expires_at=expires_at,
            )
            for (principal, role), expires_at in sorted(pairs.items(), key=lambda item: item[0])
            if (principal, role) not in there
        ),
        batch_size=audit.BATCH,
    )
    audit.record_all(_entry("grant.request", grant, by, reason, operation) for grant in made)


def end(grant: Grant, *, by: User | str | None, reason: str = "", operation: Operation | None = None) -> None:
    """Say that a claim holds no more. The policy writer takes the binding away if no other needs it."""
    end_all([grant], by=by, reason=reason, operation=operation)


def end_all(
    grants: Collection[Grant],
    *,
    by: User | str | None,
    reason: str = "",
    operation: Operation | None = None,
) -> list[Grant]:
    """End many claims for the price of one; return those that held until now."""
    held = Grant.objects.select_for_update().filter(
        pk__in=[grant.pk for grant in grants], desired=Presence.PRESENT
    )
    keys = set(held.values_list("pk", flat=True))
    Grant.objects.filter(pk__in=keys).update(
        desired=Presence.ABSENT, revoked_by=str(by) if by else audit.SYSTEM, revoked_at=clock.now()
    )
    ended = [grant for grant in grants if grant.pk in keys]
    audit.record_all(_entry("grant.end", grant, by, reason, operation) for grant in ended)
    return ended


def give_up(refused: Mapping[Grant, str], operation: Operation | None) -> None:
    """End claims that Google refuses for good, each with Google's sentence."""
    now = clock.now()
    for message in set(refused.values()):
        keys = [grant.pk for grant, said in refused.items() if said == message]
        Grant.objects.filter(pk__in=keys).update(
            desired=Presence.ABSENT, observed=Presence.ABSENT, observed_at=now, error=message
        )
    audit.record_all(
        _entry("grant.activate", grant, None, message, operation, outcome=audit.Outcome.FAILED)
        for grant, message in refused.items()
    )


def give_up_unapplied(resource: Resource, message: str, operation: Operation) -> list[int]:
    """Give up the additions of a failed operation that Google has not been seen to have; return their keys.

    What may have been written all the same ends as claims do: the portal looks, and takes it back.
    """
    own = resource.grants.filter(operation=str(operation.pk), desired=Presence.PRESENT)
    grants = list(own.exclude(observed=Presence.PRESENT).select_related("resource"))
    end_all([grant for grant in grants if grant.intended_at], by=None, reason=message, operation=operation)
    give_up({grant: message for grant in grants if not grant.intended_at}, operation)
    return [grant.pk for grant in grants]


def ask_again(keys: Sequence[int], operation: Operation) -> None:
    """Make claims that were given up hold again, unless their time is over or somebody claims the same."""
    given_up = Grant.objects.filter(pk__in=keys, desired=Presence.ABSENT).select_related("resource")
    grants = list(given_up)
    resources = {grant.resource_id for grant in grants}
    live = {
        _identity(grant) for grant in Grant.objects.filter(resource__in=resources, desired=Presence.PRESENT)
    }
    now = clock.now()
    again = [
        grant
        for grant in grants
        if _identity(grant) not in live and not (grant.expires_at and grant.expires_at <= now)
    ]
    given_up.update(error="")
    Grant.objects.filter(pk__in=[grant.pk for grant in again]).update(
        desired=Presence.PRESENT, observed=Presence.UNKNOWN, revoked_by="", revoked_at=None
    )
    audit.record_all(
        _entry("grant.request", grant, operation.requested_by, grant.reason, operation) for grant in again
    )


def _identity(grant: Grant) -> tuple[object, ...]:
    """What no two claims that hold have in common."""
    return grant.resource_id, grant.principal, grant.role, grant.origin, grant.purpose


def refusal(grants: QuerySet[Grant], operation: Operation) -> Grant | None:
    """Return one of an operation's claims that Google refuses; asked for anew, the newest counts."""
    newest = {
        (grant.resource_id, grant.principal, grant.role): grant
        for grant in grants.filter(operation=str(operation.pk)).order_by("pk")
    }
    return next((grant for grant in newest.values() if grant.error), None)


def ask_refused_again(grants: QuerySet[Grant], run: Run) -> None:
    """Begin a retry with those of `grants` that Google refused when the operation failed."""
    own = grants.filter(operation=str(run.operation.pk), desired=Presence.ABSENT).exclude(error="")
    if keys := list(own.values_list("pk", flat=True)):
        with run.fenced():
            ask_again(keys, run.operation)


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


def _entry(
    action: str,
    grant: Grant,
    by: User | str | None,
    reason: str,
    operation: Operation | None,
    *,
    outcome: audit.Outcome = audit.Outcome.REQUESTED,
) -> audit.Entry:
    resource = grant.resource
    return audit.Entry(
        action, by, resource.full_name, outcome, resource.project_id, reason, facts(grant), operation
    )
