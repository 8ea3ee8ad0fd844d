"""What the dialog's pick-lists read, apart from AlloyDB and keys."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.client import Control
from tests.contract.emulator.traffic import NUMBER, PROJECT, Google

SQL = f"sqladmin/v1/projects/{PROJECT}/instances"
SPANNER = f"spanner/v1/projects/{PROJECT}/instances"
CLUSTERS = f"dataproc/v1/projects/{PROJECT}/regions/us-central1/clusters"
SERVICES = f"metastore/v1/projects/{PROJECT}/locations/-/services"
COMPUTE = f"compute/v1/projects/{PROJECT}"
REGIONAL = f"{COMPUTE}/regions/us-central1/networkAttachments"
AGGREGATED = f"{COMPUTE}/aggregated/networkAttachments"

# address: the API behind it
LISTS = {
    SQL: "sqladmin",
    f"{SQL}/crm/databases": "sqladmin",
    SPANNER: "spanner",
    f"{SPANNER}/ledger/databases": "spanner",
    CLUSTERS: "dataproc",
    SERVICES: "metastore",
    REGIONAL: "compute",
    AGGREGATED: "compute",
}


def ids(items: list[dict[str, Any]]) -> list[str]:
    """The last part of each name."""
    return [item["name"].rsplit("/", 1)[-1] for item in items]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_the_api_and_the_permission(api: Google, control: Control, path: str) -> None:
    assert api.get(path).status == 200
    assert api.by("analyst@example.com").get(path).status == 403
    control.service(PROJECT, f"{LISTS[path]}.googleapis.com", enabled=False)
    reply = api.get(path)
    assert (reply.status, reply.reason) == (403, "PERMISSION_DENIED")
    assert f"has not been used in project {NUMBER} before or it is disabled" in reply.message


def test_cloud_sql_instances_tell_engine_region_flags_and_address(api: Google) -> None:
    crm, shop = api.get(SQL).body["items"]
    assert (crm["connectionName"], crm["databaseVersion"]) == (f"{PROJECT}:us-central1:crm", "POSTGRES_18")
    assert (shop["name"], shop["databaseVersion"]) == ("shop", "MYSQL_8_0")
    assert crm["settings"]["databaseFlags"] == [{"name": "cloudsql.iam_authentication", "value": "on"}]
    assert shop["settings"]["databaseFlags"] == [{"name": "cloudsql_iam_authentication", "value": "on"}]
    assert crm["settings"]["ipConfiguration"]["sslMode"] == "ENCRYPTED_ONLY"
    assert [item["type"] for item in crm["ipAddresses"]] == ["PRIMARY", "PRIVATE"]
    assert crm["serverCaCert"]["cert"].startswith("-----BEGIN CERTIFICATE-----")
    assert api.get(f"{SQL}/crm").body == crm


def test_cloud_sql_pages_by_max_results(api: Google) -> None:
    first = api.get(SQL, maxResults=1).body
    second = api.get(SQL, maxResults=1, pageToken=first["nextPageToken"]).body
    assert ids(first["items"] + second["items"]) == ["crm", "shop"]
    assert "nextPageToken" not in second


def test_cloud_sql_databases(api: Google) -> None:
    assert ids(api.get(f"{SQL}/crm/databases").body["items"]) == ["crm", "postgres"]
    assert api.get(f"{SQL}/crm/databases/crm").body["charset"] == "UTF8"
    assert api.get(f"{SQL}/crm/databases/none").status == 404


def test_cloud_sql_refuses_in_its_own_words(api: Google) -> None:
    missing = api.get(f"{SQL}/none")
    assert (missing.status, missing.message) == (404, "The Cloud SQL instance does not exist.")
    assert missing.body["error"]["errors"][0]["reason"] == "instanceDoesNotExist"
    hidden = api.by("analyst@example.com").get(f"{SQL}/crm").message
    assert "Possibly missing permission cloudsql.instances.get on resource instances/crm." in hidden


def test_spanner_instances_and_databases(api: Google) -> None:
    assert ids(api.get(SPANNER).body["instances"]) == ["ledger"]
    assert api.get(f"{SPANNER}/ledger").body["state"] == "READY"
    databases = api.get(f"{SPANNER}/ledger/databases").body["databases"]
    assert databases[0]["name"] == f"projects/{PROJECT}/instances/ledger/databases/ledger"
    assert api.get(f"{SPANNER}/none/databases").status == 404


def test_dataproc_clusters_are_listed_by_region(api: Google) -> None:
    assert [cluster["clusterName"] for cluster in api.get(CLUSTERS).body["clusters"]] == ["spark-history"]
    assert api.get(CLUSTERS.replace("us-central1", "us-east1")).body == {}
    assert api.get(CLUSTERS.replace("us-central1", "-")).status == 400


def test_metastore_services_of_every_location(api: Google) -> None:
    assert ids(api.get(SERVICES).body["services"]) == ["lake"]
    assert api.get(SERVICES.replace("/-/", "/us-east1/")).body == {}


def test_network_attachments_of_one_region_and_of_all(api: Google) -> None:
    assert ids(api.get(REGIONAL).body["items"]) == ["sap-attachment"]
    assert "items" not in api.get(REGIONAL.replace("us-central1", "us-east1")).body
    assert api.get(REGIONAL.replace("us-central1", "mars")).status == 404
    scopes = api.get(AGGREGATED).body["items"]
    assert ids(scopes["regions/us-central1"]["networkAttachments"]) == ["sap-attachment"]
    assert scopes["regions/us-east1"]["warning"]["code"] == "NO_RESULTS_ON_PAGE"


def test_aggregated_lists_come_in_pages(api: Google) -> None:
    first = api.get(AGGREGATED, maxResults=30).body
    second = api.get(AGGREGATED, maxResults=30, pageToken=first["nextPageToken"]).body
    assert len(first["items"] | second["items"]) == len(api.get(AGGREGATED).body["items"])


def test_filters_are_refused_rather_than_ignored(api: Google) -> None:
    assert api.get(SQL, filter="state:RUNNABLE").status == 501
