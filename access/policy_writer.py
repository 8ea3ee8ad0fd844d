"""The one writer of a policy: all pending claims of a resource in one read-modify-write.

Read the policy with its etag, add and remove what the claims ask for, keep everything else as it is,
write, read back. A conflict repeats the whole cycle. "Active" and "revoked" mean seen by read-back.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from access import claims
from access import seen as seen_policies
from access.models import Grant, Resource
from access.policy_change import Change, Sent, change_of, intend, is_doubtful, key, observation, pending
from access.policy_refusals import put_off, refuse_named, without_room
from access.requests.authority import stop_unauthorised
from portal import audit, clock
from portal.gcp import connections, kms, projects
from portal.gcp.errors import Conflict, GoogleError, InvalidRequest, ServiceAgentMissing
from portal.gcp.policies import Policy
from portal.models import Operation
from portal.runs import Run, SupersededError, WaitError

logger = logging.getLogger(__name__)

Presence = Grant.Presence
WRITER_SECONDS = 120
STALE_SECONDS = 600
CONFLICT_ATTEMPTS = 10
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
READ_BACK_PAUSES = (0.0, 0.25, 0.5, 1.0)


def write_pending(resource: Resource, run: Run, claim: Callable[[], object] = lambda: None) -> int:
    """Bring the resource's policy at Google in line with its pending claims; return how many there were.

    `claim` makes further claims, in the transaction with which the work begins. One that Google refuses, or
    that the policy has no room for, is given up with the reason in its `error`; the others go on, ends of
    claims always. Raises WaitError while another operation writes this policy or a write is not to be seen
    yet, RefusedError when Google will not have it, GoogleError as portal.gcp does.
    """
    with _pen(resource, run, claim) as pen:
        waiting = pending(resource).count()
        if waiting:
            _write_until_settled(resource, run, pen)
        return waiting


def read_policy(resource: Resource) -> Policy:
    """Return the resource's policy as Google has it now."""
    if resource.kind == Resource.Kind.PROJECT:
        return projects.get_policy(resource.project_id)
    if resource.kind == Resource.Kind.KMS_KEY:
        return kms.get_policy(resource.full_name)
    return connections.get_policy(resource.full_name)


def _write_policy(resource: Resource, policy: Policy) -> Policy:
    if resource.kind == Resource.Kind.PROJECT:
        return projects.set_policy(resource.project_id, policy)
    if resource.kind == Resource.Kind.KMS_KEY:
        return kms.set_policy(resource.full_name, policy)
    return connections.set_policy(resource.full_name, policy)


@dataclass
class _Pen:
    """The right to write a policy."""

    resource: Resource
    run: Run
    is_held: bool = True

    def lay_down(self) -> None:
        """In the caller's fenced transaction, let others write."""
        own = Resource.objects.filter(pk=self.resource.pk, writer=str(self.run.operation.pk))
        own.update(writer="", writer_until=None)


@contextmanager
def _pen(resource: Resource, run: Run, claim: Callable[[], object]) -> Iterator[_Pen]:
    """Hold the right to write this policy, by a lease in the resource's row.

    The lease is the operation's, not the worker's: whoever takes the operation over goes on at once, and
    a worker that was superseded does not lay down the pen that its successor holds.
    """
    _take_pen(resource, run, claim)
    pen = _Pen(resource, run)
    try:
        yield pen
    finally:
        if pen.is_held:
            with suppress(SupersededError), run.fenced():
                pen.lay_down()


def _take_pen(resource: Resource, run: Run, claim: Callable[[], object] = lambda: None) -> None:
    """Take the pen or prolong its lease; each further cycle does, so that none outlasts it."""
    with run.fenced():
        claim()
        token = str(run.operation.pk)
        free = Q(writer="") | Q(writer=token) | Q(writer_until__lt=clock.Now())
        taken = (
            Resource.objects.filter(pk=resource.pk)
            .filter(free)
            .update(writer=token, writer_until=clock.later(WRITER_SECONDS))
        )
    if not taken:
        raise WaitError("Another change of this policy is under way.", 0.5)


def _write_until_settled(resource: Resource, run: Run, pen: _Pen) -> None:
    """Write all claims; those of an account that Google does not know yet keep waiting, the others go on."""
    missing: dict[int, ServiceAgentMissing] = {}
    _write_claims(resource, run, missing, None, pen)
    if missing:
        raise next(iter(missing.values()))


