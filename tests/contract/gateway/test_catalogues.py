"""What forms offer and checks ask: APIs, service agents, instances, keys, roles, tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from emulator.client import Control
from portal.gcp import (
    alloydb,
    cloudsql,
    compute,
    dataproc,
    errors,
    kms,
    metastore,
    projects,
    regions,
    roles,
    services,
    spanner,
    tokens,
)
from tests.contract.gateway.bodies import INSTANCE
from tests.contract.gateway.conftest import NUMBER, PROJECT, Google
from tests.contract.gateway.recorder import Recorder
from tests.support.processes import wait_until

ALLOYDB, CONNECTION = "alloydb.googleapis.com", "bigqueryconnection.googleapis.com"
PORTAL = "serviceAccount:portal@acme-analytics.iam.gserviceaccount.com"


def test_enabled_apis_are_told_from_disabled_ones(control: Control) -> None:
    control.service(PROJECT, ALLOYDB, enabled=False)
    assert services.enabled(PROJECT, [ALLOYDB, CONNECTION]) == {CONNECTION}
    control.service(PROJECT, ALLOYDB, enabled=True)
    assert services.enabled(PROJECT, [ALLOYDB, CONNECTION]) == {ALLOYDB, CONNECTION}
    assert services.enabled(PROJECT, []) == frozenset()


def test_more_than_thirty_apis_are_asked_for_in_several_calls(control: Control, recorder: Recorder) -> None:
    """Google takes 30 at a time; of repeated names it is asked once."""
    names = [f"api{n}.googleapis.com" for n in range(31)]
    with pytest.raises(errors.PermissionDenied):
        services.enabled(PROJECT, names)
    recorder.called.clear()
    assert services.enabled(PROJECT, [ALLOYDB] * 40) == {ALLOYDB}
    assert recorder.called == ["serviceusage.services.batchGet"]


def test_the_service_agent_can_be_made_before_the_first_connection(control: Control) -> None:
    """Asked for again until it is there."""
    member = f"serviceAccount:{services.service_agent(NUMBER)}"
    wait_until(lambda: services.generate_service_identity(PROJECT), seconds=5, what="the agent is there")
    policy = projects.get_policy(PROJECT).with_members([("roles/alloydb.client", member)])
    assert projects.set_policy(PROJECT, policy).has("roles/alloydb.client", member), "Google knows it"


def test_instances_of_all_regions_are_listed(control: Control) -> None:
    """With what the form needs to know of each."""
    found = {instance.instance_id: instance for instance in alloydb.list_instances(PROJECT)}
    primary = found["orders-primary"]
    assert primary.uri == INSTANCE
    assert (primary.project, primary.location, primary.cluster) == (PROJECT, "us-central1", "orders")
    assert (primary.instance_type, primary.state) == ("PRIMARY", "READY")
    assert primary.database_version.startswith("POSTGRES_")
    assert primary.flags["alloydb.iam_authentication"] == "on"
    assert set(primary.addresses) == {"PRIVATE", "PUBLIC"}
    assert not primary.connectors_only
    assert found["orders-read"].instance_type == "READ_POOL"
    assert len({instance.location for instance in found.values()}) > 1


def test_keys_are_listed_in_one_place_or_in_all(control: Control) -> None:
    """One place is enough once the form knows the connection's location."""
    everywhere = kms.list_keys(PROJECT)
    here = kms.list_keys(PROJECT, "US")
    assert here == [key for key in everywhere if key.location == "us"]
    assert here[0].name == f"projects/{PROJECT}/locations/us/keyRings/portal/cryptoKeys/connections-us"
    assert (here[0].ring, here[0].key_id) == ("portal", "connections-us")
    assert (here[0].purpose, here[0].state) == ("ENCRYPT_DECRYPT", "ENABLED")


@pytest.mark.parametrize("ask", [alloydb.list_instances, kms.list_keys])
def test_a_list_of_an_api_that_is_off_says_so(control: Control, ask: object) -> None:
    """The form then offers to type the name instead."""
    for name in (ALLOYDB, "cloudkms.googleapis.com"):
        control.service(PROJECT, name, enabled=False)
    assert callable(ask)
    with pytest.raises(errors.ApiDisabled) as caught:
        ask(PROJECT)
    assert caught.value.service in (ALLOYDB, "cloudkms.googleapis.com")


def test_a_custom_role_shows_its_permissions(control: Control) -> None:
    """A custom role may already have what the service agent needs."""
    name = f"projects/{PROJECT}/roles/dbReach"
    control.custom_role(name, "alloydb.instances.connect")
    assert roles.included_permissions(name) == {"alloydb.instances.connect"}
    with pytest.raises(errors.NotFound):
        roles.included_permissions(f"projects/{PROJECT}/roles/none")


