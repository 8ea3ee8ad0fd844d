"""Compare policies at Google with the claims, both ways: there but not ours, ours but gone.

On a connection every binding counts; one under a condition is a difference of its own kind, for the portal
gives nothing under conditions and changes none. Much of a project's or a key's policy is not the portal's
business: there only what it took away itself and finds again counts.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import F, Q

from access import policy_writer, seen
from access.drift import journal
from access.drift.journal import Found, Key
from access.models import ENDING, Drift, Grant, Resource
from access.policy_change import key
from access.requests.granting import ENDERS
from portal import audit, clock, sweeping
from portal.gcp.errors import GoogleError
from portal.gcp.policies import Policy, member_key

logger = logging.getLogger(__name__)

Presence, Kind, State = Grant.Presence, Drift.Kind, Drift.State
# The schedule runs four times while a comparison may age. A policy is due in the third run after its last,
# and three runs share all of them: Google is not asked about all at once. Few are not worth spreading.
DUE, RUNS, FEW = 0.75, 3, 20
# How many policies one run looks at at most: at 0.1 s a read that takes 20 s, and four runs a minute are an
# eighth of the 6,000 reads that Google lets a project have ("Quotas and limits", IAM documentation).
LIMIT = 200
# A read may show a policy as it was before the portal's own last write: what seems to differ counts only if a
# second read has it too.
SECOND_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Look:
    """A policy as it was read, twice where the first may be old; and when the portal had written it."""

    policies: Sequence[Policy]
    written_at: datetime | None


def check_due() -> int:
    """Compare a part of the policies that were not compared lately, the oldest first; return how many."""
    now = clock.now()
    old = Q(compared_at=None) | Q(compared_at__lte=now - DUE * timedelta(seconds=settings.DRIFT_SECONDS))
    policies = Resource.objects.exclude(kind__in=list(ENDERS))
    part = min(LIMIT, max(FEW, math.ceil(policies.count() / RUNS)))
    due = policies.filter(old).order_by(F("compared_at").asc(nulls_first=True), "pk")[:part]
    return sweeping.each(due, partial(_compare, now))


def _compare(now: datetime, resource: Resource) -> bool:
    mine = Resource.objects.filter(pk=resource.pk, compared_at=resource.compared_at)
    if resource.compared_at is None:
        mine = Resource.objects.filter(pk=resource.pk, compared_at__isnull=True)
    if not mine.update(compared_at=now):
        return False  # another run has it
    try:
        found = look(resource)
    except GoogleError as error:  # the next run looks again
        logger.info("the policy of %s could not be compared: %s", resource.full_name, error.message)
        return False
    with audit.appending():
        note(resource, found)
    return True


def look(resource: Resource) -> Look:
    """Read the policy at Google, outside any transaction. Raises GoogleError."""
    written_at = Resource.objects.values_list("written_at", flat=True).get(pk=resource.pk)
    policies = [policy_writer.read_policy(resource)]
    lately = clock.now() - timedelta(seconds=policy_writer.STALE_SECONDS)
    if written_at and written_at > lately and differences(resource, policies[0]):
        time.sleep(SECOND_LOOK_SECONDS)
        policies.append(policy_writer.read_policy(resource))
    return Look(policies, written_at)


def note(resource: Resource, read: Look) -> int:
    """Write down what a look found, in the caller's transaction; return how many differences there are.

    What the portal itself wrote since the look is no difference: then nothing is noted, the next look will.
    """
    row = Resource.objects.select_for_update().get(pk=resource.pk)
    if row.written_at != read.written_at:
        return resource.drifts.exclude(state=State.RESOLVED).count()
    seen.keep(resource, read.policies[-1])
    Resource.objects.filter(pk=resource.pk).update(compared_at=clock.now())
    found = differences(resource, read.policies[0])
    for policy in read.policies[1:]:
        again = differences(resource, policy)
        found = {one: again[one] for one in found if one in again}
    journal.write(resource, found)
    return len(found)


def differences(resource: Resource, policy: Policy) -> dict[Key, Found]:
    """Return each difference as it was found."""
    grants = list(resource.grants.filter(Q(desired=Presence.PRESENT) | ENDING))
    wanted_or_going = {key(grant) for grant in grants}
    active = [
        grant for grant in grants if (grant.desired, grant.observed) == (Presence.PRESENT, Presence.PRESENT)
    ]
    standing = set(policy.keys())
    lost = [grant for grant in active if key(grant) not in standing]
    gone = {(Kind.GONE.value, *key(grant)): Found(grant.principal) for grant in lost}
    there = {
        one: found
        for one, found in _there(resource, policy).items()
        if one[0] == Kind.CONDITIONAL or one[1:] not in wanted_or_going
    }
    return there | gone


def _there(resource: Resource, policy: Policy) -> dict[Key, Found]:
    """The bindings that may be a difference; a member may have a role under several conditions."""
    taken = None if resource.kind == Resource.Kind.CONNECTION else _taken(resource)
    found: dict[Key, Found] = {}
    for binding in policy.bindings:
        kind = Kind.FOREIGN if binding.condition is None else Kind.CONDITIONAL
        for member in sorted(binding.members):
            pair = (binding.role, member_key(member))
            if taken is None or pair in taken:
                one = found.setdefault((kind.value, *pair), Found(member))
                one.conditions.extend([dict(binding.condition)] if binding.condition is not None else [])
    return found


def _taken(resource: Resource) -> set[tuple[str, str]]:
    """What the portal took away itself, by role and member's key."""
    ended = resource.grants.filter(desired=Presence.ABSENT)
    taken = {key(grant) for grant in ended.filter(observed=Presence.ABSENT, intended_at__isnull=False)}
    return taken - {key(grant) for grant in ended.filter(observed=Presence.RELEASED)}
