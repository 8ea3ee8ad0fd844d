"""What happens to requests by themselves: they lapse, others are asked, access begins. Run each minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q

from access.approval.document import parse
from access.models import AccessRequest, Decision
from access.requests import journal, settling, telling
from access.requests.granting import obstacle
from portal import audit, clock, sweeping

State = AccessRequest.State
LIMIT = 500


def sweep() -> int:
    """Do all that is due; return how many requests changed.

    One that cannot be done holds up no other; raises sweeping.UnfinishedError at the end.
    """
    return sweeping.all_of(lapse, escalate, begin)


def lapse() -> int:
    """End the requests that nobody decided in time."""
    return _each(_keys(Q(state=State.PENDING, lapses_at__lte=clock.now())), _lapse)


def escalate() -> int:
    """Ask those whom the policy names next, where nobody has decided for long enough."""
    return _each(_nobody_decided(), _escalate)


def begin() -> int:
    """Bring about what was approved for later and is due now."""
    return _each(_keys(Q(state=State.APPROVED, granted_at=None, starts_at__lte=clock.now())), _begin)


def _keys(due: Q) -> list[UUID]:
    """The oldest of those that are due."""
    return list(AccessRequest.objects.filter(due).order_by("created_at").values_list("pk", flat=True)[:LIMIT])


def _nobody_decided() -> list[UUID]:
    """The pending requests that are older than their policy lets them wait before others are asked."""
    waits: dict[str, timedelta | None] = {}
    due, now = [], clock.now()
    pending = AccessRequest.objects.filter(state=State.PENDING, escalated_at=None).order_by("created_at")
    for key, made, document in pending.values_list("pk", "created_at", "policy_document").iterator():
        text = repr(document)
        if text not in waits:
            waits[text] = _wait(document)
        wait = waits[text]
        if wait is not None and made + wait <= now:
            due.append(key)
    return due[:LIMIT]


def _wait(document: dict[str, Any]) -> timedelta | None:
    """How long a policy lets a request wait before others are asked; None: they never are."""
    try:
        following = parse(document).asked_next
    except ValidationError:  # nobody can judge by it: said when its requests are gone through
        return timedelta(0)
    return following.after if following else None


def _each(keys: Iterable[UUID], act: Callable[[AccessRequest], bool]) -> int:
    """`act` on each, in a transaction of its own, with the row locked and read anew."""

    def one(key: UUID) -> bool:
        try:
            with audit.appending():
                return act(journal.locked(AccessRequest(pk=key)))
        except journal.OvertakenError:  # somebody was quicker: the next run sees what is left to do
            return False

    return sweeping.each(keys, one, "request {}".format)


def _lapse(request: AccessRequest) -> bool:
    if request.state != State.PENDING:
        return False
    now = clock.now()
    journal.change(request, state=State.LAPSED, decided_at=now)
    journal.record("lapse", request, by=None)
    telling.decided(request, None, "Nobody decided in time. You can ask again.")
    return True


def _escalate(request: AccessRequest) -> bool:
    if request.state != State.PENDING or request.escalated_at:
        return False
    parse(request.policy_document)  # what cannot be judged is asked of nobody, and told of as a failure
    journal.change(request, escalated_at=clock.now())
    journal.record("escalate", request, by=None)
    telling.escalated(request)
    return True


def _begin(request: AccessRequest) -> bool:
    if request.state != State.APPROVED or request.granted_at:
        return False
    if why := obstacle(request.resource):
        journal.change(request, state=State.LAPSED)
        journal.record("lapse", request, by=None, reason=why)
        telling.decided(request, None, why)
        return True
    approved = request.decisions.filter(verdict=Decision.Verdict.APPROVE).select_related("by")
    last = approved.order_by("decided_at", "pk").last()
    settling.bring_about(request, by=last.by if last else None)
    return True
