"""Editing a connection, in process, against the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections import kinds
from connections.differences import COMMON
from connections.models import Connection
from connections.services import edit, living
from connections.services.edit import Wanted
from portal import clock, operations
from portal.gcp import connections as google
from portal.models import AuditEvent, Operation, SealedCredential, User
from tests.connections.life.acts import at_google, carry_out, fail, outcomes, succeed
from tests.support.creation import PASSWORD, PROJECT
from tests.support.emulated import Emulator
from tests.support.examples import examples

pytestmark = pytest.mark.django_db(transaction=True)


def wanted(connection: Connection, **changes: Any) -> Wanted:
    common = {name: changes.pop(name, getattr(connection, name)) for name in ("friendly_name", "description")}
    return Wanted(properties=connection.properties | changes, **common)


def test_names_change_freely_and_the_credential_stays(orders: Connection, admin: User) -> None:
    operation = edit.request_edit(
        orders, wanted(orders, friendly_name="Shop orders", description="Read\nonly"), by=admin
    )
    assert operation.parameters["mask"] == ["friendlyName", "description"]
    assert [step.name for step in operation.steps.all()] == [edit.EDIT]

    succeed(operation)

    info = at_google(orders)
    assert (info.friendly_name, info.description, info.has_credential) == ("Shop orders", "Read\nonly", True)
    orders.refresh_from_db()
    assert (orders.friendly_name, orders.drift) == ("Shop orders", "")
    assert orders.body["friendlyName"] == "Shop orders"
    assert outcomes("connection.edit") == ["requested", "succeeded"]
    event = AuditEvent.objects.filter(action="connection.edit").order_by("position")[0]
    assert event.detail["changes"]["friendly_name"] == {"before": "Orders", "after": "Shop orders"}


def test_a_field_can_be_emptied(orders: Connection, admin: User) -> None:
    succeed(edit.request_edit(orders, wanted(orders, friendly_name=""), by=admin))
    assert at_google(orders).friendly_name == ""


def test_a_property_needs_the_password_and_is_tested(orders: Connection, admin: User) -> None:
    change = wanted(orders, instance=orders.properties["instance"].replace("orders-primary", "orders-read"))
    with pytest.raises(edit.PasswordNeededError):
        edit.request_edit(orders, change, by=admin)
    assert Operation.objects.filter(task=edit.TASK).count() == 0

    operation = succeed(edit.request_edit(orders, change, PASSWORD, by=admin))

    assert operation.parameters["mask"] == [
        "configuration.asset.googleCloudResource",
        "configuration.authentication.usernamePassword",
    ]
    assert dict(operation.steps.values_list("name", "state")) == {
        edit.EDIT: "succeeded",
        edit.TEST: "succeeded",
    }
    orders.refresh_from_db()
    assert orders.properties["instance"].endswith("orders-read")
    assert at_google(orders).has_credential
    assert not SealedCredential.objects.exists()


def test_a_wrong_password_is_asked_for_again(orders: Connection, admin: User) -> None:
    operation = edit.request_edit(orders, wanted(orders, username="nobody"), "wrong", by=admin)
    fail(operation)
    assert operation.needs_credential
    assert not SealedCredential.objects.exists()
    orders.refresh_from_db()
    assert orders.properties["username"] == "nobody"
    assert orders.drift == ""


def test_nothing_changed_is_no_operation(orders: Connection, admin: User) -> None:
    with pytest.raises(living.NotNowError, match="Nothing"):
        edit.request_edit(orders, wanted(orders), by=admin)


@pytest.mark.parametrize("status", [500, 503, 504])
@pytest.mark.parametrize("field", ["friendly_name", "username"])
def test_a_patch_that_was_applied_before_it_failed_is_recognised(
    emulator: Emulator, orders: Connection, admin: User, status: int, field: str
) -> None:
    emulator.control.fault("connections.patch", times=1, status=status, when="after")
    change = wanted(orders, **{field: "bq_writer"})
    carry_out(edit.request_edit(orders, change, PASSWORD if field == "username" else "", by=admin))

    assert emulator.control.counts()["connections.patch"] == 1
    orders.refresh_from_db()
    assert orders.drift == ""
    assert at_google(orders).has_credential


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_patch_that_was_not_applied_is_repeated(
    emulator: Emulator, orders: Connection, admin: User, status: int
) -> None:
    emulator.control.fault("connections.patch", times=2, status=status, when="before")
    succeed(edit.request_edit(orders, wanted(orders, friendly_name="New"), by=admin))
    assert emulator.control.counts()["connections.patch"] == 3


def test_without_permission_it_fails_and_nothing_changes(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.fault("connections.patch", times=1, status=403, when="before")
    fail(edit.request_edit(orders, wanted(orders, username="x"), PASSWORD, by=admin))
    orders.refresh_from_db()
    assert orders.properties["username"] == "bq_reader"
    assert not SealedCredential.objects.exists()
    assert outcomes("connection.edit") == ["requested", "failed"]


def test_one_that_was_deleted_outside_says_so(emulator: Emulator, orders: Connection, admin: User) -> None:
    emulator.control.delete_connection(orders.full_name)
    operation = fail(edit.request_edit(orders, wanted(orders, friendly_name="x"), by=admin))
    assert operation.error == living.GONE
    assert operation.steps.get().remedy == living.GONE_REMEDY


def test_a_password_that_waited_too_long_is_asked_for_again(orders: Connection, admin: User) -> None:
    operation = edit.request_edit(orders, wanted(orders, database="orders2"), PASSWORD, by=admin)
    SealedCredential.objects.update(expires_at=clock.now())
    fail(operation)
    assert operation.needs_credential
    assert at_google(orders).has_credential
    operations.request_retry(operation, by=admin, credential=PASSWORD)
    carry_out(operation)
    assert at_google(orders).body["configuration"]["asset"]["database"] == "orders2"


def test_what_was_changed_outside_and_not_edited_stays_marked(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.edit_connection(orders.full_name, fields={"description": "by hand"})
    succeed(edit.request_edit(orders, wanted(orders, friendly_name="New"), by=admin))
    orders.refresh_from_db()
    assert (orders.friendly_name, orders.description, orders.drift) == ("New", "", "changed")
    assert at_google(orders).description == "by hand"


CLUSTER = f"//alloydb.googleapis.com/projects/{PROJECT}/locations/us-central1/clusters/orders"
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "alloydb": (
        "us",
        {
            "database": names.filter(bool),
            "username": names.filter(bool),
            "instance": st.sampled_from(["orders-primary", "orders-read"]).map(
                f"{CLUSTER}/instances/{{}}".format
            ),
        },
    ),
    "cloud_sql_postgresql": (
        "us",
        {
            "database": names.filter(bool),
            "username": names.filter(bool),
            "instance": st.sampled_from(["one", "two"]).map(f"{PROJECT}:us-central1:{{}}".format),
        },
    ),
    "sap_hana": (
        "europe-west1",
        {
            "host_port": st.sampled_from(["a.example.com:443", "b.example.com:30015"]),
            "network_attachment": st.sampled_from(
                ["", f"projects/{PROJECT}/regions/europe-west1/networkAttachments/sap"]
            ),
            "username": names.filter(bool),
        },
    ),
}


@st.composite
def edits(draw: Any) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """A kind with a credential, its properties, and some edits that each change a few fields."""
    slug = draw(st.sampled_from(sorted(SOURCES)))
    fields = SOURCES[slug][1]
    start = {name: draw(value) for name, value in fields.items()}
    changes = []
    for _ in range(draw(st.integers(1, 4))):
        chosen = draw(st.sets(st.sampled_from([*fields, "friendly_name", "description"]), min_size=1))
        changes.append({name: draw(fields.get(name, names)) for name in chosen})
    return slug, start, changes


@given(drawn=edits())
@examples(40)
def test_no_edit_ever_clears_the_credential(emulator: Emulator, drawn: Any) -> None:
    """The mask that the portal sends, given to the emulator: it knows Google's rule."""
    slug, properties, changes = drawn
    emulator.reset()
    kind = kinds.get(slug)
    assert set(kind.property_fields) == set(properties), "the test knows every field"
    location = SOURCES[slug][0]
    info = google.create(PROJECT, location, "drawn", kind.body(properties, "secret"))
    row = Connection(kind=slug, properties=dict(properties), location=location, body=dict(info.body))
    for change in changes:
        common = {name: change.get(name, getattr(row, name)) for name in ("friendly_name", "description")}
        own = row.properties | {name: value for name, value in change.items() if name not in common}
        paths = edit.plan(row, Wanted(properties=own, **common))
        if not paths:
            continue
        body = {name: common.get(field, "") for name, (field, _) in COMMON.items() if name in paths}
        if any(path not in COMMON for path in paths):
            body |= kind.body(own, "another")
        info = google.patch(info.name, body, paths)
        assert info.has_credential
        assert kind.seen(own, info.body) == own
        row.friendly_name, row.description = info.friendly_name, info.description
        row.properties, row.body = own, dict(info.body)
        assert (info.friendly_name, info.description) == tuple(common.values())
