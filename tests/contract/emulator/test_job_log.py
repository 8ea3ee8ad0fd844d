"""Queries through a connection leave audit log entries; who may not read them is shown none."""

from __future__ import annotations

from emulator.client import Control
from tests.contract.emulator.test_queries import orders, query
from tests.contract.emulator.traffic import PROJECT, Google

__all__ = ["orders"]
LIST = "logging/v2/entries:list"
BODY = {
    "resourceNames": [f"projects/{PROJECT}"],
    "filter": 'protoPayload.serviceName="bigquery.googleapis.com"',
}


def test_a_query_leaves_an_entry_in_the_data_access_log(orders: Google) -> None:
    job = query(orders).body["jobReference"]["jobId"]
    (entry,) = orders.post(LIST, BODY).body["entries"]
    assert entry["logName"] == f"projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Fdata_access"
    payload = entry["protoPayload"]
    started = payload["metadata"]["jobInsertion"]["job"]
    assert started["jobName"] == payload["resourceName"] == f"projects/{PROJECT}/jobs/{job}"
    assert f"{PROJECT}.us.orders" in started["jobConfig"]["queryConfig"]["query"]
    assert payload["authenticationInfo"]["principalEmail"].startswith("portal@")


def test_a_query_that_never_started_leaves_none(orders: Google) -> None:
    query(orders, connection="us.none")
    assert orders.post(LIST, BODY).body == {}


def test_whoever_lacks_the_permission_sees_none_and_no_error(
    orders: Google, warehouse_control: Control
) -> None:
    query(orders)
    warehouse_control.outsider(f"projects/{PROJECT}", "roles/logging.viewer", "user:analyst@example.com")
    answer = orders.by("analyst@example.com").post(LIST, BODY)
    assert (answer.status, answer.body) == (200, {})
