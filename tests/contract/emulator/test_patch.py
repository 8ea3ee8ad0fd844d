"""Patch: the mask, the credential that it resets, and what cannot change."""

from __future__ import annotations

import pytest

from tests.contract.emulator.traffic import PARENT, Google, alloydb, cloud_sql

KEY = "projects/acme-analytics/locations/us/keyRings/portal/cryptoKeys/connections-us"
NEW = {"username": "bq_reader", "password": {"plaintext": "new"}}


@pytest.fixture
def orders(api: Google) -> Google:
    """An AlloyDB and a Cloud SQL connection."""
    api.create("alloy", alloydb(description="before"))
    api.create("sql", cloud_sql())
    return api


def test_names_and_descriptions_change_freely(orders: Google) -> None:
    reply = orders.patch(
        "alloy", {"friendlyName": "Orders", "description": "after"}, "friendlyName,description"
    )
    assert (reply.body["friendlyName"], reply.body["description"]) == ("Orders", "after")
    assert reply.body["hasCredential"] is True
    assert int(reply.body["lastModifiedTime"]) >= int(reply.body["creationTime"])


def test_only_what_the_mask_names_changes(orders: Google) -> None:
    reply = orders.patch("alloy", {"friendlyName": "x", "description": "y"}, "friendly_name")
    assert (reply.body["friendlyName"], reply.body["description"]) == ("x", "before")


def test_a_field_in_the_mask_without_a_value_is_cleared(orders: Google) -> None:
    assert "description" not in orders.patch("alloy", {}, "description").body


@pytest.mark.parametrize("mask", ["cloudSql.database", "cloud_sql.database", "cloudSql.database,description"])
def test_properties_without_a_credential_reset_it(orders: Google, mask: str) -> None:
    reply = orders.patch("sql", {"cloudSql": {"database": "other"}}, mask)
    assert reply.body["cloudSql"]["database"] == "other"
    assert "hasCredential" not in reply.body


def test_properties_of_a_connector_reset_its_credential_too(orders: Google) -> None:
    body = {"configuration": {"asset": {"database": "other"}}}
    reply = orders.patch("alloy", body, "configuration.asset.database")
    assert reply.body["configuration"]["asset"]["googleCloudResource"].endswith("orders-primary")
    assert "hasCredential" not in reply.body
    assert "usernamePassword" not in reply.body["configuration"]["authentication"]


def test_a_credential_in_the_mask_stays(orders: Google) -> None:
    block = {"database": "other", "credential": {"username": "u", "password": "p"}}
    reply = orders.patch("sql", {"cloudSql": block}, "cloudSql.database,cloudSql.credential")
    assert reply.body["hasCredential"] is True
    body = {"configuration": {"asset": {"database": "other"}, "authentication": {"usernamePassword": NEW}}}
    mask = "configuration.asset.database,configuration.authentication.username_password"
    assert orders.patch("alloy", body, mask).body["hasCredential"] is True


def test_a_password_alone_keeps_the_user_name(orders: Google) -> None:
    body = {"configuration": {"authentication": {"usernamePassword": {"password": {"plaintext": "new"}}}}}
    reply = orders.patch("alloy", body, "configuration.authentication.usernamePassword.password")
    login = reply.body["configuration"]["authentication"]["usernamePassword"]
    assert login == {"username": "bq_reader", "password": {"secretType": "PLAINTEXT"}}
    assert reply.body["hasCredential"] is True


def test_another_user_name_needs_its_password(orders: Google) -> None:
    body = {"configuration": {"authentication": {"usernamePassword": {"username": "other"}}}}
    assert orders.patch("alloy", body, "configuration.authentication.usernamePassword.username").status == 400


def test_identities_survive(orders: Google) -> None:
    before = orders.get(f"{PARENT}/sql").body["cloudSql"]["serviceAccountId"]
    reply = orders.patch("sql", cloud_sql(), "cloudSql")
    assert reply.body["cloudSql"]["serviceAccountId"] == before
    assert reply.body["hasCredential"] is True


def test_a_key_is_set_and_cleared(orders: Google) -> None:
    assert orders.patch("sql", {"kmsKeyName": KEY}, "kmsKeyName").body["kmsKeyName"] == KEY
    assert "kmsKeyName" not in orders.patch("sql", {}, "kms_key_name").body


@pytest.mark.parametrize(
    "mask", ["", " ", "colour", "cloudSql.port", "cloudSql.database.name", "description.x"]
)
def test_bad_masks_are_refused(orders: Google, mask: str) -> None:
    assert orders.wrong("PATCH", f"{PARENT}/sql", {}, updateMask=mask).status == 400


@pytest.mark.parametrize("mask", ["name", "creationTime", "hasCredential", "configuration", "cloudResource"])
def test_what_cannot_change_is_refused(orders: Google, mask: str) -> None:
    assert orders.patch("sql", {}, mask).status == 400


def test_the_connector_cannot_change(orders: Google) -> None:
    body = {"configuration": {"connectorId": "google-cloudsql-postgres"}}
    reply = orders.patch("alloy", body, "configuration.connectorId")
    assert (reply.status, reply.message) == (400, "Field 'configuration.connectorId' is immutable.")


def test_a_refused_patch_changes_nothing(orders: Google) -> None:
    before = orders.get(f"{PARENT}/sql").body
    assert (
        orders.patch("sql", {"description": "x", "cloudSql": {}}, "description,cloudSql.database").status
        == 400
    )
    assert orders.get(f"{PARENT}/sql").body == before
