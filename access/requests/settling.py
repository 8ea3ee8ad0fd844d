"""What follows a decision: the request's new state, the claim and its operation, who is told."""

from __future__ import annotations

from datetime import timedelta

from access import claims, durations
from access.approval import approvers, judging
from access.models import AccessRequest, Decision, Grant
from access.requests import authority, journal, telling
from access.requests.granting import ENDERS, GRANTERS
from portal import clock
from portal.models import User

State = AccessRequest.State
Verdict = Decision.Verdict
Presence = Grant.Presence


def approve_without_people(request: AccessRequest, why: str) -> None:
    """The policy asks nobody: approve at once. `why` is its sentence. Inside the caller's transaction."""
    decision = Decision.objects.create(
        request=request,
        verdict=Verdict.APPROVE,
        step=request.step,
        reason=why,
        decided_at=clock.now(),
    )
    settle(request, decision)


def settle(request: AccessRequest, decision: Decision) -> None:
    """Draw the consequence of the newest decision. Inside the caller's transaction.

    Raises OvertakenError when somebody changed the request since it was read.
    """
    stands = approvers.judgement(request) if decision.by else judging.Judgement(judging.APPROVED)
    if stands.state == judging.APPROVED:
        _approve(request, decision)
    elif stands.state == judging.DENIED:
        journal.change(request, state=State.DENIED, decided_at=decision.decided_at)
        _record(request, decision)
        telling.decided(request, decision, f"{decision.by} denied it.")
    else:
        journal.change(request, step=stands.step)
        _record(request, decision, missing=stands.missing)
        telling.made(request)


def _approve(request: AccessRequest, decision: Decision) -> None:
    journal.change(request, state=State.APPROVED, decided_at=decision.decided_at)
    _record(request, decision)
    length = durations.words(approved_duration(request))
    waits = request.starts_at and request.starts_at > decision.decided_at
    beginning = f", from {request.starts_at:%Y-%m-%d %H:%M} UTC" if waits else ""
    said = f"{decision.by or 'The approval policy'} approved it for {length}{beginning}."
    telling.decided(request, decision, said)
    if not waits:
        bring_about(request, by=decision.by)


def bring_about(request: AccessRequest, *, by: User | None) -> None:
    """Claim what was approved, or move the end of what is held already. Inside the caller's transaction.

    The clock starts at the approval, or at the start that was asked for if that is later. `by` is who
    approved last.
    """
    decided = request.decided_at or clock.now()
    ends = max(decided, request.starts_at or decided) + approved_duration(request)
    held = _held(request)
    if held is not None and (why := authority.problem(request)):
        # A worker asks the same before it gives something new; a longer stay is given here.
        journal.change(request, state=State.DENIED)
        journal.record(Verdict.DENY, request, by=None, reason=why)
        telling.decided(request, None, why)
        return
    if held is not None and request.resource.kind not in ENDERS:
        held.expires_at = max(held.expires_at, ends) if held.expires_at else None
        held.save(update_fields=["expires_at"])
        operation = ""  # nothing changes at Google
    else:
        operation = str(GRANTERS[request.resource.kind].grant(request, by=by, expires_at=ends).pk)
    journal.change(request, extends=held, granted_at=clock.now(), operation=operation)
    if held is not None:
        held.refresh_from_db()
        journal.record("extend", request, by=by, reason=request.reason, detail=claims.facts(held))


def _held(request: AccessRequest) -> Grant | None:
    """The live claim that an earlier request made on the same: its end moves, and never comes sooner."""
    live = request.resource.grants.select_for_update().filter(
        desired=Presence.PRESENT,
        origin=Grant.Origin.REQUEST,
        principal=request.principal,
        role=request.role,
    )
    return live.order_by("pk").last()


def approved_duration(request: AccessRequest) -> timedelta:
    """Return how long it was approved for: as asked, or as short as the shortest approver made it."""
    return shortest(AccessRequest.objects.prefetch_related("decisions").get(pk=request.pk))


def shortest(request: AccessRequest) -> timedelta:
    """approved_duration(), from decisions that were loaded already."""
    yes = [one.duration for one in request.decisions.all() if one.verdict == Verdict.APPROVE]
    return min([request.duration, *(length for length in yes if length)])


def _record(request: AccessRequest, decision: Decision, **more: object) -> None:
    shortened = int(decision.duration.total_seconds()) if decision.duration else None
    journal.record(
        decision.verdict,
        request,
        by=decision.by,
        reason=decision.reason,
        detail={"step": decision.step, "shortened_to_seconds": shortened, **more},
    )
