"""Who may see, decide and withdraw a request: predicates for portal.permissions.permitted."""

from __future__ import annotations

from typing import Any

from access.approval import approvers, judging
from access.models import AccessRequest
from access.requests import standing
from access.rules import owner
from portal.models import User
from portal.permissions import administrator, any_of, auditor

State = AccessRequest.State


def requester(user: User, request: AccessRequest | Any) -> bool:
    """Who asked."""
    return user.is_active and request.requester_id == user.pk


def asked_to_decide(user: User, request: AccessRequest | Any) -> bool:
    """Who may decide a step of the request, has decided one, or could have while it waited."""
    if not user.is_active or requester(user, request):
        return False
    has_decided = any(decision.by_id == user.pk for decision in request.decisions.all())
    return has_decided or meant_to_decide(user, request)


def meant_to_decide(user: User, request: AccessRequest | Any) -> bool:
    """Whom a step of the request means as it stands now, whatever they decided before."""
    if not user.is_active or requester(user, request):
        return False
    document, ask = approvers.document_of(request), approvers.ask_of(request)
    everybody = document.asked_next.approvers if document.asked_next and ask.escalated else None
    for step in document.steps:
        everybody = everybody | step.approvers if everybody else step.approvers
    if everybody is None:
        return False
    parties = judging.own_parties(ask)
    return any(person.pk == user.pk for person in standing.people(request, everybody, parties))


# Another person's request is nobody else's business.
may_see = any_of(requester, administrator, auditor, owner, asked_to_decide)
# Whoever decided and lost the right since may read on what became of it, and has no more say.
may_comment = any_of(requester, administrator, owner, meant_to_decide)
