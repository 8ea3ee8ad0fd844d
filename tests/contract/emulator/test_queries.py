"""EXTERNAL_QUERY: everything that can refuse it, and the real PostgreSQL when nothing does."""

from __future__ import annotations

import time
from typing import Any

import pytest

from emulator.client import Control
from tests.contract.emulator.traffic import (
    AGENT,
    CLUSTER,
    NUMBER,
    PROJECT,
    Google,
    Reply,
    alloydb,
    cloud_sql,
)

QUERIES = f"bigquery/v2/projects/{PROJECT}/queries"
RESOURCE = f"projects/{PROJECT}"
MEMBER = f"serviceAccount:{AGENT}"
NO_WAY = "Connect to PostgreSQL server failed: server closed the connection unexpectedly"
EU = (
    CLUSTER.replace("us-central1", "europe-west1").replace("orders", "orders-eu")
    + "/instances/orders-eu-primary"
)
KEY = f"projects/{PROJECT}/locations/us/keyRings/portal/cryptoKeys/connections-us"


def query(api: Google, inner: str = "SELECT 1 AS one", connection: str = "us.orders", **more: Any) -> Reply:
    """Ask through a connection of the project."""
    sql = f"SELECT * FROM EXTERNAL_QUERY('{PROJECT}.{connection}', '''{inner}''')"
    return api.post(QUERIES, {"query": sql, "useLegacySql": False, "location": "US", **more})


def rows(reply: Reply) -> list[list[str | None]]:
    """The values of an answer."""
    assert reply.status == 200, reply.body
    return [[cell["v"] for cell in row["f"]] for row in reply.body.get("rows", [])]


@pytest.fixture
def orders(warehouse: Google, warehouse_control: Control) -> Google:
    """A connection that works."""
    warehouse.create("orders", alloydb())
    warehouse_control.outsider(RESOURCE, "roles/alloydb.client", MEMBER)
    return warehouse


def test_a_query_passes(orders: Google) -> None:
    reply = query(orders)
    assert rows(reply) == [["1"]]
    assert reply.body["schema"]["fields"] == [{"name": "one", "type": "INTEGER", "mode": "NULLABLE"}]
    assert reply.body["jobReference"]["location"] == "US"


def test_the_demo_tables_are_there(orders: Google) -> None:
    inner = "SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM products), count(*) FROM orders"
    assert rows(query(orders, inner)) == [["600", "120", "3000"]]
    assert int(str(rows(query(orders, "SELECT count(*) FROM order_items"))[0][0])) > 5000


def test_values_come_in_bigquerys_types(orders: Google) -> None:
    inner = (
        "SELECT 7::bigint, 1.5::float8, 12.30::numeric(10,2), true, NULL::text, 'ä'::text, "
        "decode('00ff', 'hex'),"
        " '2024-02-29'::date, '12:34:56'::time, '2024-01-01 00:00:00.5+00'::timestamptz, '{}'::jsonb"
    )
    reply = query(orders, inner)
    kinds = [field["type"] for field in reply.body["schema"]["fields"]]
    assert " ".join(kinds) == "INTEGER FLOAT NUMERIC BOOLEAN STRING STRING BYTES DATE TIME TIMESTAMP STRING"
    values = ["7", "1.5", "12.30", "true", None, "ä", "AP8=", "2024-02-29", "12:34:56", "1704067200.500000"]
    assert rows(reply)[0][:-1] == values
    micros = query(orders, inner, formatOptions={"useInt64Timestamp": True})
    assert rows(micros)[0][9] == "1704067200500000"


def test_columns_limit_and_names(orders: Google) -> None:
    path = f"projects/{PROJECT}/locations/US/connections/orders"
    sql = (
        "SELECT id, `name` AS title -- a comment\n"
        f'FROM EXTERNAL_QUERY("{path}", "SELECT * FROM products ORDER BY id") AS p LIMIT 2;'
    )
    reply = orders.post(QUERIES, {"query": sql, "useLegacySql": False, "location": "us"})
    assert [field["name"] for field in reply.body["schema"]["fields"]] == ["id", "title"]
    assert [row[0] for row in rows(reply)] == ["1", "2"]
    short = sql.replace("id, ", "colour, ")
    reply = orders.post(QUERIES, {"query": short, "useLegacySql": False, "location": "us"})
    assert reply.message.startswith("Unrecognized name: colour")