def test_a_predefined_role_shows_its_permissions(google: Google) -> None:
    """On real Google too."""
    assert "alloydb.instances.connect" in roles.included_permissions("roles/alloydb.client")
    with pytest.raises(errors.NotFound):
        roles.included_permissions("roles/alloydb.noSuchRole")


def test_the_connection_api_is_on_where_the_portal_works(google: Google) -> None:
    """On real Google too."""
    assert services.enabled(google.project, [CONNECTION]) == {CONNECTION}


def test_a_token_of_a_service_account_is_made(control: Control) -> None:
    """For logging in to a database as that account."""
    loader = "nightly-loader@acme-analytics.iam.gserviceaccount.com"
    login = "https://www.googleapis.com/auth/alloydb.login"
    control.outsider(f"projects/{NUMBER}", "roles/iam.serviceAccountTokenCreator", PORTAL)
    made = tokens.generate_access_token(loader, [login], 600)
    assert made.token
    assert made.token not in repr(made)
    assert abs(made.expires_at - datetime.now(UTC) - timedelta(seconds=600)) < timedelta(seconds=30)
    with pytest.raises(errors.GoogleError) as caught:
        tokens.generate_access_token("nobody@acme-analytics.iam.gserviceaccount.com", [login])
    assert caught.value.status in (403, 404)


def test_cloud_sql_instances_and_their_databases_are_listed(control: Control) -> None:
    """Of all engines; which one it is, its version says."""
    found = {instance.connection_name: instance for instance in cloudsql.list_instances(PROJECT)}
    crm = found[f"{PROJECT}:us-central1:crm"]
    assert (crm.project, crm.region, crm.instance_id) == (PROJECT, "us-central1", "crm")
    assert crm.database_version.startswith("POSTGRES_")
    assert crm.flags == {"cloudsql.iam_authentication": "on"}
    assert set(crm.addresses) == {"PRIVATE", "PUBLIC"}
    assert crm.ssl_mode == "ENCRYPTED_ONLY"
    assert found[f"{PROJECT}:us-central1:shop"].database_version.startswith("MYSQL_")
    assert "crm" in cloudsql.list_databases(PROJECT, "crm")
    with pytest.raises(ValueError, match="not the id"):
        cloudsql.list_databases(PROJECT, "../crm")


def test_spanner_databases_are_listed_instance_by_instance(control: Control) -> None:
    """With what tells one from the other."""
    (database,) = spanner.list_databases(PROJECT)
    assert database.name == f"projects/{PROJECT}/instances/ledger/databases/ledger"
    assert (database.instance_id, database.database_id) == ("ledger", "ledger")
    assert (database.config, database.dialect) == ("regional-us-central1", "GOOGLE_STANDARD_SQL")


def test_metastore_services_of_all_regions_are_listed(control: Control) -> None:
    """By one call."""
    (service,) = metastore.list_services(PROJECT)
    assert service.name == f"projects/{PROJECT}/locations/us-central1/services/lake"
    assert (service.location, service.service_id, service.state) == ("us-central1", "lake", "ACTIVE")


def test_dataproc_clusters_are_listed_region_by_region(control: Control, recorder: Recorder) -> None:
    """Each region once."""
    (cluster,) = dataproc.list_clusters(PROJECT)
    assert cluster.name == f"projects/{PROJECT}/regions/us-central1/clusters/spark-history"
    assert (cluster.region, cluster.cluster_id, cluster.state) == ("us-central1", "spark-history", "RUNNING")
    asked = recorder.called.count("dataproc.projects.regions.clusters.list")
    assert asked == len([place for place in regions.LOCATIONS if place.kind == "region"])


def test_network_attachments_of_all_regions_are_listed(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, with the address that a connection takes."""
    monkeypatch.setattr(compute, "PAGE_SIZE", 5)
    (attachment,) = compute.list_network_attachments(PROJECT)
    name = f"projects/{PROJECT}/regions/us-central1/networkAttachments/sap-attachment"
    assert (attachment.name, attachment.region, attachment.network) == (name, "us-central1", "default")


@pytest.mark.parametrize(
    ("ask", "api"),
    [
        (cloudsql.list_instances, "sqladmin.googleapis.com"),
        (spanner.list_databases, "spanner.googleapis.com"),
        (metastore.list_services, "metastore.googleapis.com"),
        (dataproc.list_clusters, "dataproc.googleapis.com"),
        (compute.list_network_attachments, "compute.googleapis.com"),
    ],
)
def test_a_catalogue_of_an_api_that_is_off_says_so(
    control: Control, ask: Callable[[str], object], api: str
) -> None:
    """Of which one, too."""
    control.service(PROJECT, api, enabled=False)
    with pytest.raises(errors.ApiDisabled) as caught:
        ask(PROJECT)
    assert caught.value.service == api
    with pytest.raises(ValueError, match="not the id"):
        ask("../x")