def _write_claims(
    resource: Resource,
    run: Run,
    missing: dict[int, ServiceAgentMissing],
    among: frozenset[int] | None,
    pen: _Pen | None = None,
) -> None:
    """Repeat the cycle until it is settled: for all new claims, or for those of `among` (primary keys).

    `pen` is laid down as soon as all is seen.
    """
    sent: Sent | None = None
    conflicts = 0
    while conflicts < CONFLICT_ATTEMPTS:
        before = read_policy(resource)
        if sent:
            sent.judge(before, run)
        stop_unauthorised(resource, run)
        change = change_of(resource, missing, among)
        if not change.grants:
            return
        try:
            if without_room(change, before, run):
                continue
            sent = _write(resource, before, change, run)
        except ServiceAgentMissing as error:
            put_off(change, error, missing)
        except InvalidRequest as error:
            if not refuse_named(change, error, run):
                _halve(resource, run, missing, change)
                return
        else:
            if sent is None:
                _settle(resource, change, run, None if missing else pen)
                return
            conflicts += 1
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**conflicts)))  # noqa: S311 (spreads load)
        _take_pen(resource, run)
    raise WaitError("Others keep changing this policy; the portal tries again.")


def _halve(resource: Resource, run: Run, missing: dict[int, ServiceAgentMissing], change: Change) -> None:
    """Google refused the lot without saying whom: find out by writing each half on its own."""
    keys = [grant.pk for grant in change.new]
    middle = len(keys) // 2
    for half in (keys[:middle], keys[middle:]):
        _write_claims(resource, run, missing, frozenset(half))


def _write(resource: Resource, before: Policy, change: Change, run: Run) -> Sent | None:
    """Change and write the policy once; return what was sent if it met a conflict, else None.

    Where all seems done already but cannot be known yet, the policy goes back as it was read: Google refuses
    it if the read was stale.
    """
    after = before.changed(additions=change.additions, removals=change.removals)
    doubted = after is before and is_doubtful(change) and _written_lately(resource)
    if after is before and not doubted:
        return None
    sent = intend(change, before, after, run)
    try:
        _write_policy(resource, after)
    except Conflict:
        return sent
    except GoogleError as error:
        if doubted or not error.outcome_unknown:
            sent.take_back(run)
            raise
        logger.warning("the outcome of writing %s is unknown: reading it", resource.full_name)
    return None


def _written_lately(resource: Resource) -> bool:
    """Whether the portal wrote this policy so short a time ago that a read may show it as it was before."""
    lately = clock.later(-STALE_SECONDS)
    return Resource.objects.filter(pk=resource.pk, written_at__gt=lately).exists()


def _settle(resource: Resource, change: Change, run: Run, pen: _Pen | None) -> None:
    """Read back until every claim of the change is seen, and record it. Raises WaitError if it is not."""
    unseen: Sequence[Grant] = change.grants
    for pause in READ_BACK_PAUSES:
        time.sleep(pause)
        policy = read_policy(resource)
        there = policy.keys()
        seen = [(grant, observation(grant, change, there)) for grant in unseen]
        unseen = [grant for grant, value in seen if not value]
        if observed := [(grant, value) for grant, value in seen if value]:
            _observe(observed, run, None if unseen else pen)
        if not unseen:
            seen_policies.keep(resource, policy)
            return
    raise WaitError("Google has taken the change, but its policy does not show it yet.")


def _observe(seen: Sequence[tuple[Grant, str]], run: Run, pen: _Pen | None) -> None:
    with run.fenced():
        now = clock.now()
        told: list[tuple[Grant, str]] = []
        for value in sorted({value for _, value in seen}):
            grants = _still_desired([grant for grant, found in seen if found == value])
            keys = [grant.pk for grant in grants]
            Grant.objects.filter(pk__in=keys).update(observed=value, observed_at=now, error="")
            told += [(grant, value) for grant in grants]
        audit.record_all(_entry(grant, value, run.operation) for grant, value in told)
        _forget_released([grant for grant, value in seen if value == Presence.ABSENT], now)
        if pen:
            pen.lay_down()
    if pen:
        pen.is_held = False


def _still_desired(grants: Sequence[Grant]) -> list[Grant]:
    """Leave out claims that were decided anew meanwhile: they keep waiting for their own turn."""
    rows = Grant.objects.select_for_update().filter(pk__in=[grant.pk for grant in grants])
    now = {pk: (desired, ends) for pk, desired, ends in rows.values_list("pk", "desired", "expires_at")}
    found = [grant for grant in grants if now[grant.pk][0] == grant.desired]
    for grant in found:  # it may have been extended since it was read
        grant.expires_at = now[grant.pk][1]
    return found


def _forget_released(gone: Sequence[Grant], now: datetime) -> None:
    """The bindings are gone: older claims that had left them standing ended with them."""
    if not gone:
        return
    keys = {key(grant) for grant in gone}
    released = Grant.objects.filter(
        resource=gone[0].resource_id, desired=Presence.ABSENT, observed=Presence.RELEASED
    )
    ended = [grant.pk for grant in released if key(grant) in keys]
    Grant.objects.filter(pk__in=ended).update(observed=Presence.ABSENT, observed_at=now)


def _entry(grant: Grant, value: str, operation: Operation) -> audit.Entry:
    return audit.Entry(
        "grant.activate" if value == Presence.PRESENT else "grant.revoke",
        None,
        grant.resource.full_name,
        audit.Outcome.SUCCEEDED,
        grant.resource.project_id,
        detail=claims.facts(grant) | {"observed": value},
        operation=operation,
    )
