"""Row 10: the schedule is killed, and access ends meanwhile: it is revoked within a minute of the restart."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from access.models import Grant
from access.services import Sharing, request_share
from emulator.client import Control
from portal import clock
from portal.models import AuditEvent
from tests.access.policy_desk import VIEWER, Desk
from tests.faults.conftest import until_over
from tests.faults.outcome import assert_trail_holds
from tests.support.creation import administrator
from tests.support.portal_processes import celery_beat, celery_worker
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
ANN = ("user:ann@example.com", VIEWER)
SECONDS = 60


@pytest.mark.one_database
def test_access_that_ended_while_the_schedule_was_down_is_revoked_within_a_minute(
    google: Control, tmp_path: Path
) -> None:
    """Nothing shortened: the schedule is production's."""
    desk = Desk(google)
    foreign = desk.rows()
    with celery_worker("one", folder=tmp_path) as worker, celery_beat(folder=tmp_path) as beat:
        ends = {ANN: clock.now() + timedelta(hours=1)}
        until_over(
            request_share(desk.resource, Sharing(add=frozenset([ANN]), until=ends), by=administrator())
        )
        assert ANN[0] in desk.members()
        beat.kill()
        Grant.objects.update(expires_at=clock.now())
        beat.start()
        started = time.monotonic()
        wait_until(
            lambda: Grant.objects.get().status == "revoked", seconds=SECONDS, what="it is revoked", every=0.2
        )
        assert worker.running
    assert time.monotonic() - started < SECONDS
    assert desk.rows() == foreign
    assert desk.writes() == 2
    ended = AuditEvent.objects.filter(action__in=["grant.end", "grant.revoke"])
    assert list(ended.order_by("position").values_list("action", flat=True)) == ["grant.end", "grant.revoke"]
    assert_trail_holds()
