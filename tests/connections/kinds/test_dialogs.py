"""The dialog of each kind: Google's labels in Google's order, and only what the kind has a use for."""

from __future__ import annotations

import re

import pytest

from connections import kinds
from connections.models import Asset, Connection
from portal.gcp import regions
from portal.models import Operation, Project, User
from tests.connections.kinds.samples import SAMPLES, SLUGS, filled, url
from tests.support.factories import make_project
from tests.support.pages import INTO_DIALOG, errors_beside, sign_in, text_of


def test_there_is_a_sample_of_every_kind() -> None:
    assert {kind.slug for kind in kinds.all_kinds()} == set(SAMPLES)


@pytest.mark.parametrize("slug", SLUGS)
def test_labels_and_their_order(ada: User, project: Project, slug: str) -> None:
    text = text_of(sign_in(ada).get(url(slug), headers=INTO_DIALOG))
    sample, kind = SAMPLES[slug], kinds.get(slug)
    places, start = [], 0
    for label in ("Connection type", "Connection ID", *sample.labels, sample.role, "Share with"):
        start = text.index(label, start)
        places.append(start)
    assert places == sorted(places)
    assert ("Customer-managed encryption key (CMEK)" in text) is kind.takes_kms_key
    assert ("Test with a query" in text) is bool(kind.test_statement)
    assert ("Show password" in text) is bool(kind.secret_field)
    assert ("Grant the service" in text) is bool(sample.role)


@pytest.mark.parametrize("slug", SLUGS)
def test_locations_are_those_that_the_kind_can_be_in(ada: User, project: Project, slug: str) -> None:
    page = sign_in(ada).get(url(slug)).content.decode()
    offered = set(re.findall(r'<option value="([^"]+)"', page)) & {
        place.id.lower() for place in regions.LOCATIONS
    }
    omni = kinds.get(slug).omni
    for place in regions.LOCATIONS:
        expected = place.id.startswith(omni) if omni else place.kind != "omni"
        assert (place.id.lower() in offered) is expected, place.id


@pytest.mark.parametrize("slug", SLUGS)
def test_create_connection_writes_down_what_was_typed(ada: User, project: Project, slug: str) -> None:
    response = sign_in(ada).post(url(slug), filled(slug), headers=INTO_DIALOG)
    operation = Operation.objects.get(task="connections.create")
    assert response.headers.get("HX-Redirect") == operation.get_absolute_url()
    assert tuple(operation.steps.values_list("name", flat=True)) == SAMPLES[slug].steps
    connection, kind = Connection.objects.get(), kinds.get(slug)
    assert connection.kind == slug
    assert set(connection.properties) == set(kind.property_fields)
    assert all(connection.properties.values()), connection.properties
    assert operation.needs_credential is bool(kind.secret_field)
    assert ("credential" in operation.parameters) is bool(kind.secret_field)


MISTAKES = [
    ("cloud_sql_mysql", "instance", {"instance": "shop"}, "project-id:location-id:instance-id"),
    (
        "cloud_sql_mysql",
        "instance",
        {"location": "eu"},
        "BigQuery in EU cannot query an instance in us-central1",
    ),
    (
        "cloud_sql_postgresql",
        "instance",
        {"instance": "other-project:us-central1:crm"},
        "needs Cloud SQL Client over there: register other-project",
    ),
    ("spanner", "database", {"database": "ledger"}, "projects/PROJECT_ID/instances/INSTANCE_ID/databases"),
    ("spanner", "data_boost", {"parallel": ""}, "Spanner Data Boost needs parallel reads"),
    ("spanner", "database_role", {"database_role": "1st"}, "Begin with a letter"),
    ("spark", "metastore", {"metastore": "lake"}, "projects/PROJECT_ID/locations/REGION_ID/services/SERVICE"),
    ("spark", "history_server", {"location": "eu"}, "BigQuery in EU cannot use what is in us-central1."),
    ("aws", "role_id", {"role_id": "role/omni"}, "arn:aws:iam::AWS_ACCOUNT_ID:role/ROLE_NAME"),
    ("aws", "location", {"location": "us"}, "not one of the available choices"),
    ("aws", "location", {"location": "azure-eastus2"}, "not one of the available choices"),
    ("aws", "connection_id", {"connection_id": "a.b"}, "dashes, and underscores are allowed; not “.”"),
    ("azure", "tenant_id", {"tenant_id": "contoso"}, "xxxxxxxx-xxxx"),
    ("azure", "client_id", {"client_id": ""}, "Enter the application's client ID"),
    ("sap_hana", "host_port", {"host_port": "host"}, "Enter it in the form host:port."),
    ("sap_hana", "host_port", {"host_port": "host:0"}, "A port is a number from 1 to 65535."),
    ("sap_hana", "network_attachment", {"network_attachment": "x"}, "networkAttachments/NAME"),
]


