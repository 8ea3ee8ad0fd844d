"""Rows 8 and 9: kill -9 of the web process before its commit, and between commit and publishing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.db import connection

from access.models import Grant
from connections.models import Connection
from emulator.client import Control
from portal.models import AuditEvent, AuditHead, Operation, SealedCredential
from tests.faults.conftest import until_over
from tests.faults.locks import audit_held
from tests.faults.outcome import assert_done_once, assert_trail_holds
from tests.support import requester
from tests.support.creation import PASSWORD, administrator, demo_project
from tests.support.crew import Crew
from tests.support.google_side import Picture
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def silent_broker() -> Iterator[str]:
    """The address of a Redis that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def kill(process: subprocess.Popen[str]) -> None:
    """End the process and whatever it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


def someone_waits_for_a_lock() -> bool:
    """Whether a PostgreSQL session waits for another's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])


def test_killed_before_the_commit_nothing_happened(google: Control) -> None:
    administrator()
    demo_project()
    assert AuditHead.objects.exists()
    with audit_held():
        process = requester.begin("orders", PASSWORD)
        try:
            if connection.vendor == "postgresql":
                wait_until(someone_waits_for_a_lock, seconds=20, what="the request is in its transaction")
            else:
                wait_until(lambda: waits_for_the_file(process), seconds=20, what="the request wants to write")
        finally:
            kill(process)
    for model in (Operation, Connection, Grant, SealedCredential, AuditEvent):
        assert not model.objects.exists(), model
    assert_trail_holds()
    assert not google.calls()


def waits_for_the_file(process: subprocess.Popen[str]) -> bool:
    """Whether the process has SQLite's file open (the test holds its lock)."""
    name = str(connection.settings_dict["NAME"])
    folder = f"/proc/{process.pid}/fd"
    with suppress(FileNotFoundError):  # a handle that was closed between the two looks
        return any(os.readlink(f"{folder}/{handle}") == name for handle in os.listdir(folder))
    return False


def test_killed_between_commit_and_publishing_the_sweep_runs_it(
    crew: Crew, google: Control, before: Picture, silent_broker: str
) -> None:
    administrator()
    demo_project()
    crew.worker()
    process = requester.begin("orders", PASSWORD, env={"REDIS_URL": silent_broker})
    wait_until(Operation.objects.exists, seconds=20, what="the request is committed")
    kill(process)
    operation = Operation.objects.get()
    assert operation.state == Operation.State.PENDING
    until_over(operation)
    assert_done_once(google, before, operation)
