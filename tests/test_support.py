"""The tests' own tools: what they promise to the tests of faults."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection

from portal.celery import app
from tests.support.postgres import PostgresServer
from tests.support.processes import DidNotHappen, ManagedProcess, wait_until
from tests.support.redis import RedisServer


def sleeper(folder: Path, program: str) -> ManagedProcess:
    """Return a Python program that says "up" when it runs."""
    return ManagedProcess(
        [sys.executable, "-c", f"print('up', flush=True); {program}"],
        log=folder / "log",
        ready=lambda process: "up" in process.output(),
        ready_seconds=5,
    )


def test_a_process_ends_with_its_block(tmp_path: Path) -> None:
    with sleeper(tmp_path, "import time; time.sleep(60)") as process:
        assert process.running
        process.suspend()
    assert not process.running


def test_a_process_that_dies_at_once_is_reported_with_its_output(tmp_path: Path) -> None:
    broken = sleeper(tmp_path, "raise SystemExit('no such thing')")
    broken.ready = lambda process: False
    with pytest.raises(DidNotHappen, match="ended") as caught:
        broken.start()
    assert "no such thing" in caught.value.__notes__[0]


def test_redis_keeps_what_it_acknowledged_over_kill_9(redis_server: RedisServer) -> None:
    redis_server.client().set("key", "value")
    redis_server.kill()
    with pytest.raises(redis.ConnectionError):
        redis_server.client().get("key")
    redis_server.start()
    assert redis_server.client().get("key") == b"value"


def test_the_test_database_is_the_one_that_subprocesses_are_told(db: None) -> None:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        assert Path(str(name)).exists()
    else:
        assert name == "portal"


@pytest.mark.postgresql
def test_postgresql_comes_back_after_kill_9(postgres_server: PostgresServer) -> None:
    address = postgres_server.url("portal")
    with psycopg.connect(address) as session:
        session.execute("CREATE TABLE survivor (id int)")
    postgres_server.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)
    postgres_server.start()
    with psycopg.connect(address) as session:
        session.execute("DROP TABLE survivor")


def waiting() -> list[Path]:
    """Return the messages in the embedded broker that no worker has taken."""
    return list((settings.BROKER_DIR / "messages").glob("*.msg"))


def test_a_worker_works_again_after_kill_9(worker: ManagedProcess) -> None:
    worker.kill()
    app.send_task("portal.sweep")
    assert waiting()
    worker.start()
    wait_until(lambda: not waiting(), seconds=20, what="the worker takes what was sent meanwhile")


def test_a_suspended_worker_goes_on(worker: ManagedProcess) -> None:
    worker.suspend()
    app.send_task("portal.sweep")
    with pytest.raises(DidNotHappen):
        wait_until(lambda: not waiting(), seconds=1, what="a suspended worker takes a message")
    worker.resume()
    wait_until(lambda: not waiting(), seconds=20, what="the worker takes the message")


def test_a_worker_on_redis_goes_on_after_its_broker_was_killed(
    redis_broker: RedisServer, workers: Callable[..., ManagedProcess]
) -> None:
    worker = workers("on-redis", env={"REDIS_URL": redis_broker.url})
    worker.suspend()
    redis_broker.restart()
    app.send_task("portal.sweep")
    assert redis_broker.client().llen("celery") == 1
    worker.resume()
    wait_until(lambda: not redis_broker.client().llen("celery"), seconds=30, what="the worker takes it")
