"""Rotating a connection's password, in process, against the emulator."""

from __future__ import annotations

import pytest
from django.test import Client

from connections.models import Connection
from connections.services import living, rotate
from portal import operations
from portal.models import AuditEvent, Operation, SealedCredential, User
from tests.connections.life.acts import at_google, carry_out, fail, outcomes, succeed
from tests.support.creation import AGENT, ALLOYDB_CLIENT, PASSWORD, PROJECT
from tests.support.emulated import Emulator
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_right_one_is_tested_and_kept_nowhere(orders: Connection, admin: User) -> None:
    Connection.objects.update(tested_at=None)
    operation = succeed(rotate.request_rotate(orders, PASSWORD, by=admin))
    orders.refresh_from_db()
    assert orders.tested_at
    assert orders.drift == ""
    assert orders.last_modified_time == at_google(orders).last_modified_time
    assert not SealedCredential.objects.exists()
    assert not operation.needs_credential
    assert outcomes("connection.rotate") == ["requested", "succeeded"]
    assert PASSWORD not in repr([vars(event) for event in AuditEvent.objects.all()])
    assert PASSWORD not in repr([vars(row) for row in Operation.objects.all()])


def test_a_wrong_one_is_said_to_be_in_place_and_asked_for_again(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    operation = fail(rotate.request_rotate(orders, "wrong", by=admin))
    step = operation.steps.get(name=rotate.TEST)
    assert "password authentication failed" in step.message
    assert step.remedy == rotate.ENTER_RIGHT_ONE
    assert operation.needs_credential

    operations.request_retry(operation, by=admin, credential=PASSWORD)
    carry_out(operation)

    assert operation.state == "succeeded", operation.error
    assert emulator.control.counts()["connections.patch"] == 2
    assert not SealedCredential.objects.exists()


def test_the_connections_page_says_that_queries_do_not_pass_until_a_test_does(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    client, url = Client(), orders.get_absolute_url()
    client.force_login(admin)
    operation = fail(rotate.request_rotate(orders, "wrong", by=admin))
    page = client.get(url)
    assert "The last change did not pass its test" in text_of(page)
    assert rotate.ENTER_RIGHT_ONE in text_of(page)
    assert operation.get_absolute_url() in page.content.decode()
    assert "Last test Failed" in text_of(page)
    succeed(rotate.request_rotate(orders, PASSWORD, by=admin))
    text = text_of(client.get(url))
    assert "The last change did not pass" not in text
    assert "Last test Passed" in text


def test_a_failure_names_the_account_that_lacks_the_role(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT, action="remove")
    operation = fail(rotate.request_rotate(orders, PASSWORD, by=admin))
    remedy = operation.steps.get(name=rotate.TEST).remedy
    assert remedy.startswith(rotate.HOLDS_NEW)
    account = AGENT.partition(":")[2]
    assert f"Grant AlloyDB Client (roles/alloydb.client) to {account} on {PROJECT}" in remedy


def test_an_empty_one_changes_nothing(orders: Connection, admin: User) -> None:
    with pytest.raises(ValueError, match="empty"):
        rotate.request_rotate(orders, "", by=admin)
    assert not Operation.objects.filter(task=rotate.TASK).exists()
    assert outcomes("connection.rotate") == []


@pytest.mark.parametrize("status", [500, 503, 504])
def test_one_that_was_replaced_before_it_failed_is_not_sent_twice(
    emulator: Emulator, orders: Connection, admin: User, status: int
) -> None:
    emulator.control.fault("connections.patch", times=1, status=status, when="after")
    succeed(rotate.request_rotate(orders, PASSWORD, by=admin))
    assert emulator.control.counts()["connections.patch"] == 1


def test_one_that_never_arrived_is_sent_again(emulator: Emulator, orders: Connection, admin: User) -> None:
    """BigQuery holds a credential all the same: the old one."""
    emulator.control.fault("connections.patch", times=1, status=503, when="before")
    succeed(rotate.request_rotate(orders, PASSWORD, by=admin))
    assert emulator.control.counts()["connections.patch"] == 2


def test_a_refusal_leaves_the_old_one(emulator: Emulator, orders: Connection, admin: User) -> None:
    emulator.control.fault("connections.patch", times=1, status=403, when="before")
    fail(rotate.request_rotate(orders, "new", by=admin))
    assert at_google(orders).has_credential
    assert not SealedCredential.objects.exists()


def test_it_gives_back_a_credential_that_google_forgot(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.edit_connection(orders.full_name, drop_credential=True)
    succeed(rotate.request_rotate(orders, PASSWORD, by=admin))
    assert at_google(orders).has_credential
    orders.refresh_from_db()
    assert (orders.has_credential, orders.drift) == (True, "")


def test_not_while_it_is_being_deleted(orders: Connection, admin: User) -> None:
    Connection.objects.update(state=Connection.State.DELETING)
    with pytest.raises(living.NotNowError, match="deleting"):
        rotate.request_rotate(orders, PASSWORD, by=admin)


def test_an_old_one_does_not_touch_a_newer_connection_of_the_name(orders: Connection, admin: User) -> None:
    operation = fail(rotate.request_rotate(orders, "wrong", by=admin))
    Connection.objects.update(created_at=operation.ended_at)
    operations.request_retry(operation, by=admin, credential="another")
    fail(operation)
    assert "was deleted" in operation.error
