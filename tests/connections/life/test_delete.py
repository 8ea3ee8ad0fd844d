"""Deleting a connection, in process, against the emulator: what goes, what stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from access.models import Grant
from connections import kinds
from connections.models import Connection
from connections.services import delete, living, repair
from portal import operations
from portal.gcp import connections as google
from portal.gcp import kms
from portal.gcp import projects as google_projects
from portal.gcp.errors import NotFound
from portal.models import User
from tests.connections.life.acts import carry_out, fail, made, outcomes, succeed
from tests.support import google_side
from tests.support.creation import AGENT, ALLOYDB_CLIENT, ANALYST, PROJECT, demo_project
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Connection]


def agent_has_its_role() -> bool:
    return google_projects.get_policy(PROJECT).has(ALLOYDB_CLIENT, AGENT)


def is_there(connection: Connection) -> bool:
    try:
        google.get(connection.full_name)
    except NotFound:
        return False
    return True


def test_it_goes_with_its_access_and_its_accounts_role(orders: Connection, admin: User) -> None:
    assert agent_has_its_role()

    succeed(delete.request_delete(orders, by=admin))

    assert not is_there(orders)
    assert not agent_has_its_role()
    orders.refresh_from_db()
    assert (orders.state, orders.deleted_by) == ("deleted", admin.email)
    assert {grant.status for grant in Grant.objects.all()} == {"revoked"}
    assert outcomes("connection.delete") == ["requested", "succeeded"]
    assert ANALYST in {grant.principal for grant in orders.resource.grants.all()}, "history stays"


def test_of_a_deleted_one_google_holds_no_credential(orders: Connection, admin: User) -> None:
    assert orders.has_credential
    succeed(delete.request_delete(orders, by=admin))
    orders.refresh_from_db()
    assert not orders.has_credential


def test_two_share_the_role_and_the_last_one_takes_it_along(make: Make, admin: User) -> None:
    one, other = make("one"), make("other")
    operation = succeed(delete.request_delete(one, by=admin))
    assert agent_has_its_role()
    assert "it stays" in operation.steps.get(name=delete.REVOKE).message
    succeed(delete.request_delete(other, by=admin))
    assert not agent_has_its_role()


def test_a_role_that_others_gave_survives(emulator: Emulator, make: Make, admin: User) -> None:
    first = made("first", grant_service_agent=False, test_query=False)
    emulator.control.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT)
    orders = make("orders")
    succeed(delete.request_delete(orders, by=admin))
    succeed(delete.request_delete(first, by=admin))
    assert agent_has_its_role()


def elsewhere(slug: str, properties: Mapping[str, Any], connection_id: str = "elsewhere") -> str:
    """Make a connection that the portal knows nothing of; return its name."""
    body = kinds.get(slug).body(properties, "their-own-password")
    google.create(PROJECT, "eu", connection_id, body)
    return google.full_name(PROJECT, "eu", connection_id)


def test_one_that_relies_on_the_role_without_a_claim_keeps_it(make: Make, admin: User) -> None:
    """Made with the box cleared, because the role was there already: nothing of the portal's says so."""
    one, other = make("one"), make("other", grant_service_agent=False)
    operation = succeed(delete.request_delete(one, by=admin))
    assert agent_has_its_role()
    assert "it stays" in operation.steps.get(name=delete.REVOKE).message
    kept = Grant.objects.get(purpose=other.full_name, desired="present")
    assert kept.reason == "Another connection needs it: other."
    succeed(delete.request_delete(other, by=admin))
    assert not agent_has_its_role()


def test_a_connection_that_is_not_managed_here_keeps_the_role(orders: Connection, admin: User) -> None:
    """Nobody has ever searched the project: deleting looks."""
    name = elsewhere("alloydb", orders.properties)
    succeed(delete.request_delete(orders, by=admin))
    assert agent_has_its_role()
    assert Grant.objects.get(desired="present", origin="service_agent").purpose == name


def test_one_that_needs_another_role_of_the_account_does_not(orders: Connection, admin: User) -> None:
    instance = {"instance": f"{PROJECT}:us-central1:crm", "database": "crm", "username": "crm_reader"}
    elsewhere("cloud_sql_postgresql", instance)
    succeed(delete.request_delete(orders, by=admin))
    assert not agent_has_its_role()


