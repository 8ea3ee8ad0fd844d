"""kill -9 of the worker while it makes, changes and deletes connections of every kind, all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connections import kinds
from connections.models import Connection
from connections.services import delete, edit, rotate
from emulator.client import Control
from portal.gcp import connections as gateway
from portal.models import Operation, SealedCredential
from tests.connections.kinds.samples import SAMPLES, properties
from tests.faults.conftest import until_over
from tests.faults.moments import APPLIED, ARRIVES, Moment
from tests.faults.outcome import assert_trail_holds
from tests.support.creation import NUMBER, PROJECT, administrator, ask_for
from tests.support.crew import Crew
from tests.support.google_side import Picture, applied

pytestmark = pytest.mark.django_db(transaction=True)
# What lets a test pass: the users of the demo's databases.
LOGINS: dict[str, tuple[dict[str, Any], str]] = {
    "alloydb": ({}, "orders-demo-password"),
    "cloud_sql_postgresql": ({"username": "crm_reader"}, "crm-demo-password"),
    "cloud_sql_mysql": ({"username": "shop_reader"}, "shop-demo-password"),
    "sap_hana": (
        {"host_port": "finance.hanacloud.example.com:443", "username": "FINANCE#BIGQUERY"},
        "finance-demo-password",
    ),
}
INSTANCE = f"//alloydb.googleapis.com/projects/{PROJECT}/locations/us-central1/clusters/orders/instances"


def ask_for_each() -> list[Operation]:
    """Ask for a connection of every kind."""
    asked = []
    for slug, sample in SAMPLES.items():
        own, password = LOGINS.get(slug, ({}, ""))
        values = properties(slug) | own
        if slug == "alloydb":
            values["instance"] = f"{INSTANCE}/orders-primary"
        given = {"kind": slug, "location": sample.location, "properties": values, "share": ()}
        asked.append(ask_for(f"a_{slug}", password=password, test_query=bool(password), **given))
    return asked


def killed_while(crew: Crew, google: Control, moment: Moment, ask: Callable[[], list[Operation]]) -> None:
    """Have one worker begin with everything, kill it at the moment, and have the next one end it."""
    worker = crew.worker()
    google.clear_calls()
    moment.hold(google)
    operations = ask()
    moment.wait(google)
    moment.kill(worker, google, operations[0])
    google.release()
    crew.successor()
    for operation in operations:
        until_over(operation)
        assert operation.state == Operation.State.SUCCEEDED, (operation.title, operation.error)
    assert not SealedCredential.objects.exists()
    assert_trail_holds()


def test_kill_9_in_every_kinds_life(crew: Crew, google: Control, before: Picture) -> None:
    """Made, then edited, rotated and deleted: each act is done once for each, whoever began it."""
    killed_while(crew, google, Moment("connections.create", APPLIED), ask_for_each)
    made = {row.kind: row for row in Connection.objects.all()}
    assert set(made) == {kind.slug for kind in kinds.all_kinds()}
    added = before.added(google)
    names = {f"projects/{NUMBER}/locations/{row.location}/connections/{row}" for row in made.values()}
    assert set(added["connections"]) == names
    assert applied(google, "connections.create") == len(made)
    needed = {
        (role.role, f"serviceAccount:{row.service_account}", "")
        for row in made.values()
        for role in kinds.get(row.kind).roles(row.properties)
    }
    assert set(added["bindings"]) == needed
    for slug, row in made.items():
        kind, info = kinds.get(slug), gateway.get(row.full_name)
        assert kind.seen(row.properties, info.body) == row.properties
        assert info.has_credential is bool(kind.secret_field)

    killed_while(crew, google, Moment("connections.patch", APPLIED), lambda: rename_each(made))
    for row in made.values():
        assert gateway.get(row.full_name).friendly_name == f"New {row.kind}"

    killed_while(crew, google, Moment("connections.patch", ARRIVES), lambda: rotate_each(made))
    for slug in LOGINS:
        assert gateway.get(made[slug].full_name).has_credential

    killed_while(crew, google, Moment("connections.delete", APPLIED), lambda: delete_each(made))
    assert before.added(google) == {"connections": [], "bindings": []}
    assert applied(google, "connections.delete") == len(made)


def rename_each(made: dict[str, Connection]) -> list[Operation]:
    by = administrator()
    return [
        edit.request_edit(
            row, replace(edit.own_values(row), friendly_name=f"New {row.kind}", kms_key_name=None), by=by
        )
        for row in made.values()
    ]


def rotate_each(made: dict[str, Connection]) -> list[Operation]:
    by = administrator()
    return [rotate.request_rotate(made[slug], password, by=by) for slug, (_, password) in LOGINS.items()]


def delete_each(made: dict[str, Connection]) -> list[Operation]:
    by = administrator()
    return [delete.request_delete(row, by=by) for row in made.values()]
