"""The pick-list of AlloyDB instances."""

from __future__ import annotations

from emulator.client import Control
from tests.contract.emulator.traffic import PROJECT, Google

LOCATIONS = f"alloydb/v1/projects/{PROJECT}/locations"


def names(api: Google, location: str, cluster: str) -> list[str]:
    """Ids of the instances."""
    found = api.get(f"{LOCATIONS}/{location}/clusters/{cluster}/instances").body.get("instances", [])
    return [instance["name"].rsplit("/", 1)[1] for instance in found]


def test_wildcards_stand_for_every_location_and_cluster(api: Google) -> None:
    assert names(api, "-", "-") == ["orders-eu-primary", "orders-primary", "orders-read"]
    assert names(api, "us-central1", "-") == ["orders-primary", "orders-read"]
    assert names(api, "europe-west1", "orders-eu") == ["orders-eu-primary"]
    assert names(api, "us-east1", "-") == []


def test_lists_come_in_pages(api: Google) -> None:
    path = f"{LOCATIONS}/-/clusters/-/instances"
    first = api.get(path, pageSize=2).body
    second = api.get(path, pageSize=2, pageToken=first["nextPageToken"]).body
    assert [len(page["instances"]) for page in (first, second)] == [2, 1]
    assert "nextPageToken" not in second


def test_one_of_each(api: Google) -> None:
    cluster = f"{LOCATIONS}/us-central1/clusters/orders"
    assert api.get(cluster).body["state"] == "READY"
    assert api.get(f"{cluster}/instances/orders-read").body["instanceType"] == "READ_POOL"
    assert api.get(f"{cluster}/instances/none").status == 404
    assert api.get(f"{LOCATIONS}/us-central1/clusters/none").status == 404
    assert api.get(f"{LOCATIONS}/us-central1").body["locationId"] == "us-central1"
    assert api.get(f"{LOCATIONS}/mars").status == 404
    assert len(api.get(f"{LOCATIONS}/-/clusters").body["clusters"]) == 2


def test_it_takes_the_api_and_the_permission(api: Google, control: Control) -> None:
    assert api.by("analyst@example.com").get(f"{LOCATIONS}/-/clusters/-/instances").status == 403
    control.service(PROJECT, "alloydb.googleapis.com", enabled=False)
    assert "AlloyDB API has not been used" in api.get(f"{LOCATIONS}/-/clusters/-/instances").message


def test_filters_are_refused_rather_than_ignored(api: Google) -> None:
    reply = api.get(f"{LOCATIONS}/-/clusters/-/instances", filter="state=READY")
    assert (reply.status, reply.reason) == (501, "UNIMPLEMENTED")
