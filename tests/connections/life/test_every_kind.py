"""A connection of each kind that answers queries, all its life: made, changed, rotated, tested, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connections import kinds
from connections.services import delete, diagnose, edit, refresh, rotate
from portal.gcp import connections as google
from portal.gcp.errors import NotFound
from portal.models import User
from tests.connections.life.acts import at_google, fail, made, succeed
from tests.support.creation import PROJECT
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db(transaction=True)
REGION, HOST = f"{PROJECT}:us-central1", "finance.hanacloud.example.com:443"
LEDGER = f"projects/{PROJECT}/instances/ledger/databases/ledger"
# The kind, its own values, its password, and a value that may be another one.
LIVES: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "cloud_sql_postgresql": (
        {"instance": f"{REGION}:crm", "database": "crm", "username": "crm_reader"},
        "crm-demo-password",
        {"username": "CRM_READER"},
    ),
    "cloud_sql_mysql": (
        {"instance": f"{REGION}:shop", "database": "shop", "username": "shop_reader"},
        "shop-demo-password",
        {"database": "none"},
    ),
    "sap_hana": (
        {"host_port": HOST, "network_attachment": "", "username": "FINANCE#BIGQUERY"},
        "finance-demo-password",
        {"host_port": "sap.example.com:443"},
    ),
    "spanner": (
        {"database": LEDGER, "parallel": True, "data_boost": False, "database_role": ""},
        "",
        {"database": LEDGER + "x"},
    ),
}


@pytest.fixture
def google_side(emulator: Emulator) -> Emulator:
    """Service agents are there at once, and the portal may read Spanner."""
    emulator.control.agent_delay(0)
    portal = f"serviceAccount:portal@{PROJECT}.iam.gserviceaccount.com"
    emulator.control.outsider(f"projects/{PROJECT}", "roles/spanner.databaseReader", portal)
    return emulator


@pytest.mark.parametrize("slug", sorted(LIVES))
def test_a_whole_life(google_side: Emulator, admin: User, slug: str) -> None:
    properties, password, other = LIVES[slug]
    kind = kinds.get(slug)
    connection = made(slug, kind=slug, properties=properties, password=password)
    assert connection.tested_at, "made, and tested with the kind's own statement"

    own = edit.own_values(connection)
    succeed(edit.request_edit(connection, replace(own, friendly_name="New", kms_key_name=None), by=admin))
    assert at_google(connection).friendly_name == "New"

    connection.refresh_from_db()
    own = edit.own_values(connection)
    wrong = replace(own, properties=properties | other, kms_key_name=None)
    operation = edit.request_edit(connection, wrong, password, by=admin)
    if kind.secret_field:
        assert "test_query" in {step.name for step in operation.steps.all()}
        fail(operation)
    else:
        succeed(operation)
    connection.refresh_from_db()
    fail(diagnose.request_test(connection, by=admin))
    connection.refresh_from_db()
    assert connection.test_report["passed"] is False

    succeed(edit.request_edit(connection, replace(own, kms_key_name=None), password, by=admin))
    if kind.secret_field:
        succeed(rotate.request_rotate(connection, password, by=admin))
    connection.refresh_from_db()
    succeed(diagnose.request_test(connection, by=admin))
    succeed(refresh.request_refresh(connection, by=admin))
    connection.refresh_from_db()
    assert (connection.drift, connection.properties) == (
        "",
        kind.seen(properties, at_google(connection).body),
    )
    assert at_google(connection).has_credential is bool(kind.secret_field)

    succeed(delete.request_delete(connection, by=admin))
    with pytest.raises(NotFound):
        google.get(connection.full_name)
