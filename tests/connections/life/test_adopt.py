"""Connections that were made elsewhere: found, and taken over with who has access."""

from __future__ import annotations

from typing import Any

import pytest

from access import claims, services
from access.models import CONNECTION_ADMIN, CONNECTION_USER, Grant
from access.services import Sharing
from connections import kinds
from connections.models import Connection, ConnectionSearch, FoundConnection
from connections.services import adopt, delete, edit
from portal.gcp import connections as google
from portal.gcp import projects as google_projects
from portal.models import AuditEvent, Operation, Project, User
from tests.connections.life.acts import fail, made, succeed
from tests.support.creation import AGENT, ALLOYDB_CLIENT, PROJECT, carry_out, demo_project, new_connection
from tests.support.emulated import Emulator
from tests.support.pages import sign_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
GROUP, PERSON = "group:analysts@example.com", "user:analyst@example.com"


@pytest.fixture
def project(emulator: Emulator, admin: User) -> Project:
    emulator.control.agent_delay(0)
    return demo_project()


def at_google(name: str, location: str = "us", body: dict[str, Any] | None = None) -> str:
    """Make a connection outside the portal; return its full name."""
    alloydb = kinds.get("alloydb").body(new_connection().properties, "secret")
    google.create(PROJECT, location, name, body or alloydb)
    return google.full_name(PROJECT, location, name)


def find(project: Project, admin: User) -> list[str]:
    succeed(adopt.request_find(project, by=admin))
    return [row.connection_id for row in FoundConnection.objects.order_by("connection_id")]


def adopt_all(project: Project, admin: User) -> None:
    succeed(adopt.request_adopt(project, FoundConnection.objects.all(), by=admin))


def test_every_location_is_searched_and_what_is_managed_left_out(project: Project, admin: User) -> None:
    at_google("hand_made")
    at_google("far_away", "europe-west1", {"cloudResource": {}})
    at_google(
        "in_aws", "aws-us-east-1", {"aws": {"accessRole": {"iamRoleId": "arn:aws:iam::999999999999:role/o"}}}
    )
    made("orders")
    assert find(project, admin) == ["far_away", "hand_made", "in_aws"]
    found = {row.connection_id: row.kind for row in FoundConnection.objects.all()}
    assert found == {"far_away": "cloud_resource", "hand_made": "alloydb", "in_aws": "aws"}
    assert ConnectionSearch.objects.get().problems == []


def test_what_is_gone_disappears_from_the_list(emulator: Emulator, project: Project, admin: User) -> None:
    name = at_google("hand_made")
    find(project, admin)
    emulator.control.delete_connection(name)
    assert find(project, admin) == []


def test_a_location_that_is_denied_is_noted_and_keeps_what_was_found(
    emulator: Emulator, project: Project, admin: User
) -> None:
    at_google("hand_made")
    find(project, admin)
    emulator.control.fault("connections.list", times=1, status=403, path="/locations/us/", when="before")
    assert find(project, admin) == ["hand_made"]
    (problem,) = ConnectionSearch.objects.get().problems
    assert problem["location"] == "US"


def test_a_switched_off_api_is_said(emulator: Emulator, project: Project, admin: User) -> None:
    emulator.control.service(PROJECT, "bigqueryconnection.googleapis.com", enabled=False)
    operation = fail(adopt.request_find(project, by=admin))
    assert "API" in operation.steps.get().remedy


def test_taken_over_with_its_bindings_and_its_accounts_role(
    emulator: Emulator, project: Project, admin: User
) -> None:
    name = at_google("hand_made")
    emulator.control.outsider(name, CONNECTION_USER, GROUP)
    emulator.control.outsider(name, CONNECTION_ADMIN, PERSON)
    emulator.control.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT)
    find(project, admin)

    adopt_all(project, admin)

    row = Connection.objects.get()
    assert (row.state, row.kind, row.adopted_by, row.has_credential) == (
        "active",
        "alloydb",
        admin.email,
        True,
    )
    assert row.properties == new_connection().properties
    assert [owner.email for owner in row.resource.owners.all()] == [admin.email]
    grants = {(g.principal, g.role, g.origin, g.status) for g in row.resource.grants.all()}
    assert grants == {
        (GROUP, CONNECTION_USER, "imported", "active"),
        (PERSON, CONNECTION_ADMIN, "imported", "active"),
    }
    agent = Grant.objects.get(origin=Grant.Origin.SERVICE_AGENT)
    assert (agent.purpose, agent.status, agent.intended_at) == (row.full_name, "active", None)
    assert not FoundConnection.objects.exists()
    assert AuditEvent.objects.filter(action="grant.import").count() == 2


