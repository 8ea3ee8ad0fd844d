"""The parts of a policy document. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

REQUIRED, OPTIONAL, NOT_ASKED = "required", "optional", "not_asked"
REMIND, REVOKE = "remind", "revoke"


@dataclass(frozen=True)
class Approvers:
    """Who may say yes or no: the resource's owners, people in groups of the portal, people by address.

    Where `owners` are asked and a resource has none who could, administrators stand in for them.
    """

    owners: bool = False
    groups: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    def __or__(self, other: Approvers) -> Approvers:
        return Approvers(
            self.owners or other.owners,
            tuple(dict.fromkeys((*self.groups, *other.groups))),
            tuple(dict.fromkeys((*self.people, *other.people))),
        )


@dataclass(frozen=True)
class Step:
    """One step: `needed` different people of `approvers` have to say yes."""

    approvers: Approvers
    needed: int = 1


@dataclass(frozen=True)
class Exempt:
    """Who and what needs no approval; one of these is enough.

    `groups` of the portal and `people` count for what somebody asks for themselves, `principals` (such as
    a Google group) whoever asks for them. `labels` are pairs of name and value: a resource that carries
    one of them. `under`: what is asked for a shorter time than this.
    """

    groups: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    under: timedelta | None = None

    def __bool__(self) -> bool:
        return bool(self.groups or self.people or self.principals or self.labels or self.under)


@dataclass(frozen=True)
class Next:
    """Who is asked too when nobody has decided `after` that long."""

    approvers: Approvers
    after: timedelta


@dataclass(frozen=True)
class Review:
    """How often owners look through who has access: every so many months, 0 for never.

    `unanswered` is what becomes of what they leave open for `answer_within`: remind, or revoke.
    """

    every_months: int = 0
    answer_within: timedelta = timedelta(days=14)
    unanswered: str = REMIND
