"""Taking over what is in a resource's policy already: each binding becomes a claim of origin "imported"."""

from __future__ import annotations

from collections.abc import Iterator

from access import claims
from access.models import Grant, Resource
from portal import audit, clock
from portal.gcp.policies import Policy, member_key
from portal.models import Operation, User

LONGEST_PRINCIPAL = 320
LONGEST_ROLE = 200


def import_bindings(
    resource: Resource, policy: Policy, *, by: User | str, operation: Operation | None
) -> list[Grant]:
    """Claim every unconditional binding that no live claim covers yet; return the new claims.

    Inside the caller's transaction. A person takes them over, so they count as the portal's own from now
    on: ended here, they are taken away at Google. Conditional bindings stay as they are, unclaimed.
    """
    covered = {
        (grant.role, member_key(grant.principal))
        for grant in resource.grants.filter(desired=Grant.Presence.PRESENT)
    }
    made = []
    for role, member in _pairs(policy):
        if (key := (role, member_key(member))) not in covered:
            covered.add(key)
            made.append(_claim(resource, member, role, by, operation))
    Grant.objects.bulk_create(made)
    audit.record_all(
        audit.Entry(
            "grant.import",
            by,
            resource.full_name,
            audit.Outcome.SUCCEEDED,
            resource.project_id,
            detail=claims.facts(grant),
            operation=operation,
        )
        for grant in made
    )
    return made


def _pairs(policy: Policy) -> Iterator[tuple[str, str]]:
    """The unconditional (role, member) pairs that a claim has room for."""
    for binding in policy.bindings:
        if binding.condition is None and len(binding.role) <= LONGEST_ROLE:
            yield from ((binding.role, m) for m in sorted(binding.members) if len(m) <= LONGEST_PRINCIPAL)


def _claim(resource: Resource, member: str, role: str, by: User | str, operation: Operation | None) -> Grant:
    now = clock.now()
    return Grant(
        resource=resource,
        principal=member,
        role=role,
        origin=Grant.Origin.IMPORTED,
        reason="It was there when the resource was taken over.",
        operation=str(operation.pk) if operation else "",
        observed=Grant.Presence.PRESENT,
        intended_at=now,
        observed_at=now,
        granted_by=str(by),
        granted_at=now,
    )
