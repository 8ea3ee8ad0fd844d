"""Connections: created, read, listed, changed and deleted."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.bigquery_connection_v1 import ConnectionServiceClient
from google.cloud.bigquery_connection_v1.services.connection_service.transports import (
    ConnectionServiceRestTransport,
)
from pytest_django import Settings

from emulator.client import Control
from portal.gcp import connections, errors, services
from tests.contract.gateway.bodies import INSTANCE, alloydb
from tests.contract.gateway.conftest import NUMBER, PROJECT, Google
from tests.contract.gateway.recorder import Recorder

NAME = connections.full_name(PROJECT, "us", "orders")


def test_an_alloydb_connection_comes_back_as_it_was_made_without_its_password(control: Control) -> None:
    """All that the page of a connection shows."""
    body = alloydb(friendlyName="Orders", description="All orders")
    made = connections.create(PROJECT, "US", "orders", body)
    assert made.name == f"projects/{NUMBER}/locations/us/connections/orders"
    assert (made.project, made.location, made.connection_id) == (str(NUMBER), "us", "orders")
    assert (made.friendly_name, made.description, made.kms_key_name) == ("Orders", "All orders", "")
    assert made.has_credential
    assert made.service_account == services.service_agent(NUMBER)
    configuration = made.body["configuration"]
    assert configuration["asset"] == {"database": "orders", "googleCloudResource": INSTANCE}
    assert configuration["authentication"]["usernamePassword"]["username"] == "bq_reader"
    assert "orders-demo-password" not in str(made.body)
    assert connections.get(NAME) == made


def test_times_are_read_as_milliseconds(control: Control) -> None:
    """The API documents neither the unit nor the zone."""
    made = connections.create(PROJECT, "us", "orders", alloydb())
    assert made.creation_time is not None
    assert abs(made.creation_time - datetime.now(UTC)) < timedelta(minutes=1)
    assert made.last_modified_time == made.creation_time


def test_the_typed_client_sees_an_alloydb_connection_empty_and_the_gateway_does_not(
    control: Control, settings: Settings
) -> None:
    """Why connections are read by REST: the client's release has neither field and drops what it gets."""
    key = f"projects/{PROJECT}/locations/us/keyRings/portal/cryptoKeys/connections-us"
    control.outsider(
        key.replace(PROJECT, str(NUMBER)),
        "roles/cloudkms.cryptoKeyEncrypterDecrypter",
        f"serviceAccount:{services.encryption_agent(NUMBER)}",
    )
    connections.create(PROJECT, "us", "orders", alloydb(kmsKeyName=key))
    host = f"{settings.GOOGLE_CLOUD_EMULATOR}/bigqueryconnection"
    wire = ConnectionServiceRestTransport(host=host, credentials=AnonymousCredentials(), url_scheme="http")  # type: ignore[no-untyped-call]
    seen = ConnectionServiceClient(transport=wire).get_connection(name=NAME)
    assert seen.name.endswith("/connections/orders")
    assert seen._pb.WhichOneof("properties") is None
    assert "kms_key_name" not in type(seen).meta.fields
    with pytest.raises(ValueError, match="Unknown field"):
        type(seen)(configuration={"connector_id": "google-alloydb"})
    ours = connections.get(NAME)
    assert ours.body["configuration"]["connectorId"] == "google-alloydb"
    assert ours.kms_key_name == key


def test_a_list_goes_through_all_pages(control: Control, recorder: Recorder) -> None:
    """More connections than a page holds."""
    for number in range(103):
        connections.create(PROJECT, "us", f"c{number:03}", {"cloudResource": {}})
    recorder.called.clear()
    found = [c.connection_id for c in connections.list_all(PROJECT, "US")]
    assert sorted(found) == [f"c{number:03}" for number in range(103)]
    assert recorder.called.count("bigqueryconnection.projects.locations.connections.list") == 2
    assert list(connections.list_all(PROJECT, "eu")) == []


def test_a_patch_changes_what_its_mask_names(control: Control) -> None:
    """And nothing else."""
    connections.create(PROJECT, "us", "orders", alloydb(description="kept"))
    changed = connections.patch(NAME, {"friendlyName": "Orders"}, ["friendlyName"])
    assert (changed.friendly_name, changed.description) == ("Orders", "kept")
    assert changed.has_credential


def test_a_name_that_is_taken_is_told_apart_from_a_conflict(control: Control) -> None:
    """409 twice, with two meanings."""
    connections.create(PROJECT, "us", "orders", alloydb())
    with pytest.raises(errors.AlreadyExists) as caught:
        connections.create(PROJECT, "us", "orders", alloydb())
    assert caught.value.status == 409
    assert not caught.value.retryable


def test_a_connection_that_is_not_there_is_not_found(control: Control) -> None:
    """Get, patch and delete say the same."""
    for call in (connections.get, connections.delete, lambda n: connections.patch(n, {}, ["description"])):
        with pytest.raises(errors.NotFound, match="Not found: Connection"):
            call(NAME)


def test_the_fields_of_every_kind_are_sent_as_the_documents_have_them(control: Control) -> None:
    """Cloud SQL, Spanner and cloud resources go the same way."""
    instance = f"{PROJECT}:us-central1:shop"
    credential = {"username": "bq", "password": "pw-1"}
    sql = {"instanceId": instance, "database": "shop", "type": "POSTGRES", "credential": credential}
    made = connections.create(PROJECT, "us", "sql", {"cloudSql": sql})
    assert made.has_credential
    assert "credential" not in made.body["cloudSql"]
    resource = connections.create(PROJECT, "us", "lake", {"cloudResource": {}})
    assert resource.service_account.endswith("gserviceaccount.com")
    assert not resource.has_credential


def test_an_api_that_is_off_is_named(control: Control) -> None:
    """The page offers the command that switches it on."""
    control.service(PROJECT, "bigqueryconnection.googleapis.com", enabled=False)
    with pytest.raises(errors.ApiDisabled) as caught:
        connections.create(PROJECT, "us", "orders", alloydb())
    assert caught.value.service == "bigqueryconnection.googleapis.com"
    assert not caught.value.retryable


def test_a_connection_lives_from_creation_to_deletion(google: Google) -> None:
    """On real Google too: a cloud resource connection costs nothing and reaches nothing."""
    connection_id = f"portal_contract_{uuid.uuid4().hex[:12]}"
    name = connections.full_name(google.project, "us", connection_id)
    made = connections.create(google.project, "US", connection_id, {"cloudResource": {}})
    try:
        assert made.connection_id == connection_id
        assert connections.get(name).body == made.body
        assert connection_id in [c.connection_id for c in connections.list_all(google.project, "us")]
        with pytest.raises(errors.AlreadyExists):
            connections.create(google.project, "us", connection_id, {"cloudResource": {}})
        changed = connections.patch(name, {"friendlyName": "Contract"}, ["friendlyName"])
        assert changed.friendly_name == "Contract"
        allowed = connections.test_permissions(name, ["bigquery.connections.get"])
        assert allowed == {"bigquery.connections.get"}
        assert connections.get_policy(name).bindings == ()
    finally:
        connections.delete(name)
    with pytest.raises(errors.NotFound):
        connections.delete(name)
