"""What a policy says about a request. Pure: the same document, request and decisions give the same answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from access.approval.document import PolicyDocument
from access.approval.parts import NOT_ASKED, REQUIRED, Approvers
from access.durations import words as spelled

APPROVE, DENY = "approve", "deny"
APPROVED, DENIED, WAITING = "approved", "denied", "waiting"


@dataclass(frozen=True)
class Ask:
    """What somebody asks for, as far as a policy looks at it.

    `requester` is an e-mail address and `groups` the portal's groups that they are in; `labels` are the
    resource's. `is_connection`: whether the role is one of a connection's, which the policy chooses from.
    `escalated`: whether those who are asked next have been asked.
    """

    requester: str
    principal: str
    role: str
    duration: timedelta
    groups: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    ticket: str = ""
    is_connection: bool = True
    escalated: bool = False


@dataclass(frozen=True)
class Decided:
    """What one person, by e-mail address, said at a step."""

    by: str
    verdict: str
    step: int


@dataclass(frozen=True)
class Judgement:
    """Where a request stands.

    `state` is approved, denied or waiting. While it waits, `missing` people of `approvers` have to say yes
    at `step`; not the `parties`, who ask or are asked for, and not those who have `said` so already, all by
    address. `exemption` says why no approval is needed.
    """

    state: str
    step: int = 0
    missing: int = 0
    approvers: Approvers = field(default_factory=Approvers)
    parties: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    exemption: str = ""

    @property
    def excluded(self) -> frozenset[str]:
        """Who may not decide this step, whoever they are otherwise."""
        return self.parties | self.said


def judge(document: PolicyDocument, ask: Ask, decisions: Sequence[Decided] = ()) -> Judgement:
    """Return where the request stands after these decisions.

    One no is enough. A yes counts once a person, at the step at which it was said; nobody decides what
    they ask for or what is for themselves, and such a decision counts for nothing.
    """
    parties = own_parties(ask)
    counted = [one for one in decisions if one.by.lower() not in parties]
    if any(one.verdict == DENY for one in counted):
        return Judgement(DENIED)
    if document.problem:
        return Judgement(WAITING, parties=parties)
    if why := exemption(document, ask):
        return Judgement(APPROVED, exemption=why)
    said: set[str] = set()
    for number, step in enumerate(document.steps):
        here = {one.by.lower() for one in counted if one.step == number} - said
        said |= here
        if len(here) < step.needed:
            following = (
                document.asked_next.approvers if document.asked_next and ask.escalated else Approvers()
            )
            asked = step.approvers | following
            return Judgement(WAITING, number, step.needed - len(here), asked, parties, frozenset(said))
    return Judgement(APPROVED, len(document.steps) - 1)


def own_parties(ask: Ask) -> frozenset[str]:
    """Return the addresses of those who never decide this request: who asks, and whom it is for."""
    found = {ask.requester.lower()}
    kind, _, name = ask.principal.partition(":")
    if kind == "user":
        found.add(name.lower())
    return frozenset(found)


def exemption(document: PolicyDocument, ask: Ask) -> str:
    """Return why the request needs no approval, as a sentence, or nothing."""
    exempt = document.without_approval
    for_self = ask.principal.lower() == f"user:{ask.requester.lower()}"
    if for_self and (group := next((name for name in exempt.groups if name in ask.groups), "")):
        return f"No approval needed: they are in the portal's group {group}."
    if for_self and ask.requester.lower() in exempt.people:
        return "No approval needed: the policy names them."
    if ask.principal in exempt.principals:
        return f"No approval needed: the policy names {ask.principal}."
    for name, value in exempt.labels:
        if ask.labels.get(name) == value:
            return f"No approval needed: the resource has the label {name}={value}."
    if exempt.under and ask.duration < exempt.under:
        return f"No approval needed: it is for less than {spelled(exempt.under)}."
    return ""


def problems(document: PolicyDocument, ask: Ask) -> dict[str, str]:
    """Return what the policy refuses about a request, by field: role, duration, reason, ticket."""
    found = {}
    if ask.is_connection and ask.role not in document.roles:
        found["role"] = "The approval policy does not let anybody ask for this role here."
    if ask.duration > document.longest:
        found["duration"] = f"The approval policy allows {spelled(document.longest)} at most."
    if document.reason == REQUIRED and not ask.reason.strip():
        found["reason"] = "The approval policy wants a reason."
    if problem := _ticket_problem(document, ask.ticket.strip()):
        found["ticket"] = problem
    return found


def _ticket_problem(document: PolicyDocument, ticket: str) -> str:
    if document.ticket == NOT_ASKED:
        return ""
    if not ticket:
        return "The approval policy wants a ticket number." if document.ticket == REQUIRED else ""
    pattern = document.ticket_pattern
    if pattern and not re.fullmatch(pattern, ticket, re.ASCII):
        return f"The approval policy wants a ticket number that looks like {pattern}."
    return ""
