"""Where a request stands: who can decide it now, in words and by name. From rows that are loaded already."""

from __future__ import annotations

from dataclasses import dataclass

from access.approval import approvers, judging
from access.approval.judging import Decided
from access.approval.parts import Approvers
from access.models import AccessRequest, Decision
from portal.models import ADMINISTRATOR, User

MOST_NAMES = 5


@dataclass(frozen=True)
class StepShown:
    """One step of the policy: whom it asks, how many of them, who has said yes; state as of chips."""

    number: int
    who: str
    needed: int
    said: list[str]
    state: str


def mark(request: AccessRequest) -> str:
    """What tells one stand of a request from the next: it changes with whatever its page has news of.

    Uses the comments that were loaded; asks for its newest grant once it can have one.
    """
    parts = [str(request.revision), str(len(request.comments.all()))]
    if request.granted_at:
        newest = request.grants.order_by("-pk").values_list("desired", "observed").first()
        parts += newest or ()
    return "-".join(parts)


def people(request: AccessRequest, asked: Approvers, excluded: frozenset[str]) -> list[User]:
    """approvers.people(), asked once for each question about one loaded request."""
    known: dict[object, list[User]] = request.__dict__.setdefault("_people", {})
    key = (asked, excluded)
    if key not in known:
        known[key] = list(approvers.people(asked, request.resource, excluded))
    return known[key]


def deciders(request: AccessRequest) -> list[User]:
    """Who may decide the present step, as approvers.deciders() says; uses the decisions that were loaded."""
    if request.state != AccessRequest.State.PENDING:
        return []
    said = [Decided(one.by.email, one.verdict, one.step) for one in request.decisions.all() if one.by]
    stands = judging.judge(approvers.document_of(request), approvers.ask_of(request), said)
    if stands.state != judging.WAITING:
        return []
    return people(request, stands.approvers, stands.excluded)


def steps(request: AccessRequest) -> list[StepShown]:
    """The steps of the policy that the request is judged by."""
    found = []
    for number, step in enumerate(approvers.document_of(request).steps):
        yes = [one for one in request.decisions.all() if one.step == number and one.by]
        approved = [str(one.by) for one in yes if one.verdict == Decision.Verdict.APPROVE]
        denied = len(approved) < len(yes)
        found.append(
            StepShown(
                number + 1,
                in_words(step.approvers),
                step.needed,
                approved,
                _state(request, number, done=len(approved) >= step.needed, denied=denied),
            )
        )
    return found


def _state(request: AccessRequest, number: int, *, done: bool, denied: bool) -> str:
    if denied:
        return "denied"
    if done:
        return "approved"
    if request.state != AccessRequest.State.PENDING:
        return "cancelled"
    return "waiting" if number == request.step else "pending"


def in_words(asked: Approvers) -> str:
    """Whom a policy means: "its owners", "administrators", "the group data", "ana@example.com"."""
    parts = ["its owners"] if asked.owners else []
    parts += ["administrators" if name == ADMINISTRATOR else f"the group {name}" for name in asked.groups]
    shown = list(asked.people[:MOST_NAMES])
    if len(asked.people) > MOST_NAMES:
        shown.append(f"{len(asked.people) - MOST_NAMES} more")
    parts += shown
    if len(parts) < 2:
        return "".join(parts) or "nobody"
    return f"{', '.join(parts[:-1])} or {parts[-1]}"
