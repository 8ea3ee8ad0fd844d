"""Federated queries, through to a real PostgreSQL."""

from __future__ import annotations

import pytest

from emulator.client import Control
from portal.gcp import connections, errors, projects, queries, services
from portal.gcp.diagnosis import diagnose
from tests.contract.gateway.bodies import alloydb
from tests.contract.gateway.conftest import NUMBER, PROJECT

PATH = f"{PROJECT}.us.orders"
CLIENT, USER = "roles/alloydb.client", "roles/bigquery.connectionUser"
AGENT = f"serviceAccount:{services.service_agent(NUMBER)}"


def ask(sql: str, path: str = PATH, location: str = "US", timeout: float = 15) -> queries.QueryResult:
    return queries.external_query(path, sql, project=PROJECT, location=location, timeout_seconds=timeout)


def diagnosed(message: str) -> str:
    found = diagnose(message)
    return found.code if found else message


@pytest.fixture(autouse=True)
def _connection(database_control: Control) -> None:
    """A connection whose service agent may reach the database."""
    database_control.agent_delay(0)
    connections.create(PROJECT, "us", "orders", alloydb())
    projects.set_policy(PROJECT, projects.get_policy(PROJECT).with_members([(CLIENT, AGENT)]))


def test_a_statement_reaches_the_database_and_its_rows_come_back() -> None:
    """Numbers are numbers, quotes are quotes, nothing is nothing."""
    found = ask("SELECT 1 AS one, 2.5::float8 AS half, true AS yes, 'it''s \\' AS text, NULL::int AS nothing")
    assert found.columns == ("one", "half", "yes", "text", "nothing")
    assert found.rows == ((1, 2.5, True, "it's \\", None),)
    assert found.job_id


def test_a_job_that_takes_longer_is_asked_for_again() -> None:
    """BigQuery answers with jobComplete false first."""
    assert ask("SELECT pg_sleep(1.2)::text, 7 AS seven", timeout=15).rows[0][1] == 7


def test_a_job_that_takes_too_long_is_given_up() -> None:
    """It is no failure of the query, and may be run again."""
    with pytest.raises(errors.Unavailable) as caught:
        ask("SELECT pg_sleep(20)::text", timeout=0.5)
    assert caught.value.retryable
    assert not caught.value.outcome_unknown
    assert caught.value.reason == "DEADLINE_EXCEEDED"


def test_a_wrong_password_is_told_from_a_missing_role() -> None:
    """By BigQuery's own messages."""
    connections.create(PROJECT, "us", "wrong", alloydb("not-the-password"))
    with pytest.raises(queries.QueryFailed) as caught:
        ask("SELECT 1", f"{PROJECT}.us.wrong")
    assert diagnosed(caught.value.message) == "wrong-password"
    projects.set_policy(PROJECT, projects.get_policy(PROJECT).changed(removals=[(CLIENT, AGENT)]))
    with pytest.raises(queries.QueryFailed) as caught:
        ask("SELECT 1")
    assert diagnosed(caught.value.message) == "postgres-unreachable"


def test_a_table_that_the_user_may_not_read_is_named() -> None:
    """The database's own refusal comes through."""
    with pytest.raises(queries.QueryFailed) as caught:
        ask("SELECT * FROM staff_salaries")
    assert diagnosed(caught.value.message) == "table-denied"


def test_a_connection_that_is_not_there_is_not_found() -> None:
    """Wrong location or id."""
    with pytest.raises(queries.QueryFailed) as caught:
        ask("SELECT 1", f"{PROJECT}.us.none")
    assert diagnosed(caught.value.message) == "connection-not-found"
    assert not caught.value.retryable


def test_a_server_error_stays_one(database_control: Control) -> None:
    """It says nothing about the query."""
    database_control.fault("jobs.query", status=503)
    with pytest.raises(errors.Unavailable) as caught:
        ask("SELECT 1")
    assert caught.value.retryable
    assert not caught.value.outcome_unknown
