"""What one cycle of the policy writer is about: the claims, the bindings, what was sent and what is seen."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from access.models import ENDING, Grant, Resource
from portal import clock
from portal.gcp.policies import Policy, diff, member_key
from portal.runs import Run, WaitError

Presence = Grant.Presence
PENDING = (Q(desired=Presence.PRESENT) & ~Q(observed=Presence.PRESENT)) | ENDING
Pair = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """What one cycle is to bring about, as (role, member) pairs, and the claims that ask for it."""

    grants: tuple[Grant, ...]
    additions: frozenset[Pair]
    # Only bindings that the portal wrote and that no other live claim needs, by their keys.
    removals: frozenset[Pair]

    @property
    def new(self) -> list[Grant]:
        """The claims that ask for a binding."""
        return [grant for grant in self.grants if grant.desired == Presence.PRESENT]


@dataclass(frozen=True)
class Sent:
    """A write whose effect is not known yet: the policy, and the claims that were noted as the portal's."""

    policy: Policy
    intended: tuple[int, ...]
    moment: datetime

    def judge(self, before: Policy, run: Run) -> None:
        """After a conflict, look at what Google has now: was it this write that came first, or another?

        A write that a layer below repeated meets its own etag, and then the policy is as it was sent.
        """
        if diff(self.policy, before):
            self.take_back(run)

    def take_back(self, run: Run) -> None:
        """It was not applied: what it would have added is not the portal's."""
        with run.fenced():
            Grant.objects.filter(pk__in=self.intended, intended_at=self.moment).update(intended_at=None)


def pending(resource: Resource) -> QuerySet[Grant]:
    """Return the claims of `resource` that Google's policy has not been seen to match.

    Access whose time is over before it was given is not given any more: the expiry ends its claim.
    """
    over = Q(desired=Presence.PRESENT, expires_at__lte=clock.Now())
    return resource.grants.filter(PENDING).exclude(over).select_related("resource").order_by("pk")


def change_of(resource: Resource, missing: Container[int], among: frozenset[int] | None) -> Change:
    """Return what the pending claims ask for now; ends of claims always, new ones as far as they may go on.

    By primary keys: not those of `missing`, whose accounts Google does not know yet, and only those of
    `among` if it is given.
    """
    grants = tuple(
        grant
        for grant in pending(resource)
        if grant.desired == Presence.ABSENT
        or (grant.pk not in missing and (among is None or grant.pk in among))
    )
    wanted = {pair(grant) for grant in grants if grant.desired == Presence.PRESENT}
    unwanted = {key(grant) for grant in grants if grant.desired == Presence.ABSENT}
    return Change(grants, frozenset(wanted), _removable(resource, unwanted) if unwanted else frozenset())


def _removable(resource: Resource, unwanted: set[Pair]) -> frozenset[Pair]:
    """Leave out what another live claim needs, and what is not the portal's own."""
    live = _keys(resource.grants.filter(desired=Presence.PRESENT))
    finished = Q(desired=Presence.ABSENT, observed=Presence.ABSENT)
    ours = _keys(resource.grants.filter(intended_at__isnull=False).exclude(finished))
    return frozenset((unwanted - live) & ours)


def intend(change: Change, before: Policy, after: Policy, run: Run) -> Sent:
    """Note, before the write, which bindings will be the portal's own: after a crash nobody could tell.

    Raises WaitError when one of them is not wanted any more.
    """
    there = before.keys()
    new = [grant.pk for grant in change.new if not grant.intended_at and key(grant) not in there]
    with run.fenced():
        now = clock.now()
        still_wanted = Grant.objects.filter(pk__in=new, desired=Presence.PRESENT, intended_at=None)
        if still_wanted.update(intended_at=now) < len(new):
            raise WaitError("Who shall have access was changed meanwhile.", 0.1)
        Resource.objects.filter(grants__in=[grant.pk for grant in change.grants]).update(written_at=now)
    return Sent(after, tuple(new), now)


def is_doubtful(change: Change) -> bool:
    """Whether a policy that seems to need no write may be seen as it was before the portal's last one.

    A binding that this claim's own write was to add, or that another claim holds, is there as expected. One
    that is there although nobody sent it, or is gone although nobody took it, may be an older state.
    """
    sent_or_held = Q(pk__in=[grant.pk for grant in change.new], intended_at__isnull=False) | Q(
        desired=Presence.PRESENT, observed=Presence.PRESENT
    )
    resources = {grant.resource_id for grant in change.grants}
    expected = _keys(Grant.objects.filter(sent_or_held, resource__in=resources))
    return bool(change.removals) or any(key(grant) not in expected for grant in change.new)


def observation(grant: Grant, change: Change, there: Container[Pair]) -> str:
    """Return what a read-back with these keys says of the claim, or "" while it is not as desired."""
    is_there = key(grant) in there
    if grant.desired == Presence.PRESENT:
        return Presence.PRESENT if is_there else ""
    if not is_there:
        return Presence.ABSENT
    return "" if key(grant) in change.removals else Presence.RELEASED


def pair(grant: Grant) -> Pair:
    """The binding that a claim asks for, as the claim spells it."""
    return grant.role, grant.principal


def key(grant: Grant) -> Pair:
    """What tells two claims of one binding: the case of an address does not."""
    return grant.role, member_key(grant.principal)


def _keys(grants: QuerySet[Grant]) -> set[Pair]:
    return {(role, member_key(member)) for role, member in grants.values_list("role", "principal")}
