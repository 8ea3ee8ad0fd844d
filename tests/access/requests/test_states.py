"""Whatever people and the portal do in whatever order, a request keeps to its rules. Property-based."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from access.models import AccessRequest, Decision, Grant, Resource
from access.requests import asking, conversing, sweeps
from access.requests.journal import OvertakenError
from portal import audit, clock
from portal.models import AuditEvent, User
from tests.access.requests.asked import APPROVE, DENY, ask, decide, grow_older, set_policy
from tests.support.examples import examples

pytestmark = pytest.mark.django_db
State = AccessRequest.State
OVER = {State.DENIED, State.WITHDRAWN, State.LAPSED}
ACTS = (
    "olga yes",
    "oscar yes",
    "olga shorter",
    "oscar no",
    "ana yes",
    "withdraw",
    "comment",
    "a week",
    "sweep",
)


@contextmanager
def undone() -> Iterator[None]:
    """Undo all rows afterwards, so that each example begins alike."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def act(name: str, request: AccessRequest, people: dict[str, User]) -> None:
    """Do one thing; what is refused is refused."""
    who, _, what = name.partition(" ")
    try:
        if name == "withdraw":
            conversing.withdraw(request, by=people["ana"])
        elif name == "comment":
            conversing.comment(request, "Hm", by=people["olga"])
        elif name == "a week":
            grow_older(request, timedelta(days=7))
        elif name == "sweep":
            sweeps.sweep()
        else:
            shorter = timedelta(days=1) if what == "shorter" else None
            decide(request, people[who], DENY if what == "no" else APPROVE, duration=shorter)
    except (OvertakenError, ValidationError):
        pass


@examples(40)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=8), needed=st.sampled_from([1, 2]))
def test_a_request_keeps_to_its_rules(
    acts: list[str], needed: int, orders: Resource, ana: User, olga: User, oscar: User, ada: User
) -> None:
    people = {"ana": ana, "olga": olga, "oscar": oscar}
    with undone():
        orders.owners.set([olga, oscar])
        set_policy(orders, ada, steps=[{"owners": True, "needed": needed}])
        request = ask(orders, ana)
        final: str | None = None
        for name in acts:
            act(name, request, people)
            request.refresh_from_db()
            assert final is None or request.state == final, "what is over stays over"
            final = request.state if request.state in OVER | {State.APPROVED} else None
            _holds(request, needed)
        assert audit.verify().bad_position is None


def _holds(request: AccessRequest, needed: int) -> None:
    """What is always so."""
    yes = Decision.objects.filter(request=request, verdict=APPROVE)
    approvers = set(yes.values_list("by__email", flat=True))
    assert "ana@example.com" not in approvers
    assert (request.state == State.APPROVED) == (len(approvers) >= needed and request.state not in OVER)
    assert (request.decided_at is None) == (request.state == State.PENDING)
    grants = list(Grant.objects.all())
    assert len(grants) == (1 if request.state == State.APPROVED else 0)
    shortest = min([request.duration, *(one.duration for one in yes if one.duration)])
    for grant in grants:
        assert grant.expires_at == request.decided_at + shortest  # type: ignore[operator]
    told = AuditEvent.objects.filter(action="request.approve").count()
    assert told == len(approvers)


@examples(25)
@given(lengths=st.lists(st.integers(1, 90), min_size=1, max_size=4))
def test_extending_never_brings_an_end_forward(
    lengths: list[int], orders: Resource, ana: User, olga: User
) -> None:
    with undone():
        ends = []
        for days in lengths:
            decided = decide(ask(orders, ana, duration=timedelta(days=days)), olga)
            grant = Grant.objects.get()
            assert grant.expires_at is not None
            assert decided.decided_at is not None
            assert grant.expires_at >= decided.decided_at + timedelta(days=days)
            ends.append(grant.expires_at)
        assert ends == sorted(ends)
        assert ends[-1] <= clock.now() + timedelta(days=max(lengths))
        assert asking.held_by_request(orders, "user:ana@example.com", decided.role) == grant
