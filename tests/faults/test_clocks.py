"""Row 38: a machine whose clock is off by ten minutes; row 10: the schedule and the defaults."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from emulator.client import Control
from portal import clock, operations
from portal.models import AuditEvent, Operation
from tests.faults.conftest import RECOVERY_SECONDS, until_over
from tests.faults.outcome import assert_done_once
from tests.support.creation import ask_for
from tests.support.google_side import Picture, applied
from tests.support.portal_processes import celery_beat, celery_worker
from tests.support.processes import REPOSITORY, ManagedProcess, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

SHIFTED = REPOSITORY / "tests" / "faults" / "shifted"


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_worker_whose_clock_is_off(
    minutes: int, google: Control, before: Picture, tmp_path: Path, settings: object
) -> None:
    """It takes messages, waits and renews its lease by the database's clock; the audit trail has its time."""
    settings.SWEEP_SECONDS = 0.5  # type: ignore[attr-defined]
    env = {
        "PORTAL_TEST_CLOCK_OFF": str(minutes * 60),
        "PYTHONPATH": os.pathsep.join([str(SHIFTED), str(REPOSITORY)]),
        "PORTAL_LEASE_SECONDS": "2",
    }
    google.fault("projects.setIamPolicy", status=503)
    google.fault("connections.create", hang=True)
    started = clock.now()
    with celery_worker("off", folder=tmp_path, env=env, start=ManagedProcess) as worker:
        assert "the clock is off" in worker.output()
        operation = ask_for()
        google.wait_for("connections.create", seconds=20)
        renewed = Operation.objects.get().lease_until
        wait_until(lambda: Operation.objects.get().lease_until != renewed, seconds=30, what="it is renewed")
        lease = Operation.objects.get().lease_until
        assert lease
        assert lease < clock.now() + timedelta(seconds=3)
        assert operations.sweep() == 0, "its lease holds for others too"
        google.release()
        until_over(operation)
    assert_done_once(google, before, operation)
    assert operation.fencing_token <= 2, "once, and once more after the wait"
    times = AuditEvent.objects.order_by("position").values_list("time", flat=True)
    assert list(times) == sorted(times)
    assert started <= times[0] <= times[len(times) - 1] <= clock.now()


@pytest.mark.one_database
def test_worker_and_schedule_killed_at_once_recover_within_30_seconds_with_the_defaults(
    google: Control, before: Picture, tmp_path: Path
) -> None:
    """Rows 3 and 10, nothing shortened: lease and sweep as in production, started by Celery's own command."""
    with (
        celery_worker("one", folder=tmp_path, start=ManagedProcess) as worker,
        celery_beat(folder=tmp_path, start=ManagedProcess) as beat,
    ):
        google.fault("connections.create", hang=True, when="after")
        operation = ask_for()
        wait_until(lambda: applied(google, "connections.create"), seconds=20, what="it is being made")
        worker.kill()
        beat.kill()
        beat.start()
        worker.start()
        until_over(operation, seconds=RECOVERY_SECONDS, swept=False)
    assert_done_once(google, before, operation)


@pytest.mark.one_database
def test_the_message_is_lost_while_the_schedule_is_down(
    google: Control, before: Picture, tmp_path: Path, settings: object
) -> None:
    """Row 10: kill -9 of beat; what fell due meanwhile is done when it is back."""
    with celery_worker("one", folder=tmp_path) as worker, celery_beat(folder=tmp_path) as beat:
        beat.kill()
        worker.suspend()
        operation = ask_for()
        for message in (settings.BROKER_DIR / "messages").glob("*"):  # type: ignore[attr-defined]
            message.unlink()
        worker.resume()
        beat.start()
        until_over(operation, swept=False)
    assert_done_once(google, before, operation)
