"""Google's own clients drive the stand-in unchanged: only their address is another.

Over REST they raise Conflict for every 409; the narrower AlreadyExists and Aborted belong to gRPC.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

import httplib2  # type: ignore[import-untyped]  # no stubs installed
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery_connection_v1, resourcemanager_v3
from google.cloud.bigquery_connection_v1.services.connection_service.transports import (
    ConnectionServiceRestTransport,
)
from google.cloud.resourcemanager_v3.services.projects.transports import ProjectsRestTransport
from google.iam.v1 import options_pb2, policy_pb2
from google.protobuf import field_mask_pb2  # type: ignore[import-untyped]  # no stubs installed
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import HttpRequest

from emulator.client import Control
from emulator.server import Running
from tests.contract import discovery
from tests.contract.emulator.traffic import NUMBER, PROJECT, alloydb

# google-auth has no types.
ANONYMOUS = AnonymousCredentials()  # type: ignore[no-untyped-call]
PARENT = f"projects/{PROJECT}/locations/us"
NAME = f"projects/{NUMBER}/locations/us/connections/shop"


@pytest.fixture
def connections(emulator: Running) -> Any:
    """google-cloud-bigquery-connection over REST."""
    host = f"{urlsplit(emulator.url).netloc}/bigqueryconnection"
    transport = ConnectionServiceRestTransport(host=host, url_scheme="http", credentials=ANONYMOUS)
    return bigquery_connection_v1.ConnectionServiceClient(transport=transport)


@pytest.fixture
def projects(emulator: Running) -> Any:
    """google-cloud-resource-manager over REST."""
    host = f"{urlsplit(emulator.url).netloc}/cloudresourcemanager"
    transport = ProjectsRestTransport(host=host, url_scheme="http", credentials=ANONYMOUS)
    return resourcemanager_v3.ProjectsClient(transport=transport)


def discovered(emulator: Running, api: str, version: str) -> Any:
    """A client that googleapiclient builds from the discovery document."""
    # A deep copy: googleapiclient adds to the document that it reads.
    document = {**deepcopy(discovery.load(api, version).document), "rootUrl": f"{emulator.url}/{api}/"}
    if api == "bigquery":
        document["rootUrl"] = f"{emulator.url}/"
    document.pop("mtlsRootUrl", None)
    document["baseUrl"] = document["rootUrl"] + document["servicePath"]
    return build_from_document(document, http=httplib2.Http(), requestBuilder=HttpRequest)


def test_the_typed_client_manages_connections(connections: Any) -> None:
    block = {"instance_id": f"{PROJECT}:us-central1:shop", "database": "shop", "type_": "POSTGRES"}
    given = {
        "friendly_name": "Shop",
        "cloud_sql": {**block, "credential": {"username": "u", "password": "p"}},
    }
    made = connections.create_connection(parent=PARENT, connection_id="shop", connection=given)
    assert (made.name, made.has_credential, made.cloud_sql.type_.name) == (NAME, True, "POSTGRES")
    assert made.creation_time > 1_700_000_000_000
    with pytest.raises(exceptions.Conflict):
        connections.create_connection(parent=PARENT, connection_id="shop", connection=given)
    mask = field_mask_pb2.FieldMask(paths=["friendly_name"])
    changed = connections.update_connection(
        name=made.name, connection={"friendly_name": "Shop 2"}, update_mask=mask
    )
    assert (changed.friendly_name, changed.has_credential) == ("Shop 2", True)
    request = {"parent": PARENT, "page_size": 1}
    assert [item.name for item in connections.list_connections(request=request)] == [NAME]
    connections.delete_connection(name=NAME)
    with pytest.raises(exceptions.NotFound, match=f"Not found: Connection {NAME}"):
        connections.get_connection(name=NAME)


def test_the_typed_client_pages_through_a_list(connections: Any) -> None:
    for number in range(5):
        body: dict[str, Any] = {"cloud_resource": {}}
        connections.create_connection(parent=PARENT, connection_id=f"c{number}", connection=body)
    found = connections.list_connections(request={"parent": PARENT, "page_size": 2})
    assert [item.name[-2:] for item in found] == ["c0", "c1", "c2", "c3", "c4"]


def test_the_typed_client_sees_an_alloydb_connection_as_empty(connections: Any, emulator: Running) -> None:
    raw = discovered(emulator, "bigqueryconnection", "v1").projects().locations().connections()
    raw.create(parent=PARENT, connectionId="shop", body=alloydb()).execute()
    seen = connections.get_connection(name=NAME)
    assert seen.has_credential
    assert "properties" not in type(seen).to_dict(seen)


def test_the_typed_client_edits_a_connections_policy(connections: Any) -> None:
    connections.create_connection(parent=PARENT, connection_id="shop", connection={"cloud_resource": {}})
    policy = connections.get_iam_policy(resource=NAME)
    policy.bindings.add(role="roles/bigquery.connectionUser", members=["user:analyst@example.com"])
    written = connections.set_iam_policy(request={"resource": NAME, "policy": policy})
    assert connections.get_iam_policy(resource=NAME).etag == written.etag
    with pytest.raises(exceptions.Conflict):
        connections.set_iam_policy(request={"resource": NAME, "policy": policy})
    asked = ["bigquery.connections.use", "bigquery.connections.get"]
    assert connections.test_iam_permissions(resource=NAME, permissions=asked).permissions == asked


def test_the_project_client_keeps_conditions(projects: Any) -> None:
    resource = f"projects/{PROJECT}"
    assert projects.get_project(name=resource).name == f"projects/{NUMBER}"
    options = options_pb2.GetPolicyOptions(requested_policy_version=3)
    policy = projects.get_iam_policy(request={"resource": resource, "options": options})
    conditions = [item.condition.expression for item in policy.bindings if item.condition.expression]
    assert len(conditions) == 1
    policy.bindings.append(policy_pb2.Binding(role="roles/browser", members=["user:analyst@example.com"]))
    policy.version = 3
    projects.set_iam_policy(request={"resource": resource, "policy": policy})
    again = projects.get_iam_policy(request={"resource": resource, "options": options})
    assert [item.condition.expression for item in again.bindings if item.condition.expression] == conditions
    with pytest.raises(exceptions.Conflict, match="There were concurrent policy changes"):
        projects.set_iam_policy(request={"resource": resource, "policy": policy})
    asked = ["resourcemanager.projects.get"]
    assert projects.test_iam_permissions(resource=resource, permissions=asked).permissions == asked
    with pytest.raises(exceptions.Forbidden):
        projects.get_project(name="projects/no-such-project")


def test_the_discovered_client_manages_connections(emulator: Running) -> None:
    client = discovered(emulator, "bigqueryconnection", "v1").projects().locations().connections()
    made = client.create(parent=PARENT, connectionId="shop", body=alloydb()).execute()
    assert made["name"] == NAME
    body = {"friendlyName": "Orders"}
    assert client.patch(name=NAME, updateMask="friendlyName", body=body).execute()["friendlyName"] == "Orders"
    request = client.list(parent=PARENT, pageSize=1)
    assert [item["name"] for item in request.execute()["connections"]] == [NAME]
    assert client.list_next(request, request.execute()) is None
    policy = client.getIamPolicy(resource=NAME, body={}).execute()
    client.setIamPolicy(resource=NAME, body={"policy": policy}).execute()
    client.delete(name=NAME).execute()
    with pytest.raises(HttpError) as caught:
        client.get(name=NAME).execute()
    assert caught.value.reason == f"Not found: Connection {NAME}"


def test_discovered_clients_of_the_other_apis(emulator: Running, control: Control) -> None:
    alloy = discovered(emulator, "alloydb", "v1").projects().locations().clusters().instances()
    parent = f"projects/{PROJECT}/locations/-/clusters/-"
    assert len(alloy.list(parent=parent).execute()["instances"]) == 3
    kms = discovered(emulator, "cloudkms", "v1").projects().locations().keyRings()
    assert kms.list(parent=PARENT).execute()["totalSize"] == 1
    usage = discovered(emulator, "serviceusage", "v1").services()
    names = [f"projects/{PROJECT}/services/alloydb.googleapis.com"]
    states = usage.batchGet(parent=f"projects/{PROJECT}", names=names).execute()["services"]
    assert [item["state"] for item in states] == ["ENABLED"]
    roles = discovered(emulator, "iam", "v1").roles()
    assert (
        "alloydb.instances.connect" in roles.get(name="roles/alloydb.client").execute()["includedPermissions"]
    )
    assert {call["status"] for call in control.calls()} == {200}


def test_a_discovered_client_reads_bigquerys_errors(emulator: Running) -> None:
    jobs = discovered(emulator, "bigquery", "v2").jobs()
    body = {"query": "SELECT", "useLegacySql": False}
    with pytest.raises(HttpError) as caught:
        jobs.query(projectId=PROJECT, body=body).execute()
    assert caught.value.error_details[0]["reason"] == "invalidQuery"
