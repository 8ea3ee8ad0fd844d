"""When a resource is gone, its policy is gone with it: nothing is left to take back."""

from __future__ import annotations

from access import claims
from access.models import Grant, Resource
from portal import audit, clock
from portal.models import Operation, User

Presence = Grant.Presence


def end_claims(
    resource: Resource, *, by: User | str | None, reason: str, operation: Operation | None
) -> list[Grant]:
    """End every live claim on a resource that is not there any more; return them.

    Inside the caller's transaction. Each gets the events of its end and of its being seen to be gone.
    """
    ended = list(claims.live(resource).select_related("resource"))
    now = clock.now()
    for grant in ended:
        claims.end(grant, by=by, reason=reason, operation=operation)
        audit.record(
            "grant.revoke",
            by=None,
            target=resource.full_name,
            project=resource.project_id,
            outcome=audit.Outcome.SUCCEEDED,
            reason=reason,
            detail=claims.facts(grant) | {"observed": Presence.ABSENT},
            operation=operation,
        )
    Grant.objects.filter(pk__in=[grant.pk for grant in ended]).update(
        observed=Presence.ABSENT, observed_at=now, error=""
    )
    return ended
