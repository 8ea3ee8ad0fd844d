"""Google's limits of a policy, met before Google says so: for forms, from what the portal knows."""

from __future__ import annotations

from collections.abc import Collection

from access.models import ENDING, Grant, Resource, SeenPolicy
from access.policy_change import key, pair
from access.policy_size import Size
from portal.gcp.policies import Policy


def refusal(
    resource: Resource, additions: Collection[tuple[str, str]], removed: Collection[Grant] = ()
) -> str:
    """Return why these (principal, role) pairs have no room in the policy, or "" if they have.

    Counts what the policy was last seen to hold, what is claimed and not there yet, and what goes: claims
    that are ending, and those `removed` by the same change.
    """
    gone = {grant.pk for grant in removed}
    staying = [
        grant for grant in resource.grants.filter(desired=Grant.Presence.PRESENT) if grant.pk not in gone
    ]
    going = {key(grant) for grant in [*resource.grants.filter(ENDING), *removed]}
    going -= {key(grant) for grant in staying}
    seen = SeenPolicy.objects.filter(resource=resource).first()
    policy = Policy.from_json(seen.document) if seen else Policy()
    size = Size.of(policy.changed(additions=[pair(grant) for grant in staying], removals=going))
    refused = [
        (principal, sentence)
        for principal, role in sorted(additions)
        if (sentence := size.add(role, principal))
    ]
    if not refused:
        return ""
    names = ", ".join(principal for principal, _ in refused[:3])
    more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
    return f"No room for {names}{more}. {refused[0][1]}"
