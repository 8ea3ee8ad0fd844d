"""Deleting a connection, in process, against the emulator: what goes, what stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from access.models import Grant
from connections.models import Connection, FoundConnection
from connections.services import delete, living
from portal import clock, operations
from portal.gcp import connections as google
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


def test_a_connection_that_is_not_managed_here_keeps_the_role(orders: Connection, admin: User) -> None:
    FoundConnection.objects.create(
        project=demo_project(),
        location="eu",
        connection_id="elsewhere",
        kind="alloydb",
        service_account=AGENT.partition(":")[2],
        seen_at=clock.now(),
    )
    succeed(delete.request_delete(orders, by=admin))
    assert agent_has_its_role()


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
