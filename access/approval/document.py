"""An approval policy as a document: what it says, checked, and as plain data. Pure.

The parts of a document are in access.approval.parts; access.approval.text writes and reads it as YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError

from access.approval.parts import (
    NOT_ASKED,
    OPTIONAL,
    REMIND,
    REQUIRED,
    REVOKE,
    Approvers,
    Exempt,
    Next,
    Review,
    Step,
)
from access.approval.reading import Reader, ticket_problem
from access.durations import words as spelled
from access.models.grants import CONNECTION_ADMIN, CONNECTION_USER
from portal.models.people import ADMINISTRATOR

ROLES = (CONNECTION_USER, CONNECTION_ADMIN)
MOST_STEPS = 5
LONGEST_ALLOWED = timedelta(days=3650)
LAPSES_ALLOWED = timedelta(days=365)
MOST_MONTHS = 36
_LONGEST_EXEMPT = timedelta(days=7)
_OWNERS = (Step(Approvers(owners=True)),)
_ADMINISTRATORS_NEXT = Next(Approvers(groups=(ADMINISTRATOR,)), timedelta(days=2))


@dataclass(frozen=True)
class PolicyDocument:
    """What an approval policy says.

    `steps` are decided one after the other, each by as many different people as it needs; one step is
    "any N of them". `longest` bounds what may be asked for, `roles` are those of a connection that may be.
    A request that nobody decides ends after `lapses_after`. `owners_may_edit` counts in a project's
    policy only: whether owners change the policies of their own connections. `problem` says why a stored
    document could not be read: then nothing can be approved by it.
    """

    steps: tuple[Step, ...] = _OWNERS
    roles: tuple[str, ...] = (CONNECTION_USER,)
    longest: timedelta = timedelta(days=90)
    without_approval: Exempt = field(default_factory=Exempt)
    reason: str = REQUIRED
    ticket: str = NOT_ASKED
    ticket_pattern: str = ""
    lapses_after: timedelta = timedelta(days=7)
    asked_next: Next | None = _ADMINISTRATORS_NEXT
    review: Review = field(default_factory=Review)
    owners_may_edit: bool = False
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the document as plain data, every key in its order; parse() takes it back."""
        following = self.asked_next
        return {
            "steps": [_approvers(step.approvers) | {"needed": step.needed} for step in self.steps],
            "roles": list(self.roles),
            "longest": spelled(self.longest),
            "without_approval": _exempt(self.without_approval),
            "reason": self.reason,
            "ticket": self.ticket,
            "ticket_pattern": self.ticket_pattern,
            "lapses_after": spelled(self.lapses_after),
            "asked_next": {"after": spelled(following.after)} | _approvers(following.approvers)
            if following
            else None,
            "review": {
                "every_months": self.review.every_months,
                "answer_within": spelled(self.review.answer_within),
                "unanswered": self.review.unanswered,
            },
            "owners_may_edit": self.owners_may_edit,
        }


# What holds where nobody has said anything.
BUILT_IN = PolicyDocument()


def parse(data: Mapping[str, Any]) -> PolicyDocument:
    """Return the document that plain data describes; what is left out is as in BUILT_IN.

    Raises ValidationError with a message for each mistake, by its path: "steps[0].needed".
    """
    reader = Reader(data, like=BUILT_IN.to_dict())
    document = PolicyDocument(
        steps=_steps(reader),
        roles=reader.choices("roles", ROLES),
        longest=reader.span("longest", most=LONGEST_ALLOWED),
        without_approval=_read_exempt(reader.inside("without_approval")),
        reason=reader.choice("reason", (REQUIRED, OPTIONAL)),
        ticket=reader.choice("ticket", (REQUIRED, OPTIONAL, NOT_ASKED)),
        ticket_pattern=reader.text("ticket_pattern"),
        lapses_after=reader.span("lapses_after", most=LAPSES_ALLOWED),
        asked_next=_read_next(reader),
        review=_read_review(reader.inside("review")),
        owners_may_edit=reader.flag("owners_may_edit"),
    )
    _check(reader, document)
    reader.finish()
    return document


def stored(data: Mapping[str, Any]) -> PolicyDocument:
    """Return a document that was stored; one that cannot be read asks nobody, allows nothing and says why."""
    try:
        return parse(data)
    except ValidationError as error:
        mistakes = " ".join(f"{path}: {' '.join(found)}" for path, found in error.message_dict.items())
        why = f"The approval policy cannot be read, so nothing can be approved by it: {mistakes}"
        return PolicyDocument(steps=(), roles=(), asked_next=None, problem=why)


def _check(reader: Reader, document: PolicyDocument) -> None:
    """What only shows when two values are looked at together."""
    if problem := ticket_problem(document.ticket_pattern):
        reader.mistake("ticket_pattern", problem)
    if document.ticket_pattern and document.ticket == NOT_ASKED:
        reader.mistake("ticket_pattern", "No ticket number is asked for: leave the pattern empty.")
    if document.asked_next and document.asked_next.after >= document.lapses_after:
        reader.mistake("asked_next.after", "By then the request has lapsed: ask the next ones sooner.")


def _steps(reader: Reader) -> tuple[Step, ...]:
    rows = reader.rows("steps", most=MOST_STEPS)
    return tuple(Step(_read_approvers(row), row.number("needed", least=1, most=20)) for row in rows)


def _read_approvers(reader: Reader) -> Approvers:
    found = Approvers(reader.flag("owners"), reader.words("groups"), reader.addresses("people"))
    if not (found.owners or found.groups or found.people):
        reader.mistake("", "Name somebody: the owners, a group or people.")
    return found


def _read_exempt(reader: Reader) -> Exempt:
    return Exempt(
        groups=reader.words("groups"),
        people=reader.addresses("people"),
        principals=reader.principals("principals"),
        labels=reader.labels("labels"),
        under=reader.span("under", most=_LONGEST_EXEMPT) if reader.has("under") else None,
    )


def _read_next(reader: Reader) -> Next | None:
    if not reader.has("asked_next"):
        return None
    inside = reader.inside("asked_next")
    return Next(_read_approvers(inside), inside.span("after", most=LAPSES_ALLOWED))


def _read_review(reader: Reader) -> Review:
    return Review(
        every_months=reader.number("every_months", least=0, most=MOST_MONTHS),
        answer_within=reader.span("answer_within", most=LAPSES_ALLOWED),
        unanswered=reader.choice("unanswered", (REMIND, REVOKE)),
    )


def _approvers(approvers: Approvers) -> dict[str, Any]:
    return {
        "owners": approvers.owners,
        "groups": list(approvers.groups),
        "people": list(approvers.people),
    }


def _exempt(exempt: Exempt) -> dict[str, Any]:
    return {
        "groups": list(exempt.groups),
        "people": list(exempt.people),
        "principals": list(exempt.principals),
        "labels": dict(exempt.labels),
        "under": spelled(exempt.under) if exempt.under else None,
    }
