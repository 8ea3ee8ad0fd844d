"""Rows 14 to 16, on a real Redis: killed, emptied, away. Neither worker nor schedule is restarted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from emulator.client import Control
from portal.models import Operation
from tests.faults.conftest import LEASE_SECONDS, RECOVERY_SECONDS, until_over
from tests.faults.outcome import assert_done_once
from tests.support import requester
from tests.support.creation import PASSWORD, administrator, demo_project
from tests.support.google_side import Picture, applied
from tests.support.portal_processes import celery_beat, celery_worker
from tests.support.processes import ManagedProcess, wait_until
from tests.support.redis import RedisServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@dataclass(frozen=True)
class Installation:
    """Worker and schedule on one Redis."""

    redis: RedisServer
    worker: ManagedProcess
    beat: ManagedProcess
    env: dict[str, str]

    def ask_for(self, connection_id: str) -> tuple[Operation, float]:
        """Ask as a web process on this Redis; return the operation and the seconds that it took."""
        answer = requester.ask(connection_id, PASSWORD, env=self.env)
        return Operation.objects.get(pk=answer["operation"]), answer["seconds"]


@pytest.fixture(scope="module")
def _installation(
    _redis_process: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("distributed")
    env = {
        "REDIS_URL": _redis_process.url,
        "PORTAL_LEASE_SECONDS": str(LEASE_SECONDS),
        "PORTAL_SWEEP_SECONDS": "1",
    }
    with (
        celery_worker("distributed", folder=folder, env=env) as worker,
        celery_beat(folder=folder, env=env) as beat,
    ):
        yield Installation(_redis_process, worker, beat, env)


@pytest.fixture
def installation(
    redis_server: RedisServer, transactional_db: None, _installation: Installation
) -> Iterator[Installation]:
    """Worker and schedule, which must be the same processes at the test's end."""
    administrator()
    demo_project()
    pids = _installation.worker.pid, _installation.beat.pid
    yield _installation
    assert _installation.worker.running
    assert _installation.beat.running
    assert pids == (_installation.worker.pid, _installation.beat.pid)


def two_operations(installation: Installation, google: Control) -> list[Operation]:
    """Ask twice: the worker is in the middle of the first, the second's message is in Redis."""
    google.fault("connections.create", hang=True, when="after")
    first, _ = installation.ask_for("orders")
    wait_until(lambda: applied(google, "connections.create"), seconds=20, what="the first is being made")
    second, _ = installation.ask_for("orders_read")
    return [first, second]


def assert_both_done(waiting: list[Operation], google: Control, before: Picture) -> None:
    """Both connections are there, each made once."""
    for operation in waiting:
        until_over(operation, swept=False)
        assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert len(before.added(google)["connections"]) == 2
    assert applied(google, "connections.create") == 2


def test_redis_is_killed_and_comes_back(installation: Installation, google: Control, before: Picture) -> None:
    waiting = two_operations(installation, google)
    installation.redis.kill()
    google.release()
    installation.redis.start()
    assert_both_done(waiting, google, before)


def test_redis_forgets_everything(installation: Installation, google: Control, before: Picture) -> None:
    waiting = two_operations(installation, google)
    installation.redis.client().flushall()
    google.release()
    assert_both_done(waiting, google, before)


def test_redis_is_away_and_the_web_still_accepts(
    installation: Installation, google: Control, before: Picture
) -> None:
    installation.redis.kill()
    operation, seconds = installation.ask_for("orders")
    assert seconds < 3, "who clicks does not wait for a broker"
    wait_until(
        lambda: installation.worker.output().count("Cannot connect to redis") >= 3,
        seconds=20,
        what="the worker tries again and again",
    )
    operation.refresh_from_db()
    assert operation.state == Operation.State.PENDING
    installation.redis.start()
    until_over(operation, seconds=RECOVERY_SECONDS, swept=False)
    assert_done_once(google, before, operation)
