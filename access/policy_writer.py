"""The one writer of a policy: all pending claims of a resource in one read-modify-write.

Read the policy with its etag, add and remove what the claims ask for, keep everything else as it is,
write, read back. A conflict repeats the whole cycle. "Active" and "revoked" mean seen by read-back.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from access import claims
from access.models import Grant, Resource
from portal import audit, clock
from portal.gcp import connections, projects
from portal.gcp.errors import Conflict, GoogleError, InvalidRequest, ServiceAgentMissing
from portal.gcp.policies import GROUP_LIMIT, PRINCIPAL_LIMIT, Policy
from portal.models import Operation
from portal.runs import RefusedError, Run, WaitError

logger = logging.getLogger(__name__)

Presence = Grant.Presence
WRITER_SECONDS = 120
CONFLICT_ATTEMPTS = 10
READ_BACK_PAUSES = (0.0, 0.25, 0.5, 1.0)
PENDING = (Q(desired=Presence.PRESENT) & ~Q(observed=Presence.PRESENT)) | Q(
    desired=Presence.ABSENT, observed__in=(Presence.UNKNOWN, Presence.PRESENT)
)
Pair = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """What one cycle is to bring about, as (role, member) pairs, and the claims that ask for it."""

    grants: tuple[Grant, ...]
    additions: frozenset[Pair]
    # Only bindings that the portal wrote and that no other live claim needs.
    removals: frozenset[Pair]


def write_pending(resource: Resource, run: Run) -> int:
    """Bring the resource's policy at Google in line with its pending claims; return how many there were.

    Raises WaitError while another operation writes this policy or a write is not to be seen yet,
    RefusedError when Google will not have it or the policy is full, GoogleError as portal.gcp does.
    """
    with _pen(resource, run.operation):
        waiting = pending(resource).count()
        if waiting:
            _write_until_settled(resource, run)
        return waiting


def pending(resource: Resource) -> QuerySet[Grant]:
    """Return the claims of `resource` that Google's policy has not been seen to match."""
    return resource.grants.filter(PENDING).select_related("resource").order_by("pk")


def read_policy(resource: Resource) -> Policy:
    """Return the resource's policy as Google has it now."""
    if resource.kind == Resource.Kind.PROJECT:
        return projects.get_policy(resource.project_id)
    return connections.get_policy(resource.full_name)


def _write_policy(resource: Resource, policy: Policy) -> Policy:
    if resource.kind == Resource.Kind.PROJECT:
        return projects.set_policy(resource.project_id, policy)
    return connections.set_policy(resource.full_name, policy)


@contextmanager
def _pen(resource: Resource, operation: Operation) -> Iterator[None]:
    """Hold the right to write this policy, by a lease in the resource's row.

    The lease is the operation's, not the worker's: whoever takes the operation over goes on at once.
    """
    token, now = str(operation.pk), clock.now()
    free = Q(writer="") | Q(writer=token) | Q(writer_until__lt=now)
    taken = (
        Resource.objects.filter(pk=resource.pk)
        .filter(free)
        .update(writer=token, writer_until=now + timedelta(seconds=WRITER_SECONDS))
    )
    if not taken:
        raise WaitError("Another change of this policy is under way.", 0.5)
    try:
        yield
    finally:
        Resource.objects.filter(pk=resource.pk, writer=token).update(writer="", writer_until=None)


def _write_until_settled(resource: Resource, run: Run) -> None:
    for attempt in range(CONFLICT_ATTEMPTS):
        change = _change(resource)
        if not change.grants:
            return
        if _write(resource, change, run):
            _settle(resource, change, run)
            return
        time.sleep(random.uniform(0, min(2.0, 0.05 * 2**attempt)))  # noqa: S311 (spreads load)
    raise WaitError("Others keep changing this policy; the portal tries again.")


def _change(resource: Resource) -> Change:
    grants = tuple(pending(resource))
    live = set(resource.grants.filter(desired=Presence.PRESENT).values_list("role", "principal"))
    finished = Q(desired=Presence.ABSENT, observed=Presence.ABSENT)
    ours = set(
        resource.grants.filter(intended_at__isnull=False).exclude(finished).values_list("role", "principal")
    )
    wanted = {_pair(grant) for grant in grants if grant.desired == Presence.PRESENT}
    unwanted = {_pair(grant) for grant in grants if grant.desired == Presence.ABSENT}
    return Change(grants, frozenset(wanted), frozenset((unwanted - live) & ours))