def test_one_of_a_kind_that_is_not_known_keeps_the_role(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    name = elsewhere("alloydb", orders.properties)
    emulator.control.edit_connection(name, fields={"configuration": {"connectorId": "tomorrow"}})
    succeed(delete.request_delete(orders, by=admin))
    assert agent_has_its_role()


def test_a_key_that_another_connection_uses_stays_usable(emulator: Emulator, make: Make, admin: User) -> None:
    key = f"projects/{PROJECT}/locations/us-central1/keyRings/portal/cryptoKeys/connections-us-central1"
    account = f"serviceAccount:bq-{demo_project().number}@bigquery-encryption.iam.gserviceaccount.com"
    place = {"location": "us-central1", "kms_key_name": key}
    portal = f"serviceAccount:portal@{PROJECT}.iam.gserviceaccount.com"
    emulator.control.outsider(f"projects/{PROJECT}", "roles/cloudkms.admin", portal)
    emulator.control.outsider(key, kms.KEY_ROLE, account)
    one, other = (make(name, **place, test_query=False) for name in ("one", "other"))
    emulator.control.outsider(key, kms.KEY_ROLE, account, action="remove")
    succeed(repair.request_grant_key(one, by=admin))
    succeed(delete.request_delete(one, by=admin))
    assert kms.get_policy(key).has(kms.KEY_ROLE, account)
    succeed(delete.request_delete(other, by=admin))
    assert not kms.get_policy(key).has(kms.KEY_ROLE, account)


def test_what_cannot_be_listed_is_tried_again_before_anything_is_deleted(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.fault("connections.list", times=1, status=503)
    operation = succeed(delete.request_delete(orders, by=admin))
    assert [step.name for step in operation.steps.all()] == [delete.LOOK, delete.DELETE, delete.REVOKE]
    assert not agent_has_its_role()


def test_others_bindings_are_not_touched(emulator: Emulator, orders: Connection, admin: User) -> None:
    before = google_side.bindings(emulator.control)
    succeed(delete.request_delete(orders, by=admin))
    after = google_side.bindings(emulator.control)
    assert [row for row in before if row not in after] == [(ALLOYDB_CLIENT, AGENT, "")]
    assert not [row for row in after if row not in before]


def test_gone_already_is_success(emulator: Emulator, orders: Connection, admin: User) -> None:
    emulator.control.delete_connection(orders.full_name)
    operation = succeed(delete.request_delete(orders, by=admin))
    assert "does not have it any more" in operation.steps.get(name=delete.DELETE).message


@pytest.mark.parametrize("status", [500, 503, 504])
def test_deleted_before_it_failed_is_recognised(
    emulator: Emulator, orders: Connection, admin: User, status: int
) -> None:
    emulator.control.fault("connections.delete", times=1, status=status, when="after")
    succeed(delete.request_delete(orders, by=admin))
    assert emulator.control.counts()["connections.delete"] == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_not_deleted_is_repeated(emulator: Emulator, orders: Connection, admin: User, status: int) -> None:
    emulator.control.fault("connections.delete", times=2, status=status, when="before")
    succeed(delete.request_delete(orders, by=admin))
    assert not is_there(orders)


def test_refused_leaves_everything_as_it_was(emulator: Emulator, orders: Connection, admin: User) -> None:
    emulator.control.fault("connections.delete", times=1, status=403, when="before")
    operation = fail(delete.request_delete(orders, by=admin))
    orders.refresh_from_db()
    assert orders.state == "active"
    assert agent_has_its_role()
    assert {grant.status for grant in Grant.objects.all()} == {"active"}
    assert outcomes("connection.delete") == ["requested", "failed"]

    operations.request_retry(operation, by=admin)
    carry_out(operation)
    assert operation.state == "succeeded"
    assert not is_there(orders)


def test_the_name_can_be_used_again_and_old_operations_leave_it_be(
    make: Make, orders: Connection, admin: User, emulator: Emulator
) -> None:
    emulator.control.fault("connections.delete", times=1, status=403, when="before")
    failed = fail(delete.request_delete(orders, by=admin))
    succeed(delete.request_delete(orders, by=admin))

    again = make("orders")

    assert again.pk == orders.pk
    assert (again.state, again.deleted_by, again.deleted_at) == ("active", "", None)
    assert agent_has_its_role()
    operations.request_retry(failed, by=admin)
    fail(failed)
    assert is_there(again)
    again.refresh_from_db()
    assert again.state == "active"


def test_another_one_of_the_same_name_is_not_deleted(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.delete_connection(orders.full_name)
    google.create(PROJECT, "us", "orders", {"cloudResource": {}})
    operation = fail(delete.request_delete(orders, by=admin))
    assert "another one of the same name" in operation.error
    assert is_there(orders)


def test_one_that_was_never_made_leaves_googles_alone(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    Connection.objects.update(state=Connection.State.FAILED)
    succeed(delete.request_delete(orders, by=admin))
    assert is_there(orders)


def test_twice_is_once(orders: Connection, admin: User) -> None:
    delete.request_delete(orders, by=admin)
    with pytest.raises(living.NotNowError):
        delete.request_delete(orders, by=admin)


def test_when_the_role_cannot_be_taken_the_retry_goes_on_there(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.fault("projects.setIamPolicy", times=1, status=403, when="before")
    operation = fail(delete.request_delete(orders, by=admin))
    orders.refresh_from_db()
    assert orders.state == "deleted"
    operations.request_retry(operation, by=admin)
    carry_out(operation)
    assert operation.state == "succeeded", operation.error
    assert not agent_has_its_role()
