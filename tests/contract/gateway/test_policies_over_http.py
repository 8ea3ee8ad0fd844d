"""IAM policies: read, changed and written, with everything of others in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import pytest

from emulator.client import Control
from portal.gcp import connections, errors, kms, projects, services, typed
from portal.gcp.policies import Policy, diff
from tests.contract.gateway.bodies import alloydb
from tests.contract.gateway.conftest import NUMBER, PROJECT, Google
from tests.contract.gateway.recorder import Recorder

USER, CLIENT = "roles/bigquery.connectionUser", "roles/alloydb.client"
ANALYST = "user:analyst@example.com"
PORTAL = "serviceAccount:portal@acme-analytics.iam.gserviceaccount.com"
AGENT = f"serviceAccount:{services.service_agent(NUMBER)}"
CONNECTION = connections.full_name(PROJECT, "us", "orders")
KEY = f"projects/{PROJECT}/locations/us/keyRings/portal/cryptoKeys/connections-us"

Read: TypeAlias = Callable[[str], Policy]
Write: TypeAlias = Callable[[str, Policy], Policy]
EACH = pytest.mark.parametrize(
    ("read", "write", "resource", "role"),
    [
        (connections.get_policy, connections.set_policy, CONNECTION, USER),
        (projects.get_policy, projects.set_policy, PROJECT, CLIENT),
    ],
    ids=["connection", "project"],
)


@pytest.fixture(autouse=True)
def _connection(request: pytest.FixtureRequest) -> None:
    if "control" in request.fixturenames:
        request.getfixturevalue("control")
        connections.create(PROJECT, "us", "orders", alloydb())


@EACH
def test_a_grant_is_written_and_read_back(
    control: Control, read: Read, write: Write, resource: str, role: str
) -> None:
    """And taking it away leads back to where it began."""
    before = read(resource)
    written = write(resource, before.with_members([(role, ANALYST)]))
    after = read(resource)
    assert after == written
    assert after.has(role, ANALYST)
    assert [(c.role, c.member) for c in diff(before, after).added] == [(role, ANALYST)]
    write(resource, after.changed(removals=[(role, ANALYST)]))
    assert not diff(before, read(resource))


@EACH
def test_a_stale_policy_is_refused_and_the_others_edit_stays(
    control: Control, read: Read, write: Write, resource: str, role: str
) -> None:
    """The whole cycle is repeated by the caller; here: refused, read again, written."""
    full = resource if "/" in resource else f"projects/{resource}"
    control.outsider(full, role, "user:outsider@example.com", when="after_read")
    stale = read(resource)
    with pytest.raises(errors.Conflict) as caught:
        write(resource, stale.with_members([(role, ANALYST)]))
    assert caught.value.retryable
    assert not caught.value.outcome_unknown
    assert caught.value.message.startswith("There were concurrent policy changes.")
    after = write(resource, read(resource).with_members([(role, ANALYST)]))
    assert after.has(role, ANALYST)
    assert after.has(role, "user:outsider@example.com")


def test_conditional_bindings_of_a_project_survive(control: Control) -> None:
    """The demo company has one, until 2030."""
    before = projects.get_policy(PROJECT)
    conditional = [b.to_json() for b in before.bindings if b.condition is not None]
    assert conditional
    after = projects.set_policy(PROJECT, before.with_members([(CLIENT, ANALYST)]))
    assert [b.to_json() for b in after.bindings if b.condition is not None] == conditional
    assert after.version == 3


def test_the_typed_client_writes_what_it_can_repeat_exactly_and_rest_the_rest(
    control: Control, recorder: Recorder
) -> None:
    """Audit settings would leave the client as numbers, and a newer field not at all."""
    plain = projects.get_policy(PROJECT)
    assert typed._exact(plain.to_json()) is not None
    logs = {"service": "allServices", "auditLogConfigs": [{"logType": "ADMIN_READ"}]}
    audited = replace(plain, extra={"auditConfigs": [logs]})
    assert typed._exact(audited.to_json()) is None
    assert typed._exact({**plain.to_json(), "newerField": 1}) is None
    projects.set_policy(PROJECT, audited)
    assert recorder.called.count("cloudresourcemanager.projects.setIamPolicy") == 1


def test_a_service_agent_that_is_not_known_yet_is_waited_for(control: Control) -> None:
    """The 400 right after a project's first connection."""
    control.service_account(services.service_agent(NUMBER), exists=False)
    policy = projects.get_policy(PROJECT).with_members([(CLIENT, AGENT)])
    with pytest.raises(errors.ServiceAgentMissing) as caught:
        projects.set_policy(PROJECT, policy)
    assert caught.value.retryable
    assert caught.value.service_account == services.service_agent(NUMBER)
    control.service_account(services.service_agent(NUMBER), exists=True)
    assert projects.set_policy(PROJECT, projects.get_policy(PROJECT).with_members([(CLIENT, AGENT)])).has(
        CLIENT, AGENT
    )


def test_a_keys_policy_is_read_and_written(control: Control) -> None:
    """So that BigQuery's encryption agent can use it."""
    control.outsider(f"projects/{NUMBER}", "roles/cloudkms.admin", PORTAL)
    member = f"serviceAccount:{services.encryption_agent(NUMBER)}"
    before = kms.get_policy(KEY)
    written = kms.set_policy(KEY, before.changed(additions=[(kms.KEY_ROLE, member)]))
    assert written.has(kms.KEY_ROLE, member)
    assert kms.get_policy(KEY) == written
    with pytest.raises(errors.Conflict):
        kms.set_policy(KEY, replace(before, bindings=()))


def test_conditional_bindings_of_a_key_are_asked_for(control: Control) -> None:
    """At version 3; a lower one would hide that they are conditional."""
    until = {"title": "until 2030", "expression": 'request.time < timestamp("2030-01-01T00:00:00Z")'}
    control.outsider(KEY.replace(PROJECT, str(NUMBER)), kms.KEY_ROLE, ANALYST, condition=until)
    policy = kms.get_policy(KEY)
    assert policy.has_conditional(kms.KEY_ROLE, ANALYST)
    assert not policy.has(kms.KEY_ROLE, ANALYST)


def test_the_portals_own_permissions_are_asked_for(control: Control) -> None:
    """What is missing is missing from the answer."""
    asked = ["bigquery.connections.get", "alloydb.clusters.delete"]
    assert projects.test_permissions(PROJECT, asked) == {"bigquery.connections.get"}
    assert connections.test_permissions(CONNECTION, ["bigquery.connections.use"]) == {
        "bigquery.connections.use"
    }


def test_a_project_that_is_not_there_is_denied(control: Control) -> None:
    """Google does not tell a hidden project from none."""
    with pytest.raises(errors.PermissionDenied) as caught:
        projects.get("no-such-project-1")
    assert type(caught.value) is errors.PermissionDenied
    with pytest.raises(errors.PermissionDenied):
        projects.get_policy("no-such-project-1")


def test_a_project_and_its_policy_are_read(google: Google) -> None:
    """On real Google too; nothing is written."""
    found = projects.get(google.project)
    assert found.project_id == google.project
    assert found.number > 0
    assert found.state == "ACTIVE"
    assert projects.get(str(found.number)) == found
    policy = projects.get_policy(google.project)
    assert policy.etag
    assert policy.fits()
    assert Policy.from_json(policy.to_json()) == replace(policy, version=3)
