"""What happened to a request, in its order, as its page tells it. From rows that are loaded already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from access import durations
from access.models import AccessRequest, Comment, Decision, Grant

State = AccessRequest.State
Verdict = Decision.Verdict
PORTAL = "The portal"


@dataclass(frozen=True)
class Entry:
    """One thing that happened: who did what, and what they said. `symbol` is an icon's name."""

    when: datetime
    symbol: str
    who: str
    what: str
    said: str = ""
    tone: str = ""


def of(
    request: AccessRequest,
    decisions: Iterable[Decision],
    comments: Iterable[Comment],
    grants: Iterable[Grant],
) -> list[Entry]:
    """Return all that happened, the oldest first."""
    entries = [
        *_own(request),
        *(_decision(request, decision) for decision in decisions),
        *(Entry(one.made_at, "chat-left-text", str(one.by), "wrote", one.text) for one in comments),
    ]
    for grant in grants:
        entries.extend(_grant(grant))
    return sorted(entries, key=lambda entry: entry.when)


def _own(request: AccessRequest) -> Iterator[Entry]:
    what = "asked to keep it longer" if request.extends_id and request.granted_at is None else "asked for it"
    yield Entry(request.created_at, "send", str(request.requester), what)
    if request.escalated_at:
        yield Entry(request.escalated_at, "people", PORTAL, "asked others too: nobody had decided")
    if request.state == State.WITHDRAWN and request.decided_at:
        yield Entry(request.decided_at, "arrow-counterclockwise", str(request.requester), "withdrew it")
    if request.state == State.LAPSED and request.decided_at:
        yield Entry(request.decided_at, "clock-history", PORTAL, "let it lapse: nobody decided in time")
    if request.extends_id and request.granted_at:
        yield Entry(request.granted_at, "calendar-event", PORTAL, "moved the end of the access")


def _decision(request: AccessRequest, decision: Decision) -> Entry:
    yes = decision.verdict == Verdict.APPROVE
    what = "approved it" if yes else "denied it"
    steps = request.policy_document.get("steps", [])
    if yes and len(steps) > 1:
        what = f"approved step {decision.step + 1} of {len(steps)}"
    if decision.duration:
        what += f", for {durations.words(decision.duration)} only"
    who = str(decision.by) if decision.by else "The approval policy"
    symbol, tone = ("check-lg", "success") if yes else ("x-lg", "danger")
    return Entry(decision.decided_at, symbol, who, what, decision.reason, tone)


def _grant(grant: Grant) -> Iterator[Entry]:
    if grant.status in {"active", "gone"} and grant.observed_at:
        tense = "had" if grant.gone_since else "has"
        tone = "" if grant.gone_since else "success"
        yield Entry(grant.observed_at, "shield-check", "Google", f"{tense} it in the policy", tone=tone)
    if grant.status == "gone" and grant.gone_since:
        yield Entry(grant.gone_since, "x-octagon", PORTAL, "found it gone at Google", tone="danger")
    if grant.error and grant.observed_at:
        yield Entry(grant.observed_at, "x-octagon", PORTAL, "could not give it", grant.error, "danger")
    if grant.revoked_at:
        by = grant.revoked_by if "@" in grant.revoked_by else PORTAL
        yield Entry(grant.revoked_at, "slash-circle", by, "ended the access")
    if grant.revoked_at and grant.status == "revoked" and grant.observed_at:
        yield Entry(grant.observed_at, "shield-check", "Google", "does not have it any more")
