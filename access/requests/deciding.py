"""Deciding: approve, deny with a reason, shorten. Of two at once, one wins and the other is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError

from access import durations
from access.approval import approvers
from access.models import AccessRequest, Decision
from access.requests import journal, settling
from access.requests.granting import obstacle
from access.requests.journal import OvertakenError
from access.requests.room import no_room
from portal import audit, clock
from portal.models import User

State = AccessRequest.State
Verdict = Decision.Verdict


@dataclass(frozen=True)
class Verdicted:
    """What somebody says about a request: yes or no, why, and for how long if shorter than asked."""

    verdict: Verdict
    reason: str = ""
    duration: timedelta | None = None


def decide(request: AccessRequest, said: Verdicted, *, by: User, revision: int) -> AccessRequest:
    """Decide the present step of a request; return it as it is afterwards.

    `revision` is that of the request as `by` saw it. Raises OvertakenError when it has changed since, with
    what happened; ValidationError, by field, for what cannot be said, and for who may not decide any more.
    """
    with audit.appending():
        found = journal.locked(request)
        if found.state != State.PENDING or found.revision != revision:
            raise OvertakenError(what_happened(found))
        _refuse(found, said, by)
        decision = Decision.objects.create(
            request=found,
            by=by,
            verdict=said.verdict,
            step=found.step,
            reason=said.reason,
            duration=said.duration if said.verdict == Verdict.APPROVE else None,
            stood_in=approvers.stands_in(by, found),
            decided_at=clock.now(),
        )
        settling.settle(found, decision)
        return found


def _refuse(request: AccessRequest, said: Verdicted, by: User) -> None:
    if not approvers.may_decide(by, request):
        raise ValidationError("You may not decide this request any more.")
    if said.verdict == Verdict.DENY:
        if not said.reason.strip():
            raise ValidationError({"reason": "Say why, so that they know what to do about it."})
        return
    if why := obstacle(request.resource) or no_room(request):
        raise ValidationError(why)
    if not request.requester.is_active:
        raise ValidationError(f"The account of {request.requester} was deactivated: it can only be denied.")
    if said.duration and said.duration >= request.duration:
        asked = durations.words(request.duration)
        raise ValidationError({"duration": f"They ask for {asked}: it can only be made shorter."})


def what_happened(request: AccessRequest) -> str:
    """Say in a sentence what became of a request while somebody looked at it."""
    last = request.decisions.select_related("by").order_by("decided_at", "pk").last()
    state = State(request.state)
    if state == State.WITHDRAWN:
        return f"{request.requester} has withdrawn the request meanwhile."
    if state == State.LAPSED:
        return "The request has lapsed meanwhile: nobody decided in time."
    if state == State.PENDING and (last is None or last.step == request.step):
        return "The request has changed meanwhile. Look again, then decide."
    if state == State.PENDING:
        return "Somebody approved a step meanwhile. Look again: the next step waits."
    who = str(last.by) if last and last.by else "The approval policy"
    return f"{who} has {state.value} it meanwhile. Nothing of what you decided was kept."