def test_a_rerun_changes_nothing(project: Project, admin: User) -> None:
    at_google("hand_made")
    find(project, admin)
    chosen = list(FoundConnection.objects.all())
    adopt_all(project, admin)

    def picture() -> list[Any]:
        tables = (Connection, Grant, FoundConnection)
        return [list(model.objects.order_by("pk").values()) for model in tables]

    before = picture()
    assert find(project, admin) == []
    succeed(adopt.request_adopt(project, chosen, by=admin))
    assert picture() == before


def test_what_was_imported_can_be_revoked(emulator: Emulator, project: Project, admin: User) -> None:
    name = at_google("hand_made")
    emulator.control.outsider(name, CONNECTION_USER, GROUP)
    emulator.control.outsider(name, CONNECTION_USER, PERSON)
    find(project, admin)
    adopt_all(project, admin)
    row = Connection.objects.get()
    grant = row.resource.grants.get(principal=GROUP)

    operation = services.request_share(row.resource, Sharing(remove=[grant]), by=admin)
    carry_out(operation)

    policy = google.get_policy(row.full_name)
    assert not policy.has(CONNECTION_USER, GROUP)
    assert policy.has(CONNECTION_USER, PERSON)


def test_deleted_it_leaves_the_role_that_was_there_before(
    emulator: Emulator, project: Project, admin: User
) -> None:
    at_google("hand_made")
    emulator.control.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT)
    find(project, admin)
    adopt_all(project, admin)
    succeed(delete.request_delete(Connection.objects.get(), by=admin))
    assert google_projects.get_policy(PROJECT).has(ALLOYDB_CLIENT, AGENT)


def strange(emulator: Emulator, project: Project, by: User) -> Connection:
    """One of a kind that the portal does not know, taken over."""
    body = kinds.get("alloydb").body(new_connection().properties, "secret")
    name = at_google("strange", "us", body)
    emulator.control.edit_connection(name, fields={"configuration": {"connectorId": "tomorrow"}})
    find(project, by)
    adopt_all(project, by)
    return Connection.objects.get()


def test_one_that_the_portal_does_not_know_is_kept_as_it_is(
    emulator: Emulator, project: Project, admin: User
) -> None:
    row = strange(emulator, project, admin)
    assert (row.kind, row.properties) == ("unknown", {})
    assert row.body["configuration"]["connectorId"] == "tomorrow"


def test_one_that_the_portal_does_not_know_gets_other_names_and_nothing_else(
    ada: User, emulator: Emulator, project: Project
) -> None:
    row = strange(emulator, project, ada)
    name, before = row.full_name, google.get(row.full_name)
    url, client = row.get_absolute_url() + "edit/", sign_in(ada)
    typed = {"friendly_name": "Stranger", "description": "Not ours", "password": "x", "instance": "x"}
    preview = text_of(client.post(f"{url}preview/", typed))
    assert "--display_name=Stranger" in preview
    assert '"updateMask": "friendlyName,description"' in preview
    assert "has no argument for a kind that the portal does not know" in preview

    assert client.post(url, typed).status_code == 302

    operation = succeed(Operation.objects.get(task=edit.TASK))
    assert operation.parameters["mask"] == ["friendlyName", "description"]
    assert not operation.needs_credential
    after = google.get(name)
    assert (after.friendly_name, after.description, after.has_credential) == ("Stranger", "Not ours", True)
    changed = {"friendlyName", "description", "lastModifiedTime"}
    kept = {key: value for key, value in before.body.items() if key not in changed}
    assert {key: value for key, value in after.body.items() if key not in changed} == kept
    row.refresh_from_db()
    assert (row.title, row.drift, row.properties) == ("Stranger", "", {})
    assert row.body == after.body


def test_one_that_is_gone_meanwhile_is_said(emulator: Emulator, project: Project, admin: User) -> None:
    name = at_google("hand_made")
    find(project, admin)
    operation = adopt.request_adopt(project, FoundConnection.objects.all(), by=admin)
    emulator.control.delete_connection(name)
    succeed(operation)
    assert operation.steps.get().message == "0 taken over. 1 were gone."
    assert not Connection.objects.exists()


def test_one_that_was_deleted_here_and_made_again_elsewhere(project: Project, admin: User) -> None:
    orders = made("orders")
    succeed(delete.request_delete(orders, by=admin))
    at_google("orders")
    assert find(project, admin) == ["orders"]
    adopt_all(project, admin)
    row = Connection.objects.get()
    assert (row.pk, row.state, row.deleted_at) == (orders.pk, "active", None)
    assert [grant.status for grant in claims.live(row.resource)] == []


def test_none_chosen(project: Project, admin: User) -> None:
    with pytest.raises(ValueError, match="at least one"):
        adopt.request_adopt(project, [], by=admin)
