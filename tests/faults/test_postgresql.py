"""Rows 17 and 18: PostgreSQL dies in the middle of a transaction, or is away when the result is written."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest
from django.db import connections

from emulator.client import Control
from tests.faults.conftest import until_over
from tests.faults.locks import held
from tests.faults.outcome import assert_done_once
from tests.support.creation import ask_for
from tests.support.crew import Crew
from tests.support.google_side import Picture, answered, applied
from tests.support.postgres import PostgresServer
from tests.support.processes import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]
METHODS = ["connections.create", "projects.setIamPolicy", "connections.setIamPolicy"]


@pytest.mark.parametrize("method", METHODS)
def test_kill_9_of_postgresql_in_the_transaction_of_a_result(
    method: str, crew: Crew, google: Control, before: Picture, postgres_server: PostgresServer
) -> None:
    worker = crew.worker()
    google.fault(method, hang=True, when="after")
    operation = ask_for()
    wait_until(lambda: applied(google, method), seconds=20, what=f"{method} is done")
    with suppress(psycopg.OperationalError), held(operation):  # the holder dies with the server
        google.release()
        wait_until(lambda: answered(google, method), seconds=30, what="the answer is out")
        connections.close_all()
        postgres_server.kill()
    postgres_server.start()
    until_over(operation)
    assert worker.running, "the worker goes on by itself"
    assert_done_once(google, before, operation)


@pytest.mark.parametrize("method", METHODS)
def test_postgresql_is_away_when_the_result_is_written(
    method: str, crew: Crew, google: Control, before: Picture, postgres_server: PostgresServer
) -> None:
    worker = crew.worker()
    google.fault(method, hang=True, when="after")
    operation = ask_for()
    wait_until(lambda: applied(google, method), seconds=20, what=f"{method} is done")
    connections.close_all()
    postgres_server.kill()
    google.release()
    wait_until(lambda: "OperationalError" in worker.output(), seconds=20, what="the worker has noticed")
    postgres_server.start()
    until_over(operation)
    assert worker.running, "the worker goes on by itself"
    assert_done_once(google, before, operation)
