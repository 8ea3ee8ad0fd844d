"""What a policy would have made of the last requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Prefetch, QuerySet

from access import durations
from access.approval import judging
from access.approval.crowd import Crowd, gather
from access.approval.document import PolicyDocument
from access.approval.judging import APPROVED, DENIED, WAITING, Ask, Decided, Judgement
from access.approval.scope import followers
from access.models import CONNECTION_ROLES, AccessRequest, Decision, Resource

LAST = 100
# What a request could have come to, besides its own states.
REFUSED, UNDECIDED = "refused", "waiting"
LAPSED, WITHDRAWN, PENDING = "lapsed", "withdrawn", "pending"


@dataclass(frozen=True)
class Replayed:
    """One request: what became of it, what would have, and why. `changed`: whether these differ."""

    request: AccessRequest
    would: str
    why: str
    changed: bool

    @property
    def asked(self) -> str:
        """What was asked for, in few words."""
        role = CONNECTION_ROLES.get(self.request.role, self.request.role)
        return f"{role}, {durations.words(self.request.duration)}"


@dataclass(frozen=True)
class DryRun:
    """The last requests, newest first, under another policy."""

    rows: Sequence[Replayed]

    @property
    def changed(self) -> list[Replayed]:
        """Those that would have come out differently."""
        return [row for row in self.rows if row.changed]

    @property
    def counts(self) -> list[tuple[str, int, int]]:
        """Each outcome with how many had it, and how many would have had it."""
        had = Counter(row.request.state for row in self.rows)
        would = Counter(row.would for row in self.rows)
        order = (APPROVED, DENIED, REFUSED, UNDECIDED, PENDING, WITHDRAWN, LAPSED)
        return [(word, had[word], would[word]) for word in order if had[word] or would[word]]


def replay(document: PolicyDocument, resource: Resource) -> DryRun:
    """Judge the last LAST requests anew; for a project those of all that follows its default.

    Decisions count as they were made, if whoever made them may decide under `document` today: who was in
    which group or owned what at the time is not looked up.
    """
    requests = list(_last(resource))
    crowd = gather({request.resource_id for request in requests})
    return DryRun([_replayed(document, request, crowd) for request in requests])


def _last(resource: Resource) -> QuerySet[AccessRequest]:
    found = AccessRequest.objects.all()
    if resource.kind == Resource.Kind.PROJECT:
        found = found.filter(resource__in=followers(resource).order_by())
    else:
        found = found.filter(resource=resource)
    decisions = Decision.objects.select_related("by").order_by("decided_at", "pk")
    return (
        found.select_related("resource", "requester")
        .prefetch_related(Prefetch("decisions", decisions))
        .order_by("-created_at", "pk")[:LAST]
    )


def _replayed(document: PolicyDocument, request: AccessRequest, crowd: Crowd) -> Replayed:
    would, why = _outcome(document, request, crowd)
    changed = would != request.state
    return Replayed(request, would, why, changed)


def _outcome(document: PolicyDocument, request: AccessRequest, crowd: Crowd) -> tuple[str, str]:
    ask = Ask(
        requester=request.requester.email,
        principal=request.principal,
        role=request.role,
        duration=request.duration,
        groups=crowd.groups_of(request.requester.email),
        labels=request.resource.labels,
        reason=request.reason,
        ticket=request.ticket,
        is_connection=request.resource.kind == Resource.Kind.CONNECTION,
    )
    if refused := judging.problems(document, ask):
        return REFUSED, " ".join(refused.values())
    found, late = _decided_anew(document, request, ask, crowd)
    if found.state == APPROVED:
        return APPROVED, found.exemption or "The approvals that it had are enough."
    if found.state == DENIED:
        return DENIED, "Somebody who may decide said no."
    return _unfinished(document, request, found, late)


def _decided_anew(
    document: PolicyDocument, request: AccessRequest, ask: Ask, crowd: Crowd
) -> tuple[Judgement, bool]:
    """Return where it would stand after its decisions, and whether one of them came too late."""
    said: list[Decided] = []
    following = document.asked_next
    for decision in request.decisions.all():
        waited = decision.decided_at - request.created_at
        now = replace(ask, escalated=bool(following and waited >= following.after))
        stands = judging.judge(document, now, said)
        if stands.state != WAITING:
            break
        if waited > document.lapses_after:
            return stands, True
        asked = crowd.meant(stands.approvers, request.resource_id, stands.parties) - stands.said
        if decision.by and decision.by.email in asked:
            said.append(Decided(decision.by.email, decision.verdict, stands.step))
    return judging.judge(document, ask, said), False


def _unfinished(
    document: PolicyDocument, request: AccessRequest, found: Judgement, late: bool
) -> tuple[str, str]:
    """What becomes of a request that would not have been decided."""
    if late:
        return LAPSED, "It would have lapsed before it was decided."
    missing = f"{found.missing} more approval{'' if found.missing == 1 else 's'}"
    where = f" at step {found.step + 1}" if len(document.steps) > 1 else ""
    why = f"It would have needed {missing}{where}."
    if request.state in {WITHDRAWN, LAPSED, PENDING}:
        return request.state, why
    return UNDECIDED, why