@pytest.mark.parametrize(("slug", "field", "changes", "message"), MISTAKES)
def test_a_mistake_stands_beside_its_field(
    ada: User, project: Project, slug: str, field: str, changes: dict[str, str], message: str
) -> None:
    data = {name: value for name, value in filled(slug, **changes).items() if value or name not in changes}
    response = sign_in(ada).post(url(slug), data | dict.fromkeys({"client_id"} & set(changes), ""))
    assert response.status_code == 422
    found = errors_beside(response, field) or text_of(response)  # boxes have theirs below the label
    assert message in found
    assert not Connection.objects.exists()


def test_dashes_are_for_omni_only(ada: User, project: Project) -> None:
    client = sign_in(ada)
    assert (
        "HX-Redirect"
        in client.post(url("aws"), filled("aws", connection_id="s3-logs"), headers=INTO_DIALOG).headers
    )
    refused = client.post(url("spark"), filled("spark", connection_id="a-b"))
    assert "Letters, numbers, and underscores are allowed; not “-”" in errors_beside(refused, "connection_id")


def test_without_federated_identity_no_client_id_is_kept(ada: User, project: Project) -> None:
    data = filled("azure")
    del data["federated"]
    sign_in(ada).post(url("azure"), data, headers=INTO_DIALOG)
    properties = Connection.objects.get().properties
    assert (properties["federated"], properties["client_id"]) == (False, "")


@pytest.mark.parametrize("slug", ["spark", "sap_hana"])
def test_what_is_optional_can_be_left_out(ada: User, project: Project, slug: str) -> None:
    data = filled(slug, metastore="", history_server="", network_attachment="")
    sign_in(ada).post(url(slug), data, headers=INTO_DIALOG)
    steps = set(Operation.objects.get(task="connections.create").steps.values_list("name", flat=True))
    assert "grant_service_agent" not in steps, "nothing was named that a role would be needed on"


def test_an_instance_in_another_registered_project_is_taken(ada: User, project: Project) -> None:
    make_project("acme-data", number=99)
    data = filled("cloud_sql_mysql", instance="acme-data:us-central1:shop", project=project.project_id)
    assert "HX-Redirect" in sign_in(ada).post(url("cloud_sql_mysql"), data, headers=INTO_DIALOG).headers


def test_an_instance_elsewhere_is_taken_when_the_role_is_somebody_elses_business(
    ada: User, project: Project
) -> None:
    data = filled("cloud_sql_mysql", instance="other-project:us-central1:shop")
    del data["grant_service_agent"]
    assert "HX-Redirect" in sign_in(ada).post(url("cloud_sql_mysql"), data, headers=INTO_DIALOG).headers


def test_every_pick_list_is_of_a_known_asset_type() -> None:
    for kind in kinds.all_kinds():
        for pick in kind.pickers:
            assert pick.asset_type in Asset.Type.values
            assert pick.field in kind.fields()
            assert not pick.inside or pick.inside in kind.fields()


def test_a_kind_says_what_its_fields_and_its_wire_have_in_common() -> None:
    for kind in kinds.all_kinds():
        wired = {*kind.wire.values, *kind.wire.flags, *kind.wire.presence}
        assert wired == set(kind.property_fields), kind.slug
        assert set(kind.fields()) == wired | ({kind.secret_field} - {""}), kind.slug
        assert bool(kind.secret_field) is bool(kind.wire.credential) is bool(kind.credential_mask), kind.slug
