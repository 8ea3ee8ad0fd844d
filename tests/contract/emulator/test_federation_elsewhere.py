"""EXTERNAL_QUERY through Cloud SQL, where PostgreSQL really answers, and through Spanner."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.client import Control
from tests.contract.emulator.test_queries import NO_WAY, query, refused, rows
from tests.contract.emulator.traffic import AGENT, JSON, PROJECT, Google

MEMBER = f"serviceAccount:{AGENT}"
LEDGER = f"projects/{PROJECT}/instances/ledger/databases/ledger"


def crm(instance: str = "us-central1:crm", *, password: str = "crm-demo-password", **block: Any) -> JSON:
    """A Cloud SQL connection's body."""
    credential = {"username": "crm_reader", "password": password}
    own = {"instanceId": f"{PROJECT}:{instance}", "database": "crm", "type": "POSTGRES", **block}
    return {"cloudSql": {**own, "credential": credential}}


@pytest.fixture
def sales(warehouse: Google, warehouse_control: Control) -> Google:
    """A Cloud SQL connection that works."""
    warehouse.create("crm", crm())
    warehouse_control.outsider(f"projects/{PROJECT}", "roles/cloudsql.client", MEMBER)
    return warehouse


def test_a_query_on_cloud_sql_passes(sales: Google) -> None:
    inner = "SELECT count(*) FROM accounts"
    assert rows(query(sales, inner, "us.crm")) == [["80"]]


def test_the_agent_needs_the_role_of_cloud_sql(warehouse: Google, warehouse_control: Control) -> None:
    warehouse.create("crm", crm())
    warehouse_control.outsider(f"projects/{PROJECT}", "roles/alloydb.client", MEMBER)
    refused(query(warehouse, connection="us.crm"), NO_WAY)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (crm(password="wrong"), 'FATAL: password authentication failed for user "crm_reader"'),
        (crm(database="orders"), 'FATAL: database "orders" does not exist'),
        (crm("us-east1:crm"), NO_WAY),
        (crm("us-central1:none"), NO_WAY),
        (crm(type="MYSQL"), "MysqlErrorCode(2013)"),
        (crm("us-central1:shop", type="MYSQL"), "MysqlErrorCode(2013)"),
        (crm("europe-west1:crm"), "cannot be queried from location"),
    ],
)
def test_what_is_in_the_way(sales: Google, body: JSON, sentence: str) -> None:
    sales.create("other", body)
    refused(query(sales, connection="us.other"), sentence)


def test_users_of_one_instance_are_strangers_to_the_other(sales: Google) -> None:
    body = crm()
    body["cloudSql"]["credential"] = {"username": "bq_reader", "password": "orders-demo-password"}
    sales.create("other", body)
    refused(query(sales, connection="us.other"), 'FATAL: permission denied for database "crm"')


def test_an_iam_user_has_no_password_that_could_be_given(sales: Google) -> None:
    body = crm()
    body["cloudSql"]["credential"] = {"username": "login-check@acme-analytics.iam", "password": "guess"}
    sales.create("other", body)
    refused(query(sales, connection="us.other"), "FATAL: password authentication failed for user")


@pytest.fixture
def ledger(warehouse: Google) -> Google:
    """A Spanner connection, asked by somebody who may read the database."""
    warehouse.create("ledger", {"cloudSpanner": {"database": LEDGER}})
    return warehouse.by("admin@example.com")


def test_spanner_answers_a_constant(ledger: Google) -> None:
    assert rows(query(ledger, "SELECT 1", "us.ledger")) == [["1"]]
    assert query(ledger, "SELECT 7 AS n", "us.ledger").body["schema"]["fields"][0]["name"] == "n"


def test_other_statements_are_not_emulated(ledger: Google) -> None:
    refused(query(ledger, "SELECT * FROM bookings", "us.ledger"), "no SQL on Cloud Spanner", 501)


def test_spanner_asks_for_the_callers_permission(warehouse: Google, ledger: Google) -> None:
    assert query(warehouse, "SELECT 1", "us.ledger").status == 403
    ledger.create(
        "boost", {"cloudSpanner": {"database": LEDGER, "useParallelism": True, "useDataBoost": True}}
    )
    assert query(warehouse, "SELECT 1", "us.boost").status == 403
    ledger.create("none", {"cloudSpanner": {"database": LEDGER + "x"}})
    assert query(ledger, "SELECT 1", "us.none").status == 404