def test_results_come_in_pages(orders: Google) -> None:
    first = query(orders, "SELECT id FROM customers ORDER BY id", maxResults=400)
    job = first.body["jobReference"]["jobId"]
    assert (first.body["totalRows"], len(first.body["rows"])) == ("600", 400)
    second = orders.get(f"{QUERIES}/{job}", pageToken=first.body["pageToken"], maxResults=400, location="US")
    assert rows(second)[0] == ["401"]
    assert "pageToken" not in second.body
    assert orders.get(f"{QUERIES}/job_none").status == 404
    assert orders.by("analyst@example.com").get(f"{QUERIES}/{job}").status == 403


def test_a_slow_query_is_waited_for(orders: Google) -> None:
    reply = query(orders, "SELECT 1 FROM pg_sleep(0.3)", timeoutMs=50)
    assert (reply.status, reply.body["jobComplete"]) == (200, False)
    done = orders.get(f"{QUERIES}/{reply.body['jobReference']['jobId']}", timeoutMs=5000)
    assert (done.body["jobComplete"], rows(done)) == (True, [["1"]])


def refused(reply: Reply, sentence: str, status: int = 400) -> None:
    """The answer is BigQuery's refusal with this sentence in it."""
    assert (reply.status, sentence in reply.message) == (status, True), reply.body


def test_a_wrong_password(orders: Google) -> None:
    orders.create("wrong", alloydb(password="not-it"))
    reply = query(orders, connection="us.wrong")
    refused(
        reply,
        "Invalid table-valued function EXTERNAL_QUERY\nFailed to connect to PostgreSQL database. Error: "
        'FATAL: password authentication failed for user "bq_reader"',
    )
    assert reply.body["error"]["errors"][0]["reason"] == "invalidQuery"
    assert "not-it" not in repr(reply.body)


def test_a_rotated_password_counts_at_once(orders: Google) -> None:
    login = {"username": "bq_reader", "password": {"plaintext": "not-it"}}
    body = {"configuration": {"authentication": {"usernamePassword": login}}}
    mask = "configuration.authentication.usernamePassword"
    orders.patch("orders", body, mask)
    assert query(orders).status == 400
    orders.patch("orders", alloydb(), mask)
    assert query(orders).status == 200


def test_no_credential(orders: Google) -> None:
    orders.patch("orders", alloydb(), "configuration.asset")
    refused(query(orders), "has no credential")


def test_a_database_that_is_not_there(orders: Google) -> None:
    orders.create("none", alloydb(database="none"))
    refused(query(orders, connection="us.none"), 'Error: FATAL: database "none" does not exist')


@pytest.mark.parametrize("role", ["roles/alloydb.viewer", "roles/cloudsql.client"])
def test_an_agent_without_its_role(warehouse: Google, warehouse_control: Control, role: str) -> None:
    warehouse.create("orders", alloydb())
    refused(query(warehouse), NO_WAY)
    warehouse_control.outsider(RESOURCE, role, MEMBER)
    refused(query(warehouse), NO_WAY)


def test_an_agent_that_does_not_exist_yet(orders: Google, warehouse_control: Control) -> None:
    warehouse_control.service_account(AGENT, exists=False)
    refused(query(orders), NO_WAY)
    warehouse_control.service_account(AGENT, exists=True)
    assert query(orders).status == 200


def test_a_custom_role_of_the_agent_counts(warehouse: Google, warehouse_control: Control) -> None:
    warehouse.create("orders", alloydb())
    warehouse_control.outsider(RESOURCE, f"projects/{PROJECT}/roles/databaseConnector", MEMBER)
    assert query(warehouse).status == 200


def test_a_condition_on_the_agents_role_counts(warehouse: Google, warehouse_control: Control) -> None:
    warehouse.create("orders", alloydb())
    over = {"title": "over", "expression": 'request.time < timestamp("2020-01-01T00:00:00Z")'}
    warehouse_control.outsider(RESOURCE, "roles/alloydb.client", MEMBER, condition=over)
    refused(query(warehouse), NO_WAY)


def test_a_caller_without_jobs_create(orders: Google) -> None:
    sentence = f"User does not have bigquery.jobs.create permission in project {PROJECT}"
    refused(query(orders.by("stranger@example.com")), sentence, 403)


