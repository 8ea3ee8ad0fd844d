"""A read that shows the policy as it was before the portal's last write is not believed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access import policy_writer
from access.models import Resource
from emulator.client import Control
from portal import clock
from portal.models import Operation
from tests.access.policy_desk import VIEWER, Desk
from tests.support.creation import carry_out

pytestmark = pytest.mark.django_db(transaction=True)
ZOE = ("user:zoe@example.com", VIEWER)
READ, WRITE = "projects.getIamPolicy", "projects.setIamPolicy"


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_share_is_not_active_because_it_was_once(times: int, desk: Desk, google: Control) -> None:
    carry_out(desk.share(ZOE))
    carry_out(desk.end(ZOE))
    google.stale(READ, times)
    carry_out(again := desk.share(ZOE))
    assert again.state == Operation.State.SUCCEEDED
    assert ZOE[0] in desk.members()
    carry_out(desk.end(ZOE))
    assert ZOE[0] not in desk.members(), "it is the portal's own"


@pytest.mark.parametrize("times", [1, 2, 4])
def test_an_end_is_not_seen_because_it_was_not_there_once(times: int, desk: Desk, google: Control) -> None:
    carry_out(desk.share(ZOE))
    google.stale(READ, times)
    carry_out(desk.end(ZOE))
    assert ZOE[0] not in desk.members()
    assert desk.statuses() == {ZOE[0]: "revoked"}


def test_an_unclear_answer_to_the_proof_is_asked_for_again(desk: Desk, google: Control) -> None:
    carry_out(desk.share(ZOE))
    carry_out(desk.end(ZOE))
    google.stale(READ, 2)
    google.fault(WRITE, status=503, when="before")
    carry_out(desk.share(ZOE))
    assert ZOE[0] in desk.members()


def test_long_after_the_last_write_a_read_is_believed(desk: Desk) -> None:
    carry_out(desk.share(("user:ann@example.com", VIEWER)))
    Resource.objects.update(written_at=clock.now() - timedelta(seconds=policy_writer.STALE_SECONDS + 1))
    desk.outsider(ZOE)
    carry_out(desk.share(ZOE))
    assert desk.writes() == 1


def test_a_second_claim_on_a_binding_that_is_there_costs_no_write(desk: Desk) -> None:
    carry_out(desk.claim(ZOE, "one"))
    carry_out(desk.claim(ZOE, "two"))
    assert desk.writes() == 1
