"""One contract for the stand-in and for Google: with -m live and PORTAL_LIVE_PROJECT it runs against both.

It makes connections without a credential under names of its own, and deletes them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.contract.emulator.traffic import Google


@pytest.fixture
def name(either: Google) -> Iterator[str]:
    """The path of a new connection, made and afterwards deleted."""
    connection_id = f"contract_{uuid.uuid4().hex[:12]}"
    reply = either.create(connection_id, {"cloudResource": {}, "description": "contract test"}, "US")
    assert reply.status == 200, reply.body
    yield f"bigqueryconnection/v1/{reply.body['name']}"
    either.send("DELETE", f"bigqueryconnection/v1/{reply.body['name']}")


def test_the_name_has_the_number_and_lower_case(either: Google, name: str) -> None:
    project = either.get(f"cloudresourcemanager/v3/projects/{either.project}").body
    assert name.startswith(f"bigqueryconnection/v1/{project['name']}/locations/us/connections/")


def test_reading_gives_back_what_was_given(either: Google, name: str) -> None:
    body = either.get(name).body
    assert body["description"] == "contract test"
    assert body["cloudResource"]["serviceAccountId"].endswith(".iam.gserviceaccount.com")
    assert len(body["creationTime"]) == 13
    assert "hasCredential" not in body


def test_a_duplicate(either: Google, name: str) -> None:
    reply = either.create(name.rsplit("/", 1)[1], {"cloudResource": {}}, "US")
    assert (reply.status, reply.reason) == (409, "ALREADY_EXISTS")


def test_a_missing_connection(either: Google, name: str) -> None:
    reply = either.get(f"{name}_none")
    assert (reply.status, reply.message) == (404, f"Not found: Connection {name.split('v1/')[1]}_none")


def test_an_unknown_field(either: Google, name: str) -> None:
    reply = either.wrong("PATCH", name, {"colour": "red"}, updateMask="description")
    assert reply.status == 400
    assert "Unknown name \"colour\" at 'connection': Cannot find field." in reply.message


def test_a_patch_changes_what_the_mask_names(either: Google, name: str) -> None:
    body = {"friendlyName": "x", "description": "y"}
    reply = either.send("PATCH", name, body, {"updateMask": "friendlyName"})
    assert (reply.body["friendlyName"], reply.body["description"]) == ("x", "contract test")


def test_a_stale_etag(either: Google, name: str) -> None:
    binding = {"role": "roles/bigquery.connectionUser", "members": ["allAuthenticatedUsers"]}
    first = either.policy(name).body
    either.set_policy(name, {**first, "bindings": []})
    second = either.policy(name).body
    either.set_policy(name, {**second, "bindings": [binding]})
    reply = either.set_policy(name, {**second, "bindings": []})
    assert reply.status in (409, 412)


def test_permissions(either: Google, name: str) -> None:
    asked = ["bigquery.connections.get", "bigquery.connections.setIamPolicy"]
    assert either.post(f"{name}:testIamPermissions", {"permissions": asked}).body["permissions"] == asked


def test_a_project_that_is_not_there(either: Google) -> None:
    reply = either.get("cloudresourcemanager/v3/projects/no-such-project-4711")
    assert (reply.status, reply.reason) == (403, "PERMISSION_DENIED")


def test_apis_that_are_on(either: Google) -> None:
    names = [f"projects/{either.project}/services/bigqueryconnection.googleapis.com"]
    path = f"serviceusage/v1/projects/{either.project}/services:batchGet"
    assert either.get(path, names=names).body["services"][0]["state"] == "ENABLED"
