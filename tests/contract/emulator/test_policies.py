"""IAM policies of projects, connections and keys: etags, versions, members, conditions, limits."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from emulator.client import Control
from tests.contract.emulator.traffic import PARENT, PROJECT, Google

RESOURCE = f"cloudresourcemanager/v3/projects/{PROJECT}"
CONNECTION = f"{PARENT}/c"
USER = "roles/bigquery.connectionUser"
ANALYST = "user:analyst@example.com"
CONDITION = {"title": "soon over", "expression": 'request.time < timestamp("2030-01-01T00:00:00Z")'}


def binding(role: str, *members: str, **more: Any) -> dict[str, Any]:
    """A binding in JSON."""
    return {"role": role, "members": list(members), **more}


@pytest.fixture
def shared(api: Google) -> Google:
    """A connection to share."""
    api.create("c", {"cloudResource": {}})
    return api


def test_a_policy_that_was_never_set_is_empty(shared: Google) -> None:
    assert shared.policy(CONNECTION).body == {"etag": "ACAB"}


def test_each_write_has_an_opaque_etag_of_its_own(shared: Google) -> None:
    etags = {
        shared.set_policy(CONNECTION, {"bindings": [binding(USER, ANALYST)]}).body["etag"] for _ in range(3)
    }
    assert len(etags) == 3
    assert all(len(base64.b64decode(etag)) == 8 for etag in etags)
    assert shared.policy(CONNECTION).body["etag"] in etags


@pytest.mark.parametrize("resource", [RESOURCE, CONNECTION])
def test_a_stale_etag_is_aborted_in_googles_words(shared: Google, resource: str) -> None:
    first = shared.policy(resource).body
    second = shared.set_policy(resource, {**first, "version": 3, "bindings": first.get("bindings", [])})
    assert second.status == 200
    reply = shared.set_policy(resource, {**first, "version": 3})
    assert (reply.status, reply.reason) == (409, "ABORTED")
    assert reply.message == (
        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential "
        f"backoff. The request's ETag '{first['etag']}' did not match the current policy's ETag "
        f"'{second.body['etag']}'."
    )
    assert shared.policy(resource).body["etag"] == second.body["etag"]


def test_without_an_etag_everything_is_overwritten(shared: Google) -> None:
    shared.set_policy(CONNECTION, {"bindings": [binding(USER, ANALYST)]})
    shared.set_policy(CONNECTION, {"bindings": [binding(USER, "user:owner@example.com")]})
    members = shared.policy(CONNECTION).body["bindings"][0]["members"]
    assert members == ["user:owner@example.com"]


def test_members_are_kept_once_and_in_order(shared: Google) -> None:
    given = [binding(USER, "user:B@Example.com", ANALYST), binding(USER, ANALYST), binding(USER)]
    reply = shared.set_policy(CONNECTION, {"bindings": given})
    assert reply.body["bindings"] == [binding(USER, ANALYST, "user:b@example.com")]


@pytest.mark.parametrize(
    "member",
    [
        "user:a@example.com",
        "group:g@example.com",
        "domain:example.com",
        "principal://iam.googleapis.com/locations/global/workforcePools/p/subject/s",
        "principalSet://iam.googleapis.com/locations/global/workforcePools/p/group/g",
        "deleted:user:a@example.com?uid=123",
        "allUsers",
        "allAuthenticatedUsers",
    ],
)
def test_members_that_a_connection_takes(shared: Google, member: str) -> None:
    assert shared.set_policy(CONNECTION, {"bindings": [binding(USER, member)]}).status == 200


@pytest.mark.parametrize(
    "member",
    ["a@example.com", "user:", "user:nobody", "person:a@example.com", "domain:", "user:a b@c.com", ""],
)
def test_members_that_are_none(shared: Google, member: str) -> None:
    assert shared.set_policy(CONNECTION, {"bindings": [binding(USER, member)]}).status == 400


@pytest.mark.parametrize("member", ["allUsers", "allAuthenticatedUsers"])
def test_a_project_is_not_for_everybody(api: Google, member: str) -> None:
    assert api.set_policy(RESOURCE, {"bindings": [binding("roles/viewer", member)]}).status == 400


@pytest.mark.parametrize("kind", ["user", "group", "serviceAccount"])
def test_members_that_do_not_exist(shared: Google, kind: str) -> None:
    member = f"{kind}:x@nowhere.invalid"
    reply = shared.set_policy(CONNECTION, {"bindings": [binding(USER, member)]})
    words = {"user": "User", "group": "Group", "serviceAccount": "Service account"}
    assert (reply.status, reply.message) == (400, f"{words[kind]} x@nowhere.invalid does not exist.")


def test_a_member_that_has_gone_since_does_not_block_others(shared: Google, control: Control) -> None:
    control.service_account("temp@acme-analytics.iam.gserviceaccount.com", exists=True)
    member = "serviceAccount:temp@acme-analytics.iam.gserviceaccount.com"
    assert shared.set_policy(CONNECTION, {"bindings": [binding(USER, member)]}).status == 200
    control.service_account("temp@acme-analytics.iam.gserviceaccount.com", exists=False)
    assert shared.set_policy(CONNECTION, {"bindings": [binding(USER, member, ANALYST)]}).status == 200


@pytest.mark.parametrize("role", ["roles/none", "roles/viewer", "roles/alloydb.client", "editor", ""])
def test_roles_that_a_connection_does_not_take(shared: Google, role: str) -> None:
    reply = shared.set_policy(CONNECTION, {"bindings": [binding(role, ANALYST)]})
    assert (reply.status, reply.message) == (400, f"Role {role} is not supported for this resource.")


def test_custom_roles_are_taken_where_they_say_something(shared: Google, control: Control) -> None:
    role = f"projects/{PROJECT}/roles/reader"
    control.custom_role(role, "bigquery.connections.use")
    assert shared.set_policy(CONNECTION, {"bindings": [binding(role, ANALYST)]}).status == 200


def test_connections_take_no_conditions(shared: Google) -> None:
    policy = {"version": 3, "bindings": [binding(USER, ANALYST, condition=CONDITION)]}
    assert shared.set_policy(CONNECTION, policy).status == 400


def test_conditional_bindings_show_whole_only_to_version_3(api: Google) -> None:
    whole = api.policy(RESOURCE, 3).body
    assert whole["version"] == 3
    conditional = next(item for item in whole["bindings"] if "condition" in item)
    for version in (0, 1):
        partial = api.policy(RESOURCE, version).body
        assert partial["version"] == 1
        assert not any("condition" in item for item in partial["bindings"])
        mangled = [item for item in partial["bindings"] if "_withcond_" in item["role"]]
        assert [item["role"].split("_withcond_")[0] for item in mangled] == [conditional["role"]]
        assert api.set_policy(RESOURCE, {**partial, "version": 3}).status == 400


@pytest.mark.parametrize("version", [2, 4, -1])
def test_versions_that_are_none(api: Google, version: int) -> None:
    assert api.policy(RESOURCE, version).status == 400
    assert api.set_policy(RESOURCE, {"version": version}).status == 400


def test_conditions_need_version_3_to_be_written(api: Google) -> None:
    policy = api.policy(RESOURCE).body
    changed = [*policy["bindings"], binding("roles/browser", ANALYST, condition=CONDITION)]
    assert api.set_policy(RESOURCE, {**policy, "version": 1, "bindings": changed}).status == 400
    reply = api.set_policy(RESOURCE, {**policy, "version": 3, "bindings": changed})
    assert binding("roles/browser", ANALYST, condition=CONDITION) in reply.body["bindings"]


def test_with_an_etag_an_old_version_cannot_lose_conditions(api: Google) -> None:
    policy = api.policy(RESOURCE).body
    plain = [item for item in policy["bindings"] if "condition" not in item]
    assert api.set_policy(RESOURCE, {"version": 1, "etag": policy["etag"], "bindings": plain}).status == 400
    assert api.set_policy(RESOURCE, {"version": 1, "bindings": plain}).status == 200
    assert api.policy(RESOURCE).body["version"] == 1


@pytest.mark.parametrize(
    "condition", [{"title": "x"}, {"expression": "true"}, {"title": "x", "expression": "f("}]
)
def test_conditions_that_are_none(api: Google, condition: dict[str, str]) -> None:
    policy = {"version": 3, "bindings": [binding("roles/browser", ANALYST, condition=condition)]}
    assert api.set_policy(RESOURCE, policy).status == 400


def test_the_same_role_with_and_without_a_condition_are_two_bindings(api: Google) -> None:
    policy = api.policy(RESOURCE).body
    role = "roles/run.invoker"
    two = [binding(role, ANALYST), binding(role, ANALYST, condition=CONDITION)]
    reply = api.set_policy(RESOURCE, {**policy, "version": 3, "bindings": [*policy["bindings"], *two]})
    assert [item for item in reply.body["bindings"] if item["role"] == role] == two


def test_1500_principals_fit_and_not_one_more(shared: Google) -> None:
    everyone = [f"user:u{number}@example.com" for number in range(1499)]
    fits = [binding(USER, *everyone), binding("roles/bigquery.connectionAdmin", everyone[0])]
    assert shared.set_policy(CONNECTION, {"bindings": fits}).status == 200
    too_many = [binding(USER, *everyone), binding("roles/bigquery.connectionAdmin", *everyone[:2])]
    reply = shared.set_policy(CONNECTION, {"bindings": too_many})
    assert reply.status == 400
    assert reply.message.startswith("The number of members in the policy (1,501) is larger than the maximum")


def test_250_groups_fit_and_not_one_more(shared: Google) -> None:
    groups = [f"group:g{number}@example.com" for number in range(251)]
    assert shared.set_policy(CONNECTION, {"bindings": [binding(USER, *groups[:250])]}).status == 200
    assert shared.set_policy(CONNECTION, {"bindings": [binding(USER, *groups)]}).status == 400


def test_setting_nothing_is_refused(shared: Google) -> None:
    assert shared.post(f"{CONNECTION}:setIamPolicy", {}).status == 400


def test_a_missing_project_has_no_policy_to_see(api: Google) -> None:
    reply = api.policy("cloudresourcemanager/v3/projects/no-such-project")
    assert (reply.status, reply.reason) == (403, "PERMISSION_DENIED")


def test_asking_for_permissions_on_what_is_not_there(api: Google) -> None:
    asked = {"permissions": ["bigquery.connections.get"]}
    assert api.post(f"{PARENT}/none:testIamPermissions", asked).body == {}
    assert api.post(f"{PARENT}/none:testIamPermissions", {"permissions": ["bigquery.*"]}).status == 400
