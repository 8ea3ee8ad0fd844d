"""A policy document in words, for pages."""

from __future__ import annotations

from dataclasses import dataclass

from access.approval.document import PolicyDocument
from access.approval.parts import NOT_ASKED, OPTIONAL, REQUIRED, REVOKE, Approvers, Exempt
from access.durations import words as spelled
from access.models import CONNECTION_ROLES


@dataclass(frozen=True)
class Rule:
    """One rule: what it is about, and what it says in one or more lines."""

    title: str
    lines: tuple[str, ...]


def rules(document: PolicyDocument, *, is_default: bool = False) -> list[Rule]:
    """Return the rules of a document; `is_default` for a project's, which says who may edit too."""
    if document.problem:
        return [Rule("Cannot be read", (document.problem,))]
    found = [
        Rule("Who approves", approval(document)),
        Rule("No approval needed", exempt(document.without_approval) or ("Never.",)),
        Rule("Roles that may be asked for", tuple(CONNECTION_ROLES[role] for role in document.roles)),
        Rule("Longest duration", (spelled(document.longest),)),
        Rule("Reason", ("Required" if document.reason == REQUIRED else "Optional",)),
        Rule("Ticket number", (_ticket(document),)),
        Rule("If nobody decides", _unanswered(document)),
        Rule("Review", (_review(document),)),
    ]
    if is_default:
        who = "Administrators, and owners for their own" if document.owners_may_edit else "Administrators"
        found.append(Rule("Who edits a connection's policy", (f"{who}.",)))
    return found


def approval(document: PolicyDocument) -> tuple[str, ...]:
    """Say who has to approve, a line a step."""
    if len(document.steps) == 1:
        step = document.steps[0]
        return (f"Any {step.needed} of {named(step.approvers)}.",)
    return tuple(
        f"Step {number}: any {step.needed} of {named(step.approvers)}."
        for number, step in enumerate(document.steps, 1)
    )


def named(approvers: Approvers) -> str:
    """Say who is meant: "the owners, the portal's group auditor, bo@example.com"."""
    parts = ["the owners"] if approvers.owners else []
    parts += [_group(name) for name in approvers.groups]
    return ", ".join([*parts, *approvers.people])


def exempt(exempt: Exempt) -> tuple[str, ...]:
    """Say what needs no approval, a line each."""
    found = [f"People in {_group(name)}, for themselves." for name in exempt.groups]
    if exempt.people:
        found.append(f"{', '.join(exempt.people)}, for themselves.")
    if exempt.principals:
        found.append(f"Access for {', '.join(exempt.principals)}, whoever asks.")
    found += [f"Connections with the label {name}={value}." for name, value in exempt.labels]
    if exempt.under:
        found.append(f"Access for less than {spelled(exempt.under)}.")
    return tuple(found)


def _group(name: str) -> str:
    return "the administrators" if name == "administrator" else f"the portal's group {name}"


def _ticket(document: PolicyDocument) -> str:
    if document.ticket == NOT_ASKED:
        return "Not asked for"
    wanted = "Optional" if document.ticket == OPTIONAL else "Required"
    return f"{wanted}, such as {document.ticket_pattern}" if document.ticket_pattern else wanted


def _unanswered(document: PolicyDocument) -> tuple[str, ...]:
    lapses = f"After {spelled(document.lapses_after)} the request lapses."
    if document.asked_next is None:
        return (lapses,)
    following = document.asked_next
    return (f"After {spelled(following.after)} these are asked too: {named(following.approvers)}.", lapses)


def _review(document: PolicyDocument) -> str:
    review = document.review
    if not review.every_months:
        return "None"
    often = "Every month" if review.every_months == 1 else f"Every {review.every_months} months"
    then = "what is not answered is revoked" if review.unanswered == REVOKE else "owners are reminded"
    return f"{often}; after {spelled(review.answer_within)} {then}."
