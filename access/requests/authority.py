"""Approvals are asked about again when they are carried out: who lost the right meanwhile stops the change.

An operation may carry out the claims of others on its policy too, so it is asked about each claim, right
before each write, and about each operation, before it begins.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from access import claims
from access.approval import approvers
from access.models import AccessRequest, Decision, Grant, Resource
from portal import authority
from portal.models import Operation, User
from portal.runs import RefusedError, Run

Presence = Grant.Presence
REMEDY = "Ask for it again, so that somebody who may decides anew."


def connect() -> None:
    """Have portal.authority ask here too; once, when the apps are ready."""
    authority.also_let(is_approver)
    authority.also_check(check)


def is_approver(user: User, operation: Operation) -> bool:
    """Whether the person approved the request behind the operation, and still may."""
    requests = AccessRequest.objects.filter(operation=str(operation.pk))
    own = _approvals(requests).filter(by=user) if user.is_active else []
    judged = (decision for decision in own if not approvers.document_of(decision.request).problem)
    return any(approvers.still_may(decision) for decision in judged)


def check(operation: Operation) -> None:
    """Raise RefusedError when a request behind an operation rests on somebody who may not decide any more."""
    for request in AccessRequest.objects.filter(operation=str(operation.pk)).select_related("requester"):
        grants = list(request.grants.all())
        if grants and all(grant.observed == Presence.PRESENT for grant in grants):
            continue  # another operation on the same policy has brought it about already
        if why := problem(request):
            raise RefusedError(why, REMEDY)


def stop_unauthorised(resource: Resource, run: Run) -> None:
    """Give up the claims on `resource` that were not sent yet and whose approvers lost the right."""
    unsent = resource.grants.filter(desired=Presence.PRESENT, intended_at=None, request__isnull=False)
    unsent = unsent.exclude(observed=Presence.PRESENT).select_related("resource", "request__requester")
    refused = {grant: why for grant in unsent if grant.request and (why := problem(grant.request))}
    if refused:
        with run.fenced():
            claims.give_up(refused, run.operation)


def problem(request: AccessRequest) -> str:
    """Why the approvals of a request do not hold any more, as a sentence, or nothing."""
    if not request.requester.is_active:
        return f"The account of {request.requester}, who asked for it, was deactivated."
    for decision in _approvals([request]):
        if not approvers.still_may(decision):
            return f"{decision.by} approved it and may not any more."
    return ""


def _approvals(requests: Iterable[AccessRequest]) -> QuerySet[Decision]:
    found = Decision.objects.filter(request__in=requests, verdict=Decision.Verdict.APPROVE)
    return found.select_related("by", "request__resource", "request__requester").order_by("pk")
