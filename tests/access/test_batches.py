"""A thousand claims cost what one does: in queries, in audit writes, in writes of the policy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from access.models import Grant
from access.policy_size import Size
from portal import audit, clock
from portal.gcp.policies import PRINCIPAL_LIMIT, Policy
from portal.models import AuditEvent, Operation
from tests.access.policy_desk import VIEWER, Desk, Pair
from tests.support.creation import carry_out

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


def people(number: int, start: int = 0) -> list[Pair]:
    return [(f"user:person{one}@example.com", VIEWER) for one in range(start, start + number)]


def queries(act: Callable[[], T]) -> tuple[int, T]:
    """Return how many queries an act takes, those apart that bring in many rows at once; and its result."""
    with CaptureQueriesContext(connection) as captured:
        result = act()
    return len([query for query in captured if not query["sql"].startswith("INSERT")]), result


def assert_as_cheap(counts: list[int]) -> None:
    """Hold the larger batch to the price of the smaller, but for what goes in lots of some hundreds."""
    assert counts[1] - counts[0] <= 12, counts


def test_a_thousand_claims_cost_as_many_queries_as_ten(desk: Desk) -> None:
    counts = []
    desk.share(*people(1, start=2000))  # Ada is made with the first
    for batch in (people(10), people(1000, start=10)):
        asking, operation = queries(partial(desk.share, *batch))
        doing, _ = queries(partial(carry_out, operation))
        assert operation.state == Operation.State.SUCCEEDED, operation.error
        counts.append(asking + doing)
    assert_as_cheap(counts)
    assert desk.writes() == 2
    assert set(desk.statuses().values()) == {"active"}
    assert AuditEvent.objects.filter(action="grant.activate", outcome="succeeded").count() == 1011
    assert audit.verify().holds


def test_ending_a_thousand_costs_as_many_queries_as_ending_ten(desk: Desk) -> None:
    carry_out(desk.share(*people(1010)))
    counts = []
    for batch in (people(10), people(1000, start=10)):
        counts.append(queries(partial(carry_out, desk.end(*batch)))[0])
    assert_as_cheap(counts)
    assert set(desk.statuses().values()) == {"revoked"}


def test_what_has_no_room_is_given_up_at_once(desk: Desk) -> None:
    room = PRINCIPAL_LIMIT - len(desk.rows())
    carry_out(desk.share(*people(room - 5)))
    late = desk.share(*people(500, start=room))
    carry_out(late)
    statuses = [grant.status for grant in Grant.objects.filter(operation=str(late.pk)).order_by("pk")]
    assert statuses == ["active"] * 5 + ["failed"] * 495


def test_access_whose_time_is_over_is_not_given_any_more(desk: Desk) -> None:
    operation = desk.share(*people(2))
    over = Grant.objects.filter(principal=people(1)[0][0])
    over.update(expires_at=clock.now() - timedelta(seconds=1))
    carry_out(operation)
    assert operation.state == Operation.State.SUCCEEDED
    assert desk.members() >= {people(2)[1][0]}
    assert people(1)[0][0] not in desk.members()
    assert over.get().status != "active"


members = st.sampled_from(
    ["user:a@x.org", "user:A@x.org", "group:g@x.org", "group:G@x.org", "group:h@x.org", "domain:x.org"]
)
pairs = st.lists(st.tuples(st.sampled_from(["roles/a", "roles/b"]), members), max_size=12)


@given(before=pairs, more=pairs)
def test_a_size_grows_as_the_policy_does(before: list[Pair], more: list[Pair]) -> None:
    policy = Policy().with_members(before)
    size = Size.of(policy)
    for role, member in more:
        assert size.add(role, member) == ""
    after = policy.with_members(more)
    assert size.principals == after.principals()
    assert len(size.groups) + size.domains == after.groups()
