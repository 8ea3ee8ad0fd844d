"""What an earlier claim or an earlier writer left behind counts no more: neither ownership nor a lease."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access.models import Resource
from portal import clock
from portal.models import Operation
from tests.access.policy_desk import VIEWER, Desk
from tests.support.creation import attempt, carry_out

pytestmark = pytest.mark.django_db(transaction=True)
ANN = ("user:ann@example.com", VIEWER)
State = Operation.State


def lease(desk: Desk, seconds: int) -> None:
    """Somebody else took the right to write the policy, until then."""
    until = clock.now() + timedelta(seconds=seconds)
    Resource.objects.filter(pk=desk.resource.pk).update(writer="another operation", writer_until=until)


def test_what_somebody_gave_again_after_the_portal_took_it_is_theirs(desk: Desk) -> None:
    carry_out(desk.share(ANN))
    carry_out(desk.end(ANN))
    Resource.objects.update(written_at=clock.now() - timedelta(hours=1))
    desk.outsider(ANN)
    carry_out(desk.share(ANN))
    carry_out(desk.end(ANN))
    assert ANN[0] in desk.members()
    assert desk.resource.grants.latest("pk").observed == "released"


def test_a_writer_that_never_came_back_holds_nobody_up_for_ever(desk: Desk) -> None:
    operation = desk.share(ANN)
    lease(desk, 60)
    attempt(operation)
    assert (operation.state, operation.error) == (
        State.WAITING,
        "Another change of this policy is under way.",
    )
    assert ANN[0] not in desk.members()
    lease(desk, -1)
    carry_out(operation)
    assert operation.state == State.SUCCEEDED
    assert ANN[0] in desk.members()
    assert Resource.objects.get(pk=desk.resource.pk).writer == ""
