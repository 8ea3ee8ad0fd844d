"""When a resource is gone, so are its policy, what was asked for on it, and how that was to be decided."""

from __future__ import annotations

from access import claims
from access.approval import versions
from access.models import Grant, Resource
from access.requests.cancelling import end_with
from portal import audit, clock
from portal.models import Operation, User

Presence = Grant.Presence


def end_claims(
    resource: Resource, *, by: User | str | None, reason: str, operation: Operation | None
) -> list[Grant]:
    """End every live claim on a resource that is not there any more; return them.

    Inside the caller's transaction. Each gets the events of its end and of its being seen to be gone. Another
    resource of the same name begins anew: without the requests, the labels and the approval policy of this.
    """
    end_with(resource, by=by, reason=reason)
    versions.forget(resource, by=by, reason=reason)
    ended = list(claims.live(resource).select_related("resource"))
    now = clock.now()
    claims.end_all(ended, by=by, reason=reason, operation=operation)
    audit.record_all(
        audit.Entry(
            "grant.revoke",
            None,
            resource.full_name,
            audit.Outcome.SUCCEEDED,
            resource.project_id,
            reason,
            claims.facts(grant) | {"observed": Presence.ABSENT},
            operation,
        )
        for grant in ended
    )
    Grant.objects.filter(pk__in=[grant.pk for grant in ended]).update(
        observed=Presence.ABSENT, observed_at=now, error=""
    )
    return ended
