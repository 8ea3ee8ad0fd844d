"""Taking over what is in a resource's policy already: each binding becomes a claim of origin "imported"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from access import claims, principals
from access.models import Grant, Resource
from portal import audit, clock
from portal.gcp.policies import Policy, member_key
from portal.models import Operation, User

LONGEST_ROLE = 200
REASON = "It was there when the resource was taken over."


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
    pairs = []
    for member, role in _pairs(policy):
        if (key := (role, member_key(member))) not in covered:
            covered.add(key)
            pairs.append((member, role))
    return import_pairs(resource, pairs, by=by, reason=REASON, operation=operation)


def import_pairs(
    resource: Resource,
    pairs: Iterable[tuple[str, str]],
    *,
    by: User | str,
    reason: str,
    operation: Operation | None,
) -> list[Grant]:
    """Claim these (principal, role) pairs, which Google has and no live claim covers; return the claims.

    Inside the caller's transaction. A principal or role without room in a claim has to be left out before.
    """
    now = clock.now()
    made = Grant.objects.bulk_create(
        Grant(
            resource=resource,
            principal=member,
            role=role,
            origin=Grant.Origin.IMPORTED,
            reason=reason,
            operation=str(operation.pk) if operation else "",
            observed=Grant.Presence.PRESENT,
            intended_at=now,
            observed_at=now,
            granted_by=str(by),
            granted_at=now,
        )
        for member, role in pairs
    )
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


def has_room(principal: str, role: str) -> bool:
    """Whether a claim can hold names of this length."""
    return len(principal) <= principals.LONGEST and len(role) <= LONGEST_ROLE


def _pairs(policy: Policy) -> Iterator[tuple[str, str]]:
    """The unconditional (principal, role) pairs that a claim has room for."""
    for binding in policy.bindings:
        if binding.condition is None:
            yield from ((m, binding.role) for m in sorted(binding.members) if has_room(m, binding.role))
