"""EXTERNAL_QUERY through Cloud SQL, where PostgreSQL answers, and what stands in for other databases."""

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
        (crm("us-central1:shop", type="MYSQL"), "MysqlErrorCode(1045)"),
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


def shop(password: str = "shop-demo-password", **block: Any) -> JSON:
    """A connection to the demo company's MySQL."""
    body = crm("us-central1:shop", type="MYSQL", **{"database": "shop", **block})
    body["cloudSql"]["credential"] = {"username": "shop_reader", "password": password}
    return body


def test_mysql_answers_a_constant_to_its_one_user(sales: Google) -> None:
    sales.create("shop", shop())
    assert rows(query(sales, "SELECT 1", "us.shop")) == [["1"]]
    refused(query(sales, "SELECT * FROM orders", "us.shop"), "no SQL on Cloud SQL for MySQL", 501)
    sales.create("wrong", shop("wrong"))
    refused(query(sales, connection="us.wrong"), "MysqlErrorCode(1045): Access denied for user 'shop_reader'")
    sales.create("elsewhere", shop(database="Shop"))
    refused(query(sales, connection="us.elsewhere"), "MysqlErrorCode(1049): Unknown database 'Shop'")


def test_mysql_needs_the_agents_role_too(warehouse: Google) -> None:
    warehouse.create("shop", shop())
    refused(query(warehouse, connection="us.shop"), "MysqlErrorCode(2013)")


def sap(host: str = "finance.hanacloud.example.com:443", password: str = "finance-demo-password") -> JSON:
    """A connection to the demo company's SAP Datasphere."""
    login = {"username": "FINANCE#BIGQUERY", "password": {"plaintext": password}}
    own = {"endpoint": {"hostPort": host}, "authentication": {"usernamePassword": login}}
    return {"configuration": {"connectorId": "saphana", **own}}


def test_sap_hana_has_no_select_without_from(warehouse: Google) -> None:
    warehouse.create("finance", sap())
    assert rows(query(warehouse, "SELECT 1 FROM DUMMY", "us.finance")) == [["1"]]
    refused(query(warehouse, "SELECT 1", "us.finance"), "no SQL on SAP HANA", 501)
    warehouse.create("wrong", sap(password="wrong"))
    refused(query(warehouse, "SELECT 1 FROM DUMMY", "us.wrong"), "authentication failed")
    warehouse.create("nowhere", sap("sap.example.com:443"))
    refused(query(warehouse, "SELECT 1 FROM DUMMY", "us.nowhere"), "Cannot connect to host sap.example.com")
