"""Names of things, and values made of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.gcp import connections, kms, projects, roles, services, tokens

NAME = "projects/acme-analytics/locations/us-central1/connections/orders_1"


def test_a_connection_has_a_full_name_with_its_location_in_lower_case() -> None:
    """As in Google's own names."""
    name = connections.full_name("acme-analytics", "US-central1", "orders_1")
    assert name == NAME
    assert connections.parse_name(name) == ("acme-analytics", "us-central1", "orders_1")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "orders",
        NAME + "/x",
        NAME + "\n",
        NAME.replace("orders_1", "../../other"),
        NAME.replace("orders_1", "a b"),
        NAME.replace("acme-analytics", "acme/x"),
    ],
)
def test_what_is_not_a_connections_name_is_refused_before_anything_is_sent(name: str) -> None:
    """A name becomes part of an address: it must not lead elsewhere."""
    for use in (connections.parse_name, connections.get, connections.delete, connections.get_policy):
        with pytest.raises(ValueError, match="not the full name"):
            use(name)


def test_other_names_are_checked_too() -> None:
    """Each becomes part of an address."""
    with pytest.raises(ValueError, match="project"):
        projects.get("acme/../other")
    with pytest.raises(ValueError, match="service"):
        services.enabled("acme-analytics", ["alloydb.googleapis.com/../x"])
    with pytest.raises(ValueError, match="KMS key"):
        kms.get_policy("projects/p/locations/us/keyRings/r")
    with pytest.raises(ValueError, match="role"):
        roles.included_permissions("roles/../x")
    with pytest.raises(ValueError, match="address"):
        tokens.generate_access_token("x/y@z", ["scope"])
    with pytest.raises(ValueError, match="seconds"):
        tokens.generate_access_token("etl@p.iam.gserviceaccount.com", ["scope"], 7200)


def test_service_agents_have_the_addresses_that_google_documents() -> None:
    """One reaches the database, the other uses the key."""
    assert services.service_agent(528461093377) == (
        "service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
    )
    assert services.encryption_agent("528461093377") == (
        "bq-528461093377@bigquery-encryption.iam.gserviceaccount.com"
    )


@pytest.mark.parametrize(
    "body",
    [
        {"cloudSql": {"credential": {"username": "u", "password": ""}}},
        {"configuration": {"authentication": {"usernamePassword": {"password": {"plaintext": ""}}}}},
    ],
)
def test_an_empty_password_is_never_sent(body: dict[str, object]) -> None:
    """It would replace a good one by nothing."""
    with pytest.raises(ValueError, match="empty password"):
        connections.create("acme-analytics", "us", "orders", body)
    with pytest.raises(ValueError, match="empty password"):
        connections.patch(NAME, body, ["cloudSql.credential"])


def test_a_patch_names_its_fields() -> None:
    """Without a mask Google would have to guess."""
    with pytest.raises(ValueError, match="mask"):
        connections.patch(NAME, {"friendlyName": "x"}, [])


def test_a_token_is_not_in_its_repr() -> None:
    """It would end in a log."""
    made = tokens.AccessToken("ya29.secret", datetime(2026, 11, 22, tzinfo=UTC))
    assert "secret" not in repr(made)
