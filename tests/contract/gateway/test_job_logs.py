"""Who ran queries through a connection, from the audit logs of a project."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from emulator.client import Control
from portal.gcp import connections, errors, job_logs, projects, queries, services
from tests.contract.gateway.bodies import alloydb
from tests.contract.gateway.conftest import NUMBER, PROJECT

NAME = f"projects/{PROJECT}/locations/us/connections/orders"
AGENT = f"serviceAccount:{services.service_agent(NUMBER)}"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _connection(database_control: Control) -> None:
    database_control.agent_delay(0)
    for name in ("orders", "orders-eu"):
        connections.create(PROJECT, "us", name, alloydb())
    projects.set_policy(PROJECT, projects.get_policy(PROJECT).with_members([("roles/alloydb.client", AGENT)]))


def ask(path: str) -> None:
    queries.external_query(path, "SELECT 1", project=PROJECT, location="US", timeout_seconds=15)


def test_the_last_use_is_found_by_the_query_s_text() -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    ask(f"{PROJECT}.us.orders")
    found = job_logs.uses(PROJECT, NAME, NUMBER, LONG_AGO)
    assert found.complete
    ((address, at),) = found.last.items()
    assert address.startswith("portal@")
    assert at > before


def test_a_connection_with_a_longer_name_is_another_one() -> None:
    ask(f"{PROJECT}.us.orders-eu")
    assert not job_logs.uses(PROJECT, NAME, NUMBER, LONG_AGO).last


def test_entries_before_the_moment_do_not_count() -> None:
    ask(f"{PROJECT}.us.orders")
    assert not job_logs.uses(PROJECT, NAME, NUMBER, datetime.now(UTC) + timedelta(hours=1)).last


def test_the_permission_is_asked_for_because_google_would_say_nothing() -> None:
    assert job_logs.may_read(PROJECT)
    policy = projects.get_policy(PROJECT)
    role = "roles/logging.privateLogViewer"
    holders = [member for binding in policy.bindings if binding.role == role for member in binding.members]
    projects.set_policy(PROJECT, policy.changed(removals=[(role, member) for member in holders]))
    assert not job_logs.may_read(PROJECT)


def test_where_the_logging_api_is_off_it_says_so(database_control: Control) -> None:
    database_control.service(PROJECT, "logging.googleapis.com", enabled=False)
    with pytest.raises(errors.ApiDisabled):
        job_logs.uses(PROJECT, NAME, NUMBER, LONG_AGO)


@pytest.mark.parametrize(
    ("sql", "project", "named"),
    [
        ("EXTERNAL_QUERY('acme.us.orders', 'x')", "acme", True),
        ("EXTERNAL_QUERY('42.us.orders', 'x')", "other", True),
        ("EXTERNAL_QUERY('us.orders', 'x')", "acme", True),
        ("EXTERNAL_QUERY('us.orders', 'x')", "other", False),
        ("EXTERNAL_QUERY('ACME.US.orders', 'x')", "acme", True),
        ("EXTERNAL_QUERY('not-acme.us.orders', 'x')", "acme", False),
        ("EXTERNAL_QUERY('acme.us.orders_old', 'x')", "acme", False),
        ("EXTERNAL_QUERY('acme.us.orders-old', 'x')", "acme", False),
    ],
)
def test_how_a_query_names_a_connection(sql: str, project: str, named: bool) -> None:
    pattern = job_logs._pattern("acme", 42, "us", "orders", here=project == "acme")
    assert bool(pattern.search(sql)) is named
