"""Connections: what create, get, list and delete take, refuse and give back."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

import pytest

from emulator.client import Control
from tests.contract.emulator.traffic import AGENT, NUMBER, PARENT, PROJECT, Google, alloydb, cloud_sql

SPANNER = "projects/p/instances/i/databases/d"
AWS = {"aws": {"accessRole": {"iamRoleId": "arn:aws:iam::123456789012:role/bq"}}}
AZURE = {"azure": {"customerTenantId": "7a1c9a4e-0000-4000-8000-000000000000"}}


def test_names_have_the_project_number_and_a_lower_case_location(api: Google) -> None:
    reply = api.create("orders", alloydb(friendlyName="Orders"), "US")
    assert reply.status == 200
    assert reply.body["name"] == f"projects/{NUMBER}/locations/us/connections/orders"
    assert reply.body["friendlyName"] == "Orders"


def test_a_project_may_be_named_by_its_number(api: Google) -> None:
    api.create("orders", alloydb())
    reply = api.get(f"bigqueryconnection/v1/projects/{NUMBER}/locations/US/connections/orders")
    assert reply.status == 200


def test_times_are_milliseconds_in_a_string(api: Google) -> None:
    before = int(time.time() * 1000)
    body = api.create("orders", alloydb()).body
    assert re.fullmatch(r"\d{13}", body["creationTime"])
    assert before <= int(body["creationTime"]) <= int(time.time() * 1000)
    assert body["lastModifiedTime"] == body["creationTime"]


def test_an_omitted_id_becomes_a_uuid(api: Google) -> None:
    reply = api.post(PARENT, alloydb())
    assert uuid.UUID(reply.body["name"].rsplit("/", 1)[1])


@pytest.mark.parametrize(
    ("body", "location", "identity"),
    [
        (alloydb(), "us", ["configuration", "authentication", "serviceAccount"]),
        (cloud_sql(), "us", ["cloudSql", "serviceAccountId"]),
        (AWS, "aws-us-east-1", ["aws", "accessRole", "identity"]),
        (AZURE, "azure-eastus2", ["azure", "identity"]),
        ({"cloudResource": {}}, "eu", ["cloudResource", "serviceAccountId"]),
        ({"spark": {}}, "us-central1", ["spark", "serviceAccountId"]),
        (
            {"configuration": {"connectorId": "saphana", "endpoint": {"hostPort": "sap.example.com:443"}}},
            "us",
            ["configuration", "authentication", "serviceAccount"],
        ),
    ],
)
def test_every_kind_returns_its_identity(api: Google, body: Any, location: str, identity: list[str]) -> None:
    reply = api.create("c", body, location)
    assert reply.status == 200, reply.body
    value: Any = reply.body
    for name in identity:
        value = value[name]
    assert value
    if identity[0] in ("cloudSql", "configuration"):
        assert value == AGENT


def test_spanner_has_no_identity(api: Google) -> None:
    given = {"database": SPANNER, "useParallelism": True, "useDataBoost": True, "maxParallelism": 4}
    reply = api.create("c", {"cloudSpanner": given})
    assert reply.body["cloudSpanner"] == given


def test_a_delegates_account_is_one_of_its_own(api: Google) -> None:
    email = api.create("c", {"cloudResource": {}}).body["cloudResource"]["serviceAccountId"]
    assert re.fullmatch(rf"bqcx-{NUMBER}-\w{{4}}@gcp-sa-bigquery-condel\.iam\.gserviceaccount\.com", email)


def test_no_password_comes_back(api: Google, control: Control) -> None:
    answers = [api.create("a", alloydb(password="hidden-1")), api.create("s", cloud_sql())]
    answers += [api.get(f"{PARENT}/a"), api.get(f"{PARENT}/s"), api.get(PARENT, pageSize=10)]
    text = repr([reply.body for reply in answers]) + repr(control.state()) + repr(control.calls())
    assert "hidden-1" not in text
    assert "shop-password" not in text
    login = answers[2].body["configuration"]["authentication"]["usernamePassword"]
    assert login == {"username": "bq_reader", "password": {"secretType": "PLAINTEXT"}}
    assert "credential" not in answers[3].body["cloudSql"]
    assert answers[2].body["hasCredential"] is True
    assert answers[3].body["hasCredential"] is True


def test_false_and_empty_fields_are_left_out(api: Google) -> None:
    body = {
        "cloudSpanner": {"database": SPANNER, "useParallelism": False},
        "description": "",
        "friendlyName": "",
    }
    reply = api.create("c", body)
    assert reply.body["cloudSpanner"] == {"database": SPANNER}
    assert {"description", "friendlyName", "hasCredential", "kmsKeyName"}.isdisjoint(reply.body)


def test_a_duplicate_is_refused_in_googles_words(api: Google) -> None:
    api.create("orders", alloydb())
    reply = api.create("orders", alloydb())
    assert (reply.status, reply.reason) == (409, "ALREADY_EXISTS")
    assert reply.message == f"Already Exists: Connection projects/{NUMBER}/locations/us/connections/orders"


def test_one_id_may_be_used_in_each_location(api: Google) -> None:
    assert api.create("orders", alloydb(), "us").status == 200
    assert api.create("orders", alloydb(), "eu").status == 200


def test_a_missing_connection_is_a_404_in_googles_words(api: Google) -> None:
    name = f"projects/{NUMBER}/locations/us/connections/none"
    for reply in (
        api.get(f"{PARENT}/none"),
        api.send("DELETE", f"{PARENT}/none"),
        api.patch("none", {"description": "x"}, "description"),
        api.policy(f"{PARENT}/none"),
    ):
        assert (reply.status, reply.message) == (404, f"Not found: Connection {name}")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"description": "nothing else"},
        {**alloydb(), **cloud_sql()},
        {"cloudResource": {}, "spark": {}},
        {"salesforceDataCloud": {"instanceUri": "https://example.com"}},
    ],
)
def test_exactly_one_properties_block(api: Google, body: Any) -> None:
    assert api.create("c", body).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"cloudSql": {"instanceId": "p:r:i", "database": "d"}},
        {"cloudSql": {"instanceId": "not-an-instance", "database": "d", "type": "MYSQL"}},
        {"cloudSql": {"instanceId": "p:r:i", "type": "MYSQL"}},
        alloydb(resource="projects/p/locations/us-central1/clusters/c/instances/i"),
        alloydb(resource="//alloydb.googleapis.com/projects/p/clusters/c"),
        alloydb(database=""),
        alloydb(password=""),
        alloydb(username=""),
        {"configuration": {"asset": {"database": "d"}}},
        {"configuration": {"connectorId": "google-oracle"}},
        {"configuration": {"connectorId": "saphana", "endpoint": {"hostPort": "no-port"}}},
        {"configuration": {"connectorId": "saphana", "endpoint": {"hostPort": "h:99999"}}},
        {"cloudSpanner": {"database": "d"}},
        {"cloudSpanner": {"database": SPANNER, "useDataBoost": True}},
        {"cloudSpanner": {"database": SPANNER, "useParallelism": True, "maxParallelism": 4}},
        {"cloudSpanner": {"database": SPANNER, "databaseRole": "1st"}},
        {"spark": {"metastoreServiceConfig": {"metastoreService": "mine"}}},
        {"spark": {"sparkHistoryServerConfig": {"dataprocCluster": "mine"}}},
        AWS,
        AZURE,
    ],
)
def test_what_a_kind_refuses(api: Google, body: Any) -> None:
    reply = api.create("c", body)
    assert (reply.status, reply.reason) == (400, "INVALID_ARGUMENT")


def test_aws_needs_a_role(api: Google) -> None:
    reply = api.create("c", {"aws": {"accessRole": {"iamRoleId": "bq"}}}, "aws-us-east-1")
    assert reply.status == 400


def test_create_does_not_look_whether_the_target_exists(api: Google) -> None:
    resource = "//alloydb.googleapis.com/projects/none/locations/us-east1/clusters/none/instances/none"
    assert api.create("c", alloydb(resource=resource)).status == 200


def test_unknown_fields_are_refused_in_googles_words(api: Google) -> None:
    reply = api.wrong("POST", PARENT, {"colour": "red", **alloydb()})
    sentence = "Invalid JSON payload received. Unknown name \"colour\" at 'connection': Cannot find field."
    assert (reply.status, reply.message) == (400, sentence)
    reply = api.wrong("POST", PARENT, {"cloudSql": {"port": 1}})
    assert "Unknown name \"port\" at 'connection.cloud_sql'" in reply.message


@pytest.mark.parametrize(
    "body", [{"friendlyName": 7}, {"cloudSpanner": "x"}, {"cloudSpanner": {"maxParallelism": "many"}}, []]
)
def test_wrong_types_are_refused(api: Google, body: Any) -> None:
    assert api.wrong("POST", PARENT, body).status == 400


def test_snake_case_is_the_same_message(api: Google) -> None:
    reply = api.wrong("POST", PARENT, {"friendly_name": "x", "cloud_resource": {}}, connection_id="c")
    assert reply.status == 200
    assert reply.body["friendlyName"] == "x"


def test_unknown_query_parameters_are_refused(api: Google) -> None:
    assert api.wrong("POST", PARENT, alloydb(), id="c").status == 400


@pytest.mark.parametrize("location", ["mars", "us-centra1", "global"])
def test_unknown_locations_are_refused(api: Google, location: str) -> None:
    assert api.create("c", alloydb(), location).status == 400


def test_lists_come_in_pages_and_by_location(api: Google) -> None:
    for number in range(5):
        api.create(f"c{number}", {"cloudResource": {}})
    api.create("elsewhere", {"cloudResource": {}}, "eu")
    names, token = [], ""
    for _ in range(3):
        reply = api.get(PARENT, pageSize=2, pageToken=token)
        names += [connection["name"].rsplit("/", 1)[1] for connection in reply.body["connections"]]
        token = reply.body.get("nextPageToken", "")
    assert names == ["c0", "c1", "c2", "c3", "c4"]
    assert token == ""
    assert api.wrong("GET", PARENT, pageSize=2, pageToken="made-up").status == 400
    assert api.wrong("GET", PARENT, pageSize=-1).status == 400


def test_an_empty_list_is_an_empty_object(api: Google) -> None:
    assert api.get(PARENT, pageSize=10).body == {}


def test_delete_takes_the_policy_along(api: Google) -> None:
    api.create("c", {"cloudResource": {}})
    binding = {"role": "roles/bigquery.connectionUser", "members": ["user:analyst@example.com"]}
    api.set_policy(f"{PARENT}/c", {"bindings": [binding]})
    assert api.send("DELETE", f"{PARENT}/c").body == {}
    assert api.get(f"{PARENT}/c").status == 404
    api.create("c", {"cloudResource": {}})
    assert api.policy(f"{PARENT}/c").body == {"etag": "ACAB"}


def test_a_disabled_api_is_named_with_its_remedy(api: Google, control: Control) -> None:
    reply = api.get("bigqueryconnection/v1/projects/acme-sandbox/locations/us/connections", pageSize=1)
    assert reply.status == 403
    assert reply.message.startswith(
        "BigQuery Connection API has not been used in project 734920118846 before or it is disabled."
    )
    assert reply.body["error"]["details"][0]["reason"] == "SERVICE_DISABLED"
    control.service(PROJECT, "bigqueryconnection.googleapis.com", enabled=False)
    assert api.create("c", alloydb()).status == 403


def test_a_missing_project_is_a_403(api: Google) -> None:
    reply = api.get("bigqueryconnection/v1/projects/no-such/locations/us/connections", pageSize=1)
    assert (reply.status, reply.reason) == (403, "PERMISSION_DENIED")


def test_what_has_no_address_is_an_html_page(api: Google) -> None:
    response = api.session.get(f"{api.url}/bigqueryconnection/v2/projects", timeout=30)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
