"""Connections that were changed outside: noticed, accepted, put back."""

from __future__ import annotations

import pytest

from connections import life
from connections.models import Connection
from connections.services import edit, living, refresh
from portal.models import AuditEvent, User
from tests.connections.life.acts import at_google, fail, made, outcomes, succeed
from tests.support.creation import PASSWORD
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db(transaction=True)


def looked_at(connection: Connection) -> Connection:
    refresh.look_at_all()
    connection.refresh_from_db()
    return connection


def changes(connection: Connection) -> dict[str, tuple[str, str]]:
    return {item.field: (item.before, item.after) for item in life.outside_changes(connection)}


def test_what_is_as_the_portal_has_it_is_no_news(orders: Connection) -> None:
    assert looked_at(orders).drift == ""
    assert orders.checked_at
    assert not AuditEvent.objects.filter(action="connection.drift").exists()


def test_each_field_is_told_apart(emulator: Emulator, orders: Connection) -> None:
    fields = {
        "friendlyName": "By hand",
        "configuration": {"asset": {"database": "orders2"}, "tls": {"mode": "ENABLED"}},
    }
    emulator.control.edit_connection(orders.full_name, fields=fields, drop_credential=True)
    looked_at(orders)
    assert orders.drift == "changed"
    found = changes(orders)
    assert found["friendly_name"] == ("Orders", "By hand")
    assert found["database"] == ("orders", "orders2")
    assert found["configuration.tls.mode"] == ("", "ENABLED")
    assert found["has_credential"] == ("BigQuery holds one", "BigQuery holds none")


def test_news_is_told_once(emulator: Emulator, orders: Connection) -> None:
    emulator.control.edit_connection(orders.full_name, fields={"description": "x"})
    for _ in range(3):
        looked_at(orders)
    assert outcomes("connection.drift") == ["succeeded"]
    emulator.control.edit_connection(orders.full_name, fields={"description": ""})
    assert looked_at(orders).drift == ""
    assert outcomes("connection.drift") == ["succeeded", "succeeded"]


def test_one_that_is_gone(emulator: Emulator, orders: Connection) -> None:
    other = made("other", share=())
    emulator.control.delete_connection(orders.full_name)
    assert looked_at(orders).drift == "gone"
    assert looked_at(other).drift == ""


def test_what_the_portal_is_changing_is_not_compared(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    wanted = edit.Wanted("New", "", orders.properties)
    edit.request_edit(orders, wanted, by=admin)
    emulator.control.edit_connection(orders.full_name, fields={"friendlyName": "New"})
    assert looked_at(orders).drift == ""


def test_what_cannot_be_listed_is_left_for_the_next_time(emulator: Emulator, orders: Connection) -> None:
    emulator.control.edit_connection(orders.full_name, fields={"description": "x"})
    emulator.control.fault("connections.list", times=1, status=503, when="before")
    assert looked_at(orders).drift == ""
    assert looked_at(orders).drift == "changed"


def test_the_button_looks_at_one(emulator: Emulator, orders: Connection, admin: User) -> None:
    emulator.control.edit_connection(orders.full_name, fields={"description": "x"})
    operation = refresh.request_refresh(orders, by=admin)
    assert refresh.request_refresh(orders, by=admin).pk == operation.pk
    succeed(operation)
    orders.refresh_from_db()
    assert orders.drift == "changed"
    assert "changed outside" in operation.steps.get().message


def test_accepting_takes_everything_over(emulator: Emulator, orders: Connection, admin: User) -> None:
    fields = {"description": "x", "configuration": {"asset": {"database": "orders2"}, "tls": {"mode": "A"}}}
    emulator.control.edit_connection(orders.full_name, fields=fields)
    looked_at(orders)
    succeed(refresh.request_accept(orders, by=admin))
    orders.refresh_from_db()
    assert (orders.description, orders.properties["database"], orders.drift) == ("x", "orders2", "")
    assert looked_at(orders).drift == ""
    assert outcomes("connection.accept") == ["requested", "succeeded"]


def test_what_changed_again_is_not_accepted_unseen(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.edit_connection(orders.full_name, fields={"description": "x"})
    looked_at(orders)
    operation = refresh.request_accept(orders, by=admin)
    emulator.control.edit_connection(orders.full_name, fields={"description": "y"})
    fail(operation)
    assert operation.error == refresh.AGAIN
    orders.refresh_from_db()
    assert (orders.description, changes(orders)) == ("", {"description": ("", "y")})


def test_nothing_to_accept(orders: Connection, admin: User) -> None:
    with pytest.raises(living.NotNowError):
        refresh.request_accept(orders, by=admin)


def test_names_are_put_back_without_a_password(emulator: Emulator, orders: Connection, admin: User) -> None:
    emulator.control.edit_connection(orders.full_name, fields={"friendlyName": "x", "description": "y"})
    looked_at(orders)
    succeed(edit.request_put_back(orders, by=admin))
    info = at_google(orders)
    assert (info.friendly_name, info.description, info.has_credential) == ("Orders", "", True)
    assert looked_at(orders).drift == ""
    assert outcomes("connection.put_back") == ["requested", "succeeded"]


@pytest.mark.parametrize(
    "change", [{"fields": {"configuration": {"asset": {"database": "x"}}}}, {"drop_credential": True}]
)
def test_properties_and_a_lost_credential_are_put_back_with_one(
    emulator: Emulator, orders: Connection, admin: User, change: dict[str, object]
) -> None:
    emulator.control.edit_connection(orders.full_name, **change)
    looked_at(orders)
    with pytest.raises(edit.PasswordNeededError):
        edit.request_put_back(orders, by=admin)
    succeed(edit.request_put_back(orders, PASSWORD, by=admin))
    info = at_google(orders)
    assert info.has_credential
    assert info.body["configuration"]["asset"]["database"] == "orders"
    assert looked_at(orders).drift == ""
