"""Every method is driven, with success and with an error, and every answer is valid.

`Google.send` holds each request and answer against the discovery documents.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.api.registry import METHODS
from emulator.client import Control
from emulator.server import Running
from tests.contract import discovery
from tests.contract.emulator import database_calls
from tests.contract.emulator.traffic import NUMBER, PARENT, PROJECT, Google, Reply, alloydb

CRM = f"cloudresourcemanager/v3/projects/{PROJECT}"
ALLOY = f"alloydb/v1/projects/{PROJECT}/locations"
RINGS = f"cloudkms/v1/projects/{PROJECT}/locations/us/keyRings"
KEY = f"{RINGS}/portal/cryptoKeys/connections-us"
USAGE = f"projects/{PROJECT}/services/bigquery.googleapis.com"
AGENT_OF = f"serviceusage/v1beta1/projects/{PROJECT}/services/alloydb.googleapis.com:generateServiceIdentity"
PORTAL = "iamcredentials/v1/projects/-/serviceAccounts/portal@acme-analytics.iam.gserviceaccount.com"
QUERIES = f"bigquery/v2/projects/{PROJECT}/queries"
ASKED = {"permissions": ["bigquery.connections.get", "cloudkms.cryptoKeys.get"]}
TOKEN = {"scope": ["https://www.googleapis.com/auth/cloud-platform"]}
FULL = {"fullResourceName": f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}"}
EXTERNAL = "SELECT * FROM EXTERNAL_QUERY('acme-analytics.us.c', 'SELECT 1')"
QUERY = {"query": EXTERNAL, "useLegacySql": False, "location": "US"}

Drive = Callable[[Google], Reply]


def _operation(google: Google, version: str) -> Reply:
    name = google.send("POST", AGENT_OF).body["name"]
    return google.get(f"serviceusage/{version}/{name}")


def _results(google: Google) -> Reply:
    job = google.post(QUERIES, QUERY).body["jobReference"]["jobId"]
    return google.get(f"{QUERIES}/{job}", location="US")


# method: (a call that succeeds, a call that fails), for a connection `c` that works
CALLS: dict[str, tuple[Drive, Drive]] = {
    "bigqueryconnection.connections.create": (
        lambda g: g.create("new", alloydb()),
        lambda g: g.create("c", alloydb()),
    ),
    "bigqueryconnection.connections.get": (
        lambda g: g.get(f"{PARENT}/c"),
        lambda g: g.get(f"{PARENT}/none"),
    ),
    "bigqueryconnection.connections.list": (
        lambda g: g.get(PARENT, pageSize=5),
        lambda g: g.get("bigqueryconnection/v1/projects/none/locations/us/connections", pageSize=5),
    ),
    "bigqueryconnection.connections.patch": (
        lambda g: g.patch("c", {"description": "x"}, "description"),
        lambda g: g.patch("c", {}, "spark"),
    ),
    "bigqueryconnection.connections.delete": (
        lambda g: g.send("DELETE", f"{PARENT}/c"),
        lambda g: g.send("DELETE", f"{PARENT}/none"),
    ),
    "bigqueryconnection.connections.getIamPolicy": (
        lambda g: g.policy(f"{PARENT}/c"),
        lambda g: g.policy(f"{PARENT}/none"),
    ),
    "bigqueryconnection.connections.setIamPolicy": (
        lambda g: g.set_policy(f"{PARENT}/c", {"etag": "ACAB"}),
        lambda g: g.set_policy(f"{PARENT}/c", {"etag": "AAAA"}),
    ),
    "bigqueryconnection.connections.testIamPermissions": (
        lambda g: g.post(f"{PARENT}/c:testIamPermissions", ASKED),
        lambda g: g.post(f"{PARENT}/c:testIamPermissions", {"permissions": ["*"]}),
    ),
    "cloudresourcemanager.projects.get": (
        lambda g: g.get(CRM),
        lambda g: g.get("cloudresourcemanager/v3/projects/none"),
    ),
    "cloudresourcemanager.projects.getIamPolicy": (
        lambda g: g.policy(CRM),
        lambda g: g.policy("cloudresourcemanager/v3/projects/none"),
    ),
    "cloudresourcemanager.projects.setIamPolicy": (
        lambda g: g.set_policy(CRM, {**g.policy(CRM).body}),
        lambda g: g.set_policy(CRM, {"etag": "AAAA"}),
    ),
    "cloudresourcemanager.projects.testIamPermissions": (
        lambda g: g.post(f"{CRM}:testIamPermissions", ASKED),
        lambda g: g.post("cloudresourcemanager/v3/projects/none:testIamPermissions", ASKED),
    ),
    "alloydb.locations.list": (lambda g: g.get(ALLOY), lambda g: g.get("alloydb/v1/projects/none/locations")),
    "alloydb.locations.get": (lambda g: g.get(f"{ALLOY}/us-east1"), lambda g: g.get(f"{ALLOY}/mars")),
    "alloydb.clusters.list": (
        lambda g: g.get(f"{ALLOY}/-/clusters"),
        lambda g: g.by("x@example.com").get(f"{ALLOY}/-/clusters"),
    ),
    "alloydb.clusters.get": (
        lambda g: g.get(f"{ALLOY}/us-central1/clusters/orders"),
        lambda g: g.get(f"{ALLOY}/us-central1/clusters/none"),
    ),
    "alloydb.instances.list": (
        lambda g: g.get(f"{ALLOY}/-/clusters/-/instances"),
        lambda g: g.by("x@example.com").get(f"{ALLOY}/-/clusters/-/instances"),
    ),
    "alloydb.instances.get": (
        lambda g: g.get(f"{ALLOY}/us-central1/clusters/orders/instances/orders-read"),
        lambda g: g.get(f"{ALLOY}/us-central1/clusters/orders/instances/none"),
    ),
    "cloudkms.locations.list": (
        lambda g: g.get(f"cloudkms/v1/projects/{PROJECT}/locations"),
        lambda g: g.get("cloudkms/v1/projects/none/locations"),
    ),
    "cloudkms.keyRings.list": (lambda g: g.get(RINGS), lambda g: g.by("x@example.com").get(RINGS)),
    "cloudkms.cryptoKeys.list": (
        lambda g: g.get(f"{RINGS}/portal/cryptoKeys"),
        lambda g: g.get(f"{RINGS}/none/cryptoKeys"),
    ),
    "cloudkms.cryptoKeys.get": (lambda g: g.get(KEY), lambda g: g.get(f"{RINGS}/portal/cryptoKeys/none")),
    "cloudkms.cryptoKeys.getIamPolicy": (
        lambda g: g.get(f"{KEY}:getIamPolicy"),
        lambda g: g.get(f"{RINGS}/portal/cryptoKeys/none:getIamPolicy"),
    ),
    "cloudkms.cryptoKeys.setIamPolicy": (
        lambda g: g.by("admin@example.com").set_policy(KEY, {}),
        lambda g: g.by("analyst@example.com").set_policy(KEY, {}),
    ),
    "cloudkms.cryptoKeys.testIamPermissions": (
        lambda g: g.post(f"{KEY}:testIamPermissions", ASKED),
        lambda g: g.post(f"{KEY}:testIamPermissions", {"permissions": ["x"]}),
    ),
    "serviceusage.services.batchGet": (
        lambda g: g.get(f"serviceusage/v1/projects/{PROJECT}/services:batchGet", names=[USAGE]),
        lambda g: g.get(f"serviceusage/v1/projects/{PROJECT}/services:batchGet", names=["none"]),
    ),
    "serviceusage.services.enable": (
        lambda g: g.post(f"serviceusage/v1/{USAGE}:enable", {}),
        lambda g: g.post("serviceusage/v1/projects/acme-sandbox/services/alloydb.googleapis.com:enable", {}),
    ),
    "serviceusage.services.get": (
        lambda g: g.get(f"serviceusage/v1/{USAGE}"),
        lambda g: g.get(f"serviceusage/v1/projects/{NUMBER}/services/none"),
    ),
    "serviceusage.services.generateServiceIdentity": (
        lambda g: g.send("POST", AGENT_OF),
        lambda g: g.send("POST", f"serviceusage/v1beta1/{USAGE}:generateServiceIdentity"),
    ),
    "serviceusage.operations.get": (
        lambda g: _operation(g, "v1"),
        lambda g: g.get("serviceusage/v1/operations/none"),
    ),
    "iam.roles.queryGrantableRoles": (
        lambda g: g.post("iam/v1/roles:queryGrantableRoles", FULL),
        lambda g: g.post("iam/v1/roles:queryGrantableRoles", {}),
    ),
    "iam.roles.get": (
        lambda g: g.get("iam/v1/roles/bigquery.connectionUser"),
        lambda g: g.get("iam/v1/roles/none"),
    ),
    "iam.projects.roles.get": (
        lambda g: g.get(f"iam/v1/projects/{PROJECT}/roles/databaseConnector"),
        lambda g: g.get(f"iam/v1/projects/{PROJECT}/roles/none"),
    ),
    "iamcredentials.serviceAccounts.generateAccessToken": (
        lambda g: g.by("admin@example.com").post(f"{PORTAL}:generateAccessToken", TOKEN),
        lambda g: g.post(f"{PORTAL}:generateAccessToken", TOKEN),
    ),
    "bigquery.jobs.query": (
        lambda g: g.post(QUERIES, QUERY),
        lambda g: g.post(QUERIES, {**QUERY, "query": "SELECT"}),
    ),
    "bigquery.jobs.getQueryResults": (_results, lambda g: g.get(f"{QUERIES}/none")),
    **database_calls.CALLS,
}


@pytest.fixture
def furnished(warehouse: Google, warehouse_control: Control) -> Google:
    """A connection `c` that works."""
    warehouse.create("c", alloydb())
    agent = f"serviceAccount:service-{NUMBER}@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
    warehouse_control.outsider(f"projects/{PROJECT}", "roles/alloydb.client", agent)
    return warehouse


def test_no_method_is_left_out() -> None:
    assert {f"{method.api}.{method.name}" for method in METHODS} == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_success_is_valid(furnished: Google, warehouse_control: Control, name: str) -> None:
    reply = CALLS[name][0](furnished)
    assert reply.status == 200, reply.body
    assert warehouse_control.calls()[-1]["method"] == name.partition(".")[2]


@pytest.mark.parametrize("name", CALLS)
def test_failure_is_valid(furnished: Google, warehouse_control: Control, name: str) -> None:
    reply = CALLS[name][1](furnished)
    assert reply.status in (400, 403, 404, 409), reply.body
    assert warehouse_control.calls()[-1]["method"] == name.partition(".")[2]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{method.api}.{method.name}")
def test_every_address_is_googles(method: object) -> None:
    template = getattr(method, "template", "")
    api, verb = getattr(method, "api", ""), getattr(method, "verb", "")
    path = template.replace("{", "").replace("}", "")
    described = discovery.address(api, path)
    if described is None:
        pytest.skip("no discovery document is about it")
    document, whole = described
    found = document.find("POST" if api == "oauth2" else verb, whole)
    assert found is not None
    assert found.id.endswith(getattr(method, "name", "?"))
    known = found.parameters("query")
    assert set(getattr(method, "query", ())) <= set(known)


def test_latest_operations_are_read_by_either_version(emulator: Running) -> None:
    assert _operation(Google(emulator.url), "v1beta1").status == 200
