"""APIs that are on or off, and the service agent that comes late."""

from __future__ import annotations

import time

import pytest

from emulator.client import Control
from tests.contract.emulator.conftest import AGENT_DELAY
from tests.contract.emulator.traffic import AGENT, NUMBER, PROJECT, Google, Reply, alloydb, cloud_sql

RESOURCE = f"cloudresourcemanager/v3/projects/{PROJECT}"
BETA = f"serviceusage/v1beta1/projects/{PROJECT}/services/bigqueryconnection.googleapis.com"


def grant(api: Google) -> Reply:
    """Give the service agent its role, as the whole read-modify-write."""
    policy = api.policy(RESOURCE).body
    binding = {"role": "roles/alloydb.client", "members": [f"serviceAccount:{AGENT}"]}
    return api.set_policy(RESOURCE, {**policy, "version": 3, "bindings": [*policy["bindings"], binding]})


def wait() -> None:
    """Until what was begun before is done."""
    time.sleep(AGENT_DELAY + 0.05)


@pytest.mark.parametrize("body", [alloydb(), cloud_sql()])
def test_the_agent_appears_some_time_after_the_first_connection(api: Google, body: dict[str, object]) -> None:
    assert grant(api).message == f"Service account {AGENT} does not exist."
    api.create("c", body)
    early = grant(api)
    assert (early.status, early.message) == (400, f"Service account {AGENT} does not exist.")
    wait()
    assert grant(api).status == 200


def test_other_kinds_make_no_agent(api: Google, control: Control) -> None:
    control.agent_delay(0)
    api.create("c", {"cloudSpanner": {"database": "projects/p/instances/i/databases/d"}})
    api.create("d", {"cloudResource": {}})
    assert grant(api).status == 400


def test_the_second_connection_does_not_delay_the_agent(api: Google, control: Control) -> None:
    control.agent_delay(0)
    api.create("a", alloydb())
    control.agent_delay(60)
    api.create("b", alloydb())
    assert grant(api).status == 200


def test_the_agent_can_be_forced(api: Google) -> None:
    operation = api.send("POST", f"{BETA}:generateServiceIdentity").body
    assert "done" not in operation
    name = operation["name"]
    assert api.get(f"serviceusage/v1beta1/{name}").body.get("done") is None
    wait()
    done = api.get(f"serviceusage/v1beta1/{name}").body
    assert (done["done"], done["response"]["email"]) == (True, AGENT)
    assert grant(api).status == 200


def test_services_are_told_on_or_off(api: Google) -> None:
    names = [
        f"projects/acme-sandbox/services/{name}.googleapis.com" for name in ("bigqueryconnection", "bigquery")
    ]
    found = api.get("serviceusage/v1/projects/acme-sandbox/services:batchGet", names=names).body["services"]
    assert [service["state"] for service in found] == ["DISABLED", "ENABLED"]
    assert found[0]["name"] == "projects/734920118846/services/bigqueryconnection.googleapis.com"
    assert api.get(f"serviceusage/v1/{names[1]}").body["state"] == "ENABLED"
    assert api.get(f"serviceusage/v1/projects/{NUMBER}/services/none.googleapis.com").status == 403


def test_enabling_takes_a_moment_and_a_permission(api: Google, control: Control) -> None:
    path = f"serviceusage/v1/projects/{PROJECT}/services/spanner.googleapis.com"
    control.service(PROJECT, "spanner.googleapis.com", enabled=False)
    operation = api.post(f"{path}:enable", {}).body
    assert api.get(path).body["state"] == "DISABLED"
    wait()
    assert api.get(path).body["state"] == "ENABLED"
    assert api.get(f"serviceusage/v1/{operation['name']}").body["done"] is True
    assert api.post(f"{path}:enable", {}).body["done"] is True
    sandbox = "serviceusage/v1/projects/acme-sandbox/services/bigqueryconnection.googleapis.com:enable"
    assert api.post(sandbox, {}).status == 403


def test_batch_get_takes_one_to_thirty_names(api: Google) -> None:
    path = f"serviceusage/v1/projects/{PROJECT}/services:batchGet"
    assert api.get(path).status == 400
    assert api.get(path, names=["projects/p/services/bigquery.googleapis.com"] * 31).status == 400


def test_an_unknown_operation_is_not_found(api: Google) -> None:
    assert api.get("serviceusage/v1/operations/none").status == 404
