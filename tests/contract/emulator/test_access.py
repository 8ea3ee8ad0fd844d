"""Who may do what: policies of resource and project are really evaluated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.client import Control
from emulator.iam import conditions
from tests.contract.emulator.traffic import NUMBER, PARENT, PROJECT, Google, alloydb

PORTAL = "portal@acme-analytics.iam.gserviceaccount.com"
RESOURCE = f"projects/{PROJECT}"
PAST, FUTURE = 'timestamp("2020-01-01T00:00:00Z")', 'timestamp("2030-01-01T00:00:00Z")'
ROBOT = "robot@acme-analytics.iam.gserviceaccount.com"


def until(moment: datetime) -> dict[str, str]:
    """A condition that ends then."""
    return {"title": "limited", "expression": f'request.time < timestamp("{moment.isoformat()}")'}


def test_without_a_token_the_portal_calls(api: Google, control: Control) -> None:
    api.get(PARENT, pageSize=1)
    assert control.calls()[-1]["caller"] == f"serviceAccount:{PORTAL}"


def test_a_stranger_may_nothing(api: Google) -> None:
    api.create("c", {"cloudResource": {}})
    stranger = api.by("stranger@example.com")
    replies = [
        stranger.get(PARENT, pageSize=1),
        stranger.get(f"{PARENT}/c"),
        stranger.create("d", {"cloudResource": {}}),
        stranger.patch("c", {}, "description"),
        stranger.send("DELETE", f"{PARENT}/c"),
        stranger.policy(f"{PARENT}/c"),
        stranger.set_policy(f"{PARENT}/c", {}),
        stranger.get(f"cloudresourcemanager/v3/projects/{PROJECT}"),
        stranger.policy(f"cloudresourcemanager/v3/projects/{PROJECT}"),
    ]
    assert [reply.status for reply in replies] == [403] * 9
    assert api.get(f"{PARENT}/c").status == 200


def test_a_role_on_the_connection_is_enough_for_it(api: Google) -> None:
    api.create("c", {"cloudResource": {}})
    binding = {"role": "roles/bigquery.connectionAdmin", "members": ["user:owner@example.com"]}
    api.set_policy(f"{PARENT}/c", {"bindings": [binding]})
    owner = api.by("owner@example.com")
    assert owner.patch("c", {"description": "mine"}, "description").status == 200
    assert owner.get(PARENT, pageSize=1).status == 403


@pytest.mark.parametrize(
    "member", ["group:analysts@example.com", "domain:example.com", "allAuthenticatedUsers"]
)
def test_groups_domains_and_everybody_count(api: Google, member: str) -> None:
    api.create("c", {"cloudResource": {}})
    assert api.by("analyst@example.com").get(f"{PARENT}/c").status == 403
    binding = {"role": "roles/bigquery.connectionUser", "members": [member]}
    api.set_policy(f"{PARENT}/c", {"bindings": [binding]})
    assert api.by("analyst@example.com").get(f"{PARENT}/c").status == 200


def test_test_iam_permissions_tells_what_is_held(api: Google) -> None:
    asked = ["bigquery.connections.create", "resourcemanager.projects.delete", "alloydb.instances.list"]
    reply = api.post(f"cloudresourcemanager/v3/{RESOURCE}:testIamPermissions", {"permissions": asked})
    assert reply.body == {"permissions": ["bigquery.connections.create", "alloydb.instances.list"]}
    sandbox = api.post(
        "cloudresourcemanager/v3/projects/acme-sandbox:testIamPermissions", {"permissions": asked}
    )
    assert sandbox.body == {}


def test_a_condition_that_is_over_grants_nothing(api: Google, control: Control) -> None:
    role, member = "roles/bigquery.connectionAdmin", "user:temp@example.com"
    now = datetime.now(UTC)
    control.outsider(RESOURCE, role, member, condition=until(now - timedelta(seconds=1)))
    assert api.by("temp@example.com").get(PARENT, pageSize=1).status == 403
    control.outsider(RESOURCE, role, member, condition=until(now + timedelta(hours=1)))
    assert api.by("temp@example.com").get(PARENT, pageSize=1).status == 200


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ('request.time < timestamp("2030-01-01T00:00:00Z")', True),
        ('request.time < timestamp("2020-01-01T00:00:00Z")', False),
        ("request.time >= timestamp('2020-01-01T00:00:00Z')", True),
        (f"request.time > {PAST} && request.time < {FUTURE}", True),
        (f"request.time < {FUTURE} && request.time < {PAST}", False),
        ('resource.name.startsWith("projects/")', False),
        ('request.time < timestamp("soon")', False),
        ("true", False),
    ],
)
def test_what_conditions_are_understood(expression: str, holds: bool) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert conditions.granting({"expression": expression}, moment) is holds


def test_impersonation_gives_a_token_for_the_account(api: Google, control: Control) -> None:
    control.service_account(ROBOT, exists=True)
    path = f"iamcredentials/v1/projects/-/serviceAccounts/{ROBOT}:generateAccessToken"
    body = {"scope": ["https://www.googleapis.com/auth/cloud-platform"], "lifetime": "600s"}
    assert api.post(path, body).status == 403
    control.outsider(RESOURCE, "roles/iam.serviceAccountTokenCreator", f"serviceAccount:{PORTAL}")
    token = api.post(path, body).body["accessToken"]
    control.outsider(RESOURCE, "roles/viewer", f"serviceAccount:{ROBOT}")
    assert call_with(api, token).status_code == 200
    assert control.calls()[-1]["caller"] == f"serviceAccount:{ROBOT}"
    assert token not in repr(control.state())


def test_a_token_without_the_scope_is_refused(api: Google, control: Control) -> None:
    control.service_account(ROBOT, exists=True)
    control.outsider(RESOURCE, "roles/iam.serviceAccountTokenCreator", f"serviceAccount:{PORTAL}")
    path = f"iamcredentials/v1/projects/-/serviceAccounts/{ROBOT}:generateAccessToken"
    token = api.post(path, {"scope": ["https://www.googleapis.com/auth/alloydb.login"]}).body["accessToken"]
    response = call_with(api, token)
    assert response.status_code == 403
    assert response.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


@pytest.mark.parametrize(
    "body", [{}, {"scope": ["x"], "lifetime": "2h"}, {"scope": ["x"], "lifetime": "9999s"}]
)
def test_tokens_that_are_not_given(api: Google, body: Any) -> None:
    path = f"iamcredentials/v1/projects/-/serviceAccounts/{PORTAL}:generateAccessToken"
    assert api.wrong("POST", path, body).status == 400


@pytest.mark.parametrize("header", ["Bearer made-up", "Basic eDp5", "Bearer emulator:nobody"])
def test_unknown_tokens_are_unauthenticated(api: Google, header: str) -> None:
    response = api.session.get(f"{api.url}/{PARENT}", headers={"Authorization": header}, timeout=30)
    assert response.status_code == 401
    assert response.json()["error"]["status"] == "UNAUTHENTICATED"


def call_with(api: Google, token: str) -> Any:
    """List connections with a token."""
    return api.session.get(f"{api.url}/{PARENT}", headers={"Authorization": f"Bearer {token}"}, timeout=30)


def test_a_quota_project_needs_its_own_permission(api: Google) -> None:
    headers = {"x-goog-user-project": PROJECT}
    assert api.session.get(f"{api.url}/{PARENT}", headers=headers, timeout=30).status_code == 200
    headers["x-goog-user-project"] = "acme-sandbox"
    assert api.session.get(f"{api.url}/{PARENT}", headers=headers, timeout=30).status_code == 403


def test_roles_tell_their_permissions(api: Google) -> None:
    role = api.get("iam/v1/roles/alloydb.client").body
    assert "alloydb.instances.connect" in role["includedPermissions"]
    assert api.get("iam/v1/roles/nothing").status == 404
    custom = api.get(f"iam/v1/projects/{PROJECT}/roles/databaseConnector").body
    assert "alloydb.instances.connect" in custom["includedPermissions"]
    assert api.get(f"iam/v1/projects/{PROJECT}/roles/nothing").status == 404


def test_grantable_roles_depend_on_the_resource(api: Google) -> None:
    api.create("c", alloydb())
    name = f"//bigqueryconnection.googleapis.com/projects/{NUMBER}/locations/us/connections/c"
    roles = api.post("iam/v1/roles:queryGrantableRoles", {"fullResourceName": name}).body["roles"]
    assert {"roles/bigquery.connectionUser", "roles/bigquery.connectionAdmin"} <= {r["name"] for r in roles}
    assert "roles/alloydb.client" not in {role["name"] for role in roles}
    name = f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}"
    query = {"fullResourceName": name, "pageSize": 5, "view": "FULL"}
    page = api.post("iam/v1/roles:queryGrantableRoles", query).body
    assert len(page["roles"]) == 5
    assert page["roles"][0]["includedPermissions"]
    assert (
        api.post("iam/v1/roles:queryGrantableRoles", {**query, "pageToken": page["nextPageToken"]}).status
        == 200
    )
    assert api.post("iam/v1/roles:queryGrantableRoles", {"fullResourceName": "c"}).status == 400
