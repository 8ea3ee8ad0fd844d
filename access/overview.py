"""What a person finds on the first page: what waits for them, what they hold and what they asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet

from access.approval import approvers
from access.drift import missing
from access.models import AccessRequest, Grant, Review
from access.requests import granting
from portal import clock
from portal.models import User

SHOWN = 5
COUNTED = 50
SOON = timedelta(days=14)
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Several(Generic[Row]):
    """The first of many rows, and how many there are, as far as anybody counts: "50+"."""

    rows: list[Row]
    number: int

    @property
    def figure(self) -> str:
        """The number as it is shown."""
        return f"{COUNTED}+" if self.number > COUNTED else str(self.number)

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True)
class Overview:
    """One person's first page. `soon`: how many of `held` end within two weeks."""

    waiting: Several[AccessRequest]
    reviews: Several[Review]
    held: Several[Grant]
    soon: int
    asked: Several[AccessRequest]


def of(user: User) -> Overview:
    """Return what is on a person's first page; the longest wait and the nearest end first."""
    held = list(_held(user)[: COUNTED + 1])
    horizon = clock.shown() + SOON
    return Overview(
        waiting=_several(_longest_waiting(approvers.waiting_for(user))),
        reviews=_several(_reviews(user)),
        held=Several(held[:SHOWN], len(held)),
        soon=sum(1 for grant in held if grant.expires_at and grant.expires_at < horizon),
        asked=_several(
            _requests(AccessRequest.objects.filter(requester=user, state=AccessRequest.State.PENDING))
        ),
    )


def _several(found: QuerySet[Row]) -> Several[Row]:
    rows = list(found[: COUNTED + 1])
    return Several(rows[:SHOWN], len(rows))


def _longest_waiting(found: QuerySet[AccessRequest]) -> QuerySet[AccessRequest]:
    """Keys are sorted, and only the first of them become rows: much may wait for an administrator."""
    keys = found.order_by("created_at", "pk").values("pk")[: COUNTED + 1]
    return _requests(AccessRequest.objects.filter(pk__in=keys))


def _requests(found: QuerySet[AccessRequest]) -> QuerySet[AccessRequest]:
    found = found.select_related("resource", "requester").defer("policy_document")
    return found.order_by("created_at", "pk")


def _held(user: User) -> QuerySet[Grant]:
    """What can be asked for and is held by name; membership of groups is not known here."""
    found = Grant.objects.filter(
        principal=user.member,
        desired=Grant.Presence.PRESENT,
        resource__kind__in=list(granting.ROLES),
    )
    return (
        missing.noted(found).select_related("resource").order_by(F("expires_at").asc(nulls_last=True), "-pk")
    )


def _reviews(user: User) -> QuerySet[Review]:
    """Those that this person is to answer: of what they own; administrators' too where nobody does."""
    theirs = Q(resource__owners=user)
    if user.is_administrator:
        theirs |= Q(resource__owners=None)
    unfinished = Review.objects.filter(theirs, state__in=(Review.State.OPEN, Review.State.OVERDUE))
    return unfinished.select_related("resource").order_by("due_at", "pk")