def test_a_caller_without_connections_use(orders: Google) -> None:
    analyst = orders.by("analyst@example.com")
    sentence = f"Connection {NUMBER}.us.orders: User does not have bigquery.connections.use permission for"
    refused(query(analyst), sentence, 403)
    binding = {"role": "roles/bigquery.connectionUser", "members": ["user:analyst@example.com"]}
    path = f"bigqueryconnection/v1/projects/{PROJECT}/locations/us/connections/orders"
    orders.set_policy(path, {"bindings": [binding]})
    assert query(analyst).status == 200


def test_a_wrong_location_or_id(orders: Google) -> None:
    refused(query(orders, connection="us.none"), f"Not found: Connection {PROJECT}.us.none", 404)
    refused(query(orders, connection="eu.orders"), "Not found: Connection", 404)
    refused(query(orders, location="EU"), "Not found: Connection", 404)
    assert query(orders, location="mars").status == 400


@pytest.mark.parametrize(
    ("location", "instance", "reached"),
    [
        ("us", "", True),
        ("us-central1", "", True),
        ("us-east1", "", False),
        ("eu", "", False),
        ("us", EU, False),
    ],
)
def test_regions_that_fit(orders: Google, location: str, instance: str, reached: bool) -> None:
    orders.create("r", alloydb(resource=instance) if instance else alloydb(), location)
    reply = query(orders, connection=f"{location}.r", location=location)
    assert (reply.status == 200) is reached
    if not reached:
        refused(reply, "cannot be queried from location")


def test_an_instance_with_nothing_behind_it(orders: Google) -> None:
    orders.create("r", alloydb(resource=EU), "eu")
    refused(query(orders, connection="eu.r", location="EU"), NO_WAY)


def test_mysql_has_words_of_its_own(orders: Google) -> None:
    body = cloud_sql()
    body["cloudSql"]["type"] = "MYSQL"
    orders.create("shop", body)
    refused(query(orders, connection="us.shop"), "MysqlErrorCode(2013): Lost connection to MySQL server")


def test_kinds_without_federation(orders: Google) -> None:
    orders.create("lake", {"cloudResource": {}})
    refused(query(orders, connection="us.lake"), "cloudResource")


def test_a_key_that_may_no_longer_be_used(orders: Google) -> None:
    orders.create("locked", alloydb(kmsKeyName=KEY))
    assert query(orders, connection="us.locked").status == 200
    orders.by("admin@example.com").set_policy(f"cloudkms/v1/{KEY}", {"bindings": []})
    reply = query(orders, connection="us.locked")
    refused(
        reply, "Cloud KMS Error: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource", 403
    )


@pytest.mark.parametrize(
    ("inner", "sentence"),
    [
        (
            "SELECT * FROM staff_salaries",
            "Failed to fetch row from PostgreSQL server. Error: ERROR: permission denied",
        ),
        ("SELECT * FROM nothing", 'ERROR: relation "nothing" does not exist'),
        ("SELEC 1", "syntax error"),
        ("DELETE FROM orders RETURNING id", "cannot execute DELETE in a read-only transaction"),
        ("CREATE TABLE x (i int)", "read-only transaction"),
        ("SELECT 1; SELECT 2", "cannot insert multiple commands"),
        ("SELECT ARRAY[1]", "PostgreSQL type (OID = 1007) is not supported now"),
        ("SELECT id FROM generate_series(1, 10002) AS id", "at most 10000 rows"),
    ],
)
def test_what_the_database_refuses(orders: Google, inner: str, sentence: str) -> None:
    refused(query(orders, inner), sentence)


def test_legacy_sql_is_the_default_and_does_not_know_it(orders: Google) -> None:
    sql = f"SELECT * FROM EXTERNAL_QUERY('{PROJECT}.us.orders', 'SELECT 1')"
    assert orders.post(QUERIES, {"query": sql, "location": "US"}).status == 400
    assert orders.post(QUERIES, {"query": "", "useLegacySql": False}).status == 400


def test_queries_do_not_hold_up_other_calls(orders: Google) -> None:
    query(orders, "SELECT 1 FROM pg_sleep(6)", timeoutMs=1)
    begun = time.monotonic()
    orders.get(f"cloudresourcemanager/v3/projects/{PROJECT}")
    assert time.monotonic() - begun < 5
