"""Rows 11 to 13: the same message again and again, a worker that was only asleep, a worker told to end."""

from __future__ import annotations

import signal
import threading

import pytest
from django.db import connection

from emulator.client import Control
from portal.models import Operation
from tests.faults.conftest import until_over
from tests.faults.outcome import assert_done_once
from tests.support.creation import ask_for, attempt
from tests.support.crew import Crew
from tests.support.google_side import Picture, answered, applied
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_message_five_times_at_once_has_one_effect(google: Control, before: Picture) -> None:
    operation = ask_for()
    together = threading.Barrier(5)

    def work() -> None:
        together.wait(timeout=10)
        try:
            attempt(Operation.objects.get(pk=operation.pk))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(5)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(timeout=30)
    operation.refresh_from_db()
    assert operation.fencing_token == 1
    assert_done_once(google, before, operation)
    assert len(google.calls("connections.create")) == 1


@pytest.mark.parametrize(
    "method", ["connections.create", "projects.setIamPolicy", "connections.setIamPolicy"]
)
def test_a_worker_that_slept_through_its_lease_writes_nothing_any_more(
    method: str, crew: Crew, google: Control, before: Picture
) -> None:
    """SIGSTOP with the answer on its way; another worker finishes; SIGCONT: the old token is refused."""
    sleeper = crew.worker()
    google.fault(method, hang=True, when="after")
    operation = ask_for()
    wait_until(lambda: applied(google, method), seconds=20, what=f"{method} is done")
    sleeper.suspend()
    crew.successor()
    until_over(operation)
    assert operation.fencing_token == 2
    google.release()
    sleeper.resume()
    wait_until(lambda: "taken over by another worker" in sleeper.output(), seconds=15, what="it gives up")
    sleeper.stop()
    assert_done_once(google, before, operation)


@pytest.mark.parametrize("method", ["connections.create", "projects.setIamPolicy"])
def test_sigterm_in_the_middle_of_a_call_finishes(
    method: str, crew: Crew, google: Control, before: Picture
) -> None:
    worker = crew.worker()
    google.fault(method, hang=True, when="after")
    operation = ask_for()
    wait_until(lambda: applied(google, method), seconds=20, what=f"{method} is done")
    worker.signal(signal.SIGTERM, main_only=True)
    wait_until(lambda: "Warm shutdown" in worker.output(), seconds=10, what="it was told to end")
    google.release()
    until_over(operation, swept=False)
    wait_until(lambda: not worker.running, seconds=15, what="the worker has ended")
    assert_done_once(google, before, operation)
    assert operation.fencing_token == 1


def test_sigquit_in_the_middle_of_a_call_hands_over(crew: Crew, google: Control, before: Picture) -> None:
    """Ctrl-C twice: Celery ends the work at once, but may linger itself; nobody waits for it."""
    worker = crew.worker()
    google.fault("connections.create", hang=True, when="after")
    operation = ask_for()
    wait_until(lambda: applied(google, "connections.create"), seconds=20, what="it is done")
    worker.signal(signal.SIGQUIT, main_only=True)
    wait_until(lambda: "terminate all running tasks" in worker.output(), seconds=15, what="it was told")
    google.release()
    crew.successor()
    until_over(operation)
    assert_done_once(google, before, operation)
    assert answered(google, "connections.create") <= 1
