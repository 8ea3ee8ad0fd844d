"""Who may decide which request. Nobody decides what they ask for, or what is for themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower, Replace

from access.approval import judging
from access.approval.document import PolicyDocument, parse, stored
from access.approval.judging import Ask, Decided, Judgement
from access.approval.parts import Approvers
from access.models import AccessRequest, Decision, Resource
from portal.models import ADMINISTRATOR, User

State = AccessRequest.State


def ask_of(request: AccessRequest) -> Ask:
    """Return what the policy looks at of a request that is stored."""
    resource = request.resource
    return Ask(
        requester=request.requester.email,
        principal=request.principal,
        role=request.role,
        duration=request.duration,
        groups=request.requester.role_names,
        labels=resource.labels,
        reason=request.reason,
        ticket=request.ticket,
        is_connection=resource.kind == Resource.Kind.CONNECTION,
        escalated=request.escalated_at is not None,
    )


def judgement(request: AccessRequest) -> Judgement:
    """Return where a request stands by the version that it is judged by, and its decisions."""
    decisions = request.decisions.select_related("by").order_by("decided_at", "pk")
    said = [Decided(one.by.email, one.verdict, one.step) for one in decisions if one.by]
    return judging.judge(document_of(request), ask_of(request), said)


def document_of(request: AccessRequest) -> PolicyDocument:
    """Return the document as it was when the request was made."""
    return stored(request.policy_document)


def people(approvers: Approvers, resource: Resource, parties: frozenset[str]) -> QuerySet[User]:
    """Return the active people whom `approvers` means at this resource, without the parties (addresses).

    Where owners are asked and every owner is a party, or there is none, administrators stand in.
    """
    others = User.objects.filter(is_active=True).exclude(email__in=parties)
    wanted = Q(groups__name__in=approvers.groups) | Q(email__in=approvers.people)
    if approvers.owners:
        owners = Resource.owners.through.objects.filter(resource=resource, user__is_active=True)
        somebody = Q(Exists(owners.exclude(user__email__in=parties)))
        wanted |= Q(owned_resources=resource) | (Q(groups__name=ADMINISTRATOR) & ~somebody)
    return User.objects.filter(pk__in=others.filter(wanted).values("pk")).order_by("email")


def deciders(request: AccessRequest) -> list[User]:
    """Return who may decide the present step of a request, by address; nobody once it is decided."""
    if request.state != State.PENDING:
        return []
    stands = judgement(request)
    if stands.state != judging.WAITING:
        return []
    return list(people(stands.approvers, request.resource, stands.parties).exclude(email__in=stands.said))


def may_decide(user: User, request: AccessRequest) -> bool:
    """Whether this person may say yes or no now."""
    return user.is_active and any(decider.pk == user.pk for decider in deciders(request))


def stands_in(user: User, request: AccessRequest) -> bool:
    """Whether this person may decide the present step only for want of an owner: as an administrator.

    Not one whom the step means otherwise too: by name, by a group, as an owner.
    """
    asked = judgement(request).approvers
    named = user.email in asked.people or not user.role_names.isdisjoint(asked.groups)
    owns = asked.owners and request.resource.owners.filter(pk=user.pk).exists()
    return user.is_administrator and not named and not owns


def still_may(decision: Decision) -> bool:
    """Whether whoever decided still has the right by which they did, or another that would let them now.

    The right of an owner, of a group's member, of whoever is named, is lost with the ownership, the
    membership, the name. The right of an administrator who stood in for want of an owner is that of the
    role: it is lost with the role, not because somebody was named owner after the decision; the new owner
    decides what is decided from then on. What the policy decided itself stands. Raises ValidationError where
    the policy cannot be read: nobody knows then, and what was approved waits until it can be.
    """
    if decision.by is None or (decision.stood_in and decision.by.is_administrator):
        return True
    request = decision.request
    document, ask = parse(request.policy_document), ask_of(request)
    step = document.steps[decision.step]
    following = document.asked_next.approvers if document.asked_next and ask.escalated else Approvers()
    asked = people(step.approvers | following, request.resource, judging.own_parties(ask))
    return asked.filter(pk=decision.by.pk).exists()


def waiting_for(user: User) -> QuerySet[AccessRequest]:
    """Return the requests that this person may decide now. One query before it, however many there are."""
    if not user.is_active:
        return AccessRequest.objects.none()
    pending = AccessRequest.objects.filter(state=State.PENDING)
    always, as_owner = _Alike(), _Alike()
    for digest, step, never, document in _kinds(pending):
        approvers = _approvers(document, step, never)
        if user.role_names & set(approvers.groups) or user.email in approvers.people:
            always.add(digest, step, never)
        elif approvers.owners:
            as_owner.add(digest, step, never)
    wanted = always.condition() | (_stands_for_owners(user) & as_owner.condition())
    return pending.filter(wanted, ~_own(user)).exclude(decisions__by=user)


def _kinds(pending: QuerySet[AccessRequest]) -> Iterable[tuple[str, int, bool, dict[str, Any]]]:
    """Return digest, step, "nobody was asked next yet" and document of all that waits, each once.

    An index holds what is told apart here; a document is read for each kind, not for each request.
    """
    alike = AccessRequest.objects.filter(state=State.PENDING, policy_digest=OuterRef("policy_digest"))
    document = Subquery(alike.order_by().values("policy_document")[:1])
    kinds = pending.order_by().values("policy_digest", "step")
    for kind in kinds.annotate(all=Count("*"), escalated=Count("escalated_at")).annotate(document=document):
        for never, there in ((True, kind["all"] - kind["escalated"]), (False, kind["escalated"])):
            if there:
                yield kind["policy_digest"], kind["step"], never, kind["document"]


class _Alike:
    """Requests that the same people decide, but for owners; as one condition, however many documents."""

    def __init__(self) -> None:
        self._digests: dict[tuple[int, bool], list[str]] = defaultdict(list)

    def add(self, digest: str, step: int, never_escalated: bool) -> None:
        """Add those of one kind."""
        self._digests[step, never_escalated].append(digest)

    def condition(self) -> Q:
        """Whether a request is one of them."""
        conditions = (
            Q(policy_digest__in=digests, step=step, escalated_at__isnull=never)
            for (step, never), digests in self._digests.items()
        )
        return reduce(or_, conditions, Q(pk__in=[]))


def _approvers(document: dict[str, Any], step: int, never_escalated: bool) -> Approvers:
    parsed = stored(document)
    here = parsed.steps[step].approvers if step < len(parsed.steps) else Approvers()
    following = parsed.asked_next.approvers if parsed.asked_next and not never_escalated else Approvers()
    return here | following


def _stands_for_owners(user: User) -> Q:
    """Whether this person owns the resource, or stands in where no owner could decide."""
    pairs = Resource.owners.through.objects.filter(user=user)
    owns = Q(resource__in=pairs.values("resource"))
    return owns | _without_an_owner() if user.is_administrator else owns


def _without_an_owner() -> Q:
    """Whether the resource has no owner who could decide: active, neither asking nor asked for.

    Owners are gone through only where one of them asks or is asked for. Before, a database finds out once
    which resources have an owner; and it looks the two up, or keeps a table of them.
    """
    owners = Resource.owners.through.objects.all()
    here = owners.filter(resource=OuterRef("resource"))
    asks = Exists(here.filter(user=OuterRef("requester")))
    is_asked_for = Exists(here.filter(user__email=_asked_for(OuterRef("principal"))))
    others = here.filter(user__is_active=True).exclude(user=OuterRef("requester"))
    somebody = Exists(others.exclude(user__email=_asked_for(OuterRef("principal"))))
    owned = Q(resource__in=owners.filter(user__is_active=True).values("resource"))
    return ~owned | ((Q(asks) | Q(is_asked_for)) & ~Q(somebody))


def _asked_for(principal: Any) -> Replace:
    return Replace(Lower(principal), Value("user:"), Value(""))


def _own(user: User) -> Q:
    return Q(requester=user) | Q(principal__iexact=user.member)