def _write(resource: Resource, change: Change, run: Run) -> bool:
    """Read, change and write the policy once; return False when the whole cycle has to be repeated."""
    before = read_policy(resource)
    after = before.changed(additions=change.additions, removals=change.removals)
    if after is before:
        return True
    _check_limits(after)
    intended = _intend(change, before, run)
    try:
        _write_policy(resource, after)
    except Conflict:  # not applied: these bindings are not the portal's yet
        Grant.objects.filter(pk__in=intended).update(intended_at=None)
        return False
    except ServiceAgentMissing:
        Grant.objects.filter(pk__in=intended).update(intended_at=None)
        raise
    except InvalidRequest as error:
        Grant.objects.filter(pk__in=intended).update(intended_at=None)
        _refuse_named(change, error, run)
        return False
    except GoogleError as error:
        if not error.outcome_unknown:
            raise
        logger.warning("the outcome of writing %s is unknown: reading it", resource.full_name)
    return True


def _check_limits(policy: Policy) -> None:
    """Refuse before Google does. The limits are Google's: principals counted at every appearance."""
    if policy.principals() > PRINCIPAL_LIMIT:
        raise RefusedError(
            f"The policy would name more than {PRINCIPAL_LIMIT:,} principals, which Google refuses.",
            "Share with a group instead of single people, or remove some.",
        )
    if policy.groups() > GROUP_LIMIT:
        raise RefusedError(
            f"The policy would name more than {GROUP_LIMIT} groups, which Google refuses.",
            "Put the groups into one group, or remove some.",
        )


def _intend(change: Change, before: Policy, run: Run) -> list[int]:
    """Note, before the write, which bindings will be the portal's own: after a crash nobody could tell."""
    new = [
        grant.pk
        for grant in change.grants
        if grant.desired == Presence.PRESENT and not grant.intended_at and not before.has(*_pair(grant))
    ]
    with run.fenced():
        Grant.objects.filter(pk__in=new).update(intended_at=clock.now())
    return new


def _settle(resource: Resource, change: Change, run: Run) -> None:
    """Read back until every claim of the change is seen, and record it. Raises WaitError if it is not."""
    unseen: Sequence[Grant] = change.grants
    for pause in READ_BACK_PAUSES:
        time.sleep(pause)
        policy = read_policy(resource)
        seen = [(grant, _observation(grant, change, policy)) for grant in unseen]
        _observe([(grant, value) for grant, value in seen if value], run)
        unseen = [grant for grant, value in seen if not value]
        if not unseen:
            return
    raise WaitError("Google has taken the change, but its policy does not show it yet.")


def _observation(grant: Grant, change: Change, policy: Policy) -> str:
    """Return what the read-back says of the claim, or "" while it is not as desired."""
    there = policy.has(*_pair(grant))
    if grant.desired == Presence.PRESENT:
        return Presence.PRESENT if there else ""
    if not there:
        return Presence.ABSENT
    return "" if _pair(grant) in change.removals else Presence.RELEASED


def _observe(seen: Sequence[tuple[Grant, str]], run: Run) -> None:
    with run.fenced():
        now = clock.now()
        for grant, value in seen:
            # A claim that was decided anew meanwhile keeps waiting for its own turn.
            same = Grant.objects.filter(pk=grant.pk, desired=grant.desired)
            if same.update(observed=value, observed_at=now, error=""):
                _record(grant, value, run.operation)
            if value == Presence.ABSENT:
                _forget_released(grant, now)


def _forget_released(grant: Grant, now: datetime) -> None:
    """The binding is gone: older claims that had left it standing ended with it."""
    Grant.objects.filter(
        resource=grant.resource_id,
        role=grant.role,
        principal=grant.principal,
        desired=Presence.ABSENT,
        observed=Presence.RELEASED,
    ).update(observed=Presence.ABSENT, observed_at=now)


def _record(grant: Grant, value: str, operation: Operation) -> None:
    audit.record(
        "grant.activate" if value == Presence.PRESENT else "grant.revoke",
        by=None,
        target=grant.resource.full_name,
        project=grant.resource.project_id,
        outcome=audit.Outcome.SUCCEEDED,
        detail=claims.facts(grant) | {"observed": value},
        operation=operation,
    )


def _refuse_named(change: Change, error: InvalidRequest, run: Run) -> None:
    """Take the claims that Google names in its refusal out of the batch, so that the others go on."""
    new = [grant for grant in change.grants if grant.desired == Presence.PRESENT]
    named = [grant for grant in new if _address(grant) in error.message.lower()]
    if not named and len(new) == 1:
        named = new
    if not named:
        raise RefusedError(error.message, "Look at the principals and roles, then share again.") from error
    with run.fenced():
        for grant in named:
            claims.give_up(grant, error.message, run.operation)


def _pair(grant: Grant) -> Pair:
    return grant.role, grant.principal


def _address(grant: Grant) -> str:
    return grant.principal.rpartition(":")[2].lower()
