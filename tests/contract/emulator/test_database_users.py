"""Database users: their names, their types, and the roles that they really are."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from emulator.backends import Backend
from emulator.client import Control
from emulator.estate import DEMO_CLOUD_SQL, DEMO_INSTANCE
from tests.contract.emulator.traffic import PROJECT, Google, Reply

CLUSTER_USERS = f"alloydb/v1/projects/{PROJECT}/locations/us-central1/clusters/orders/users"
SQL = f"sqladmin/v1/projects/{PROJECT}/instances"
ANA = "ana@example.com"


def alloydb(api: Google, user: str, kind: str = "ALLOYDB_IAM_USER") -> Reply:
    """Add a user to the cluster."""
    return api.post(CLUSTER_USERS, {"userType": kind}, userId=user)


def insert(api: Google, name: str, kind: str = "CLOUD_IAM_USER", instance: str = "crm") -> Reply:
    """Add a user to a Cloud SQL instance."""
    return api.post(f"{SQL}/{instance}/users", {"name": name, "type": kind})


def remove(api: Google, name: str, instance: str = "crm") -> Reply:
    """Take a user from a Cloud SQL instance."""
    return api.send("DELETE", f"{SQL}/{instance}/users", query={"name": name})


def users(api: Google, instance: str = "crm") -> dict[str, str]:
    """Names and types."""
    found = api.get(f"{SQL}/{instance}/users").body["items"]
    return {user["name"]: user["type"] for user in found}


def execute(backend: Backend, statement: str) -> list[tuple[Any, ...]]:
    """What the database's administrator does by hand, in the first database of an instance."""
    with psycopg.connect(
        host=backend.host, port=backend.port, user="postgres", dbname=backend.databases[0], autocommit=True
    ) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def has_role(backend: Backend, name: str) -> bool:
    """Whether PostgreSQL has the role."""
    return bool(execute(backend, f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"))


def test_alloydb_answers_the_user_at_once(warehouse: Google, database: dict[str, Backend]) -> None:
    made = alloydb(warehouse, ANA)
    name = f"projects/{PROJECT}/locations/us-central1/clusters/orders/users/{ANA}"
    assert made.body == {
        "name": name,
        "userType": "ALLOYDB_IAM_USER",
        "databaseRoles": ["alloydbiamuser"],
    }
    assert warehouse.get(f"{CLUSTER_USERS}/{ANA}").body == made.body
    assert has_role(database[DEMO_INSTANCE], ANA)
    again = alloydb(warehouse, ANA)
    assert (again.status, again.reason) == (409, "ALREADY_EXISTS")
    assert warehouse.send("DELETE", f"{CLUSTER_USERS}/{ANA}").status == 200
    assert warehouse.get(f"{CLUSTER_USERS}/{ANA}").status == 404
    assert not has_role(database[DEMO_INSTANCE], ANA)


def test_a_new_user_has_no_privileges(warehouse: Google, database: dict[str, Backend]) -> None:
    alloydb(warehouse, ANA)
    may = f"SELECT has_table_privilege('{ANA}', 'orders', 'SELECT')"
    assert execute(database[DEMO_INSTANCE], may) == [(False,)]


def test_a_user_with_privileges_is_not_deleted(warehouse: Google, database: dict[str, Backend]) -> None:
    alloydb(warehouse, ANA)
    execute(database[DEMO_INSTANCE], f'GRANT SELECT ON orders TO "{ANA}"')
    refused = warehouse.send("DELETE", f"{CLUSTER_USERS}/{ANA}")
    assert (refused.status, "cannot be dropped" in refused.message) == (400, True)
    execute(database[DEMO_INSTANCE], f'REVOKE SELECT ON orders FROM "{ANA}"')
    assert warehouse.send("DELETE", f"{CLUSTER_USERS}/{ANA}").status == 200


@pytest.mark.parametrize(
    ("user", "kind", "status"),
    [
        ("report@acme-analytics.iam", "ALLOYDB_IAM_USER", 200),
        ("analysts@example.com", "ALLOYDB_IAM_GROUP", 200),
        ("report@acme-analytics.iam.gserviceaccount.com", "ALLOYDB_IAM_USER", 400),
        ("ana", "ALLOYDB_IAM_USER", 400),
        ("ana", "ALLOYDB_BUILT_IN", 501),
    ],
)
def test_alloydb_user_ids(api: Google, user: str, kind: str, status: int) -> None:
    assert alloydb(api, user, kind).status == status


def test_alloydb_users_take_a_permission_and_a_cluster(api: Google) -> None:
    assert api.by("analyst@example.com").get(CLUSTER_USERS).status == 403
    assert alloydb(api.by("auditor@example.com"), ANA).status == 403
    assert api.get(CLUSTER_USERS.replace("orders", "none")).status == 404
    first = api.get(CLUSTER_USERS, pageSize=2).body
    assert len(first["users"]) == 2
    assert len(api.get(CLUSTER_USERS, pageToken=first["nextPageToken"]).body["users"]) == 1


def test_cloud_sql_answers_an_operation(warehouse: Google, database: dict[str, Backend]) -> None:
    operation = insert(warehouse, "Ana@Example.com").body
    assert (operation["operationType"], operation["status"]) == ("CREATE_USER", "RUNNING")
    time.sleep(0.25)
    path = f"sqladmin/v1/projects/{PROJECT}/operations/{operation['name']}"
    assert warehouse.get(path).body["status"] == "DONE"
    assert users(warehouse)[ANA] == "CLOUD_IAM_USER"
    assert has_role(database[DEMO_CLOUD_SQL], ANA)
    assert insert(warehouse, ANA).status == 409
    assert remove(warehouse, ANA).body["operationType"] == "DELETE_USER"
    assert ANA not in users(warehouse)
    assert not has_role(database[DEMO_CLOUD_SQL], ANA)
    assert remove(warehouse, ANA).status == 404


def test_a_cloud_sql_user_with_privileges_is_not_deleted(
    warehouse: Google, database: dict[str, Backend]
) -> None:
    insert(warehouse, ANA)
    execute(database[DEMO_CLOUD_SQL], f'GRANT SELECT ON accounts TO "{ANA}"')
    refused = remove(warehouse, ANA)
    assert refused.status == 400
    assert f'failed to delete user {ANA}: . role "{ANA}" cannot be dropped because some objects' in (
        refused.message
    )


def test_a_user_of_both_products_stays_until_the_last(
    warehouse: Google, database: dict[str, Backend]
) -> None:
    alloydb(warehouse, ANA)
    insert(warehouse, ANA)
    remove(warehouse, ANA)
    assert has_role(database[DEMO_INSTANCE], ANA)
    warehouse.send("DELETE", f"{CLUSTER_USERS}/{ANA}")
    assert not has_role(database[DEMO_INSTANCE], ANA)


def test_a_reset_takes_roles_with_their_privileges(
    warehouse: Google, warehouse_control: Control, database: dict[str, Backend]
) -> None:
    alloydb(warehouse, ANA)
    execute(database[DEMO_INSTANCE], f'GRANT SELECT ON orders TO "{ANA}"')
    warehouse_control.reset()
    assert not has_role(database[DEMO_INSTANCE], ANA)
    assert has_role(database[DEMO_INSTANCE], "login-check@acme-analytics.iam")


ACCOUNT = "report@acme-analytics.iam"


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        (ACCOUNT, "CLOUD_IAM_SERVICE_ACCOUNT", 200),
        (f"{ACCOUNT}.gserviceaccount.com", "CLOUD_IAM_SERVICE_ACCOUNT", 400),
        (ACCOUNT, "CLOUD_IAM_USER", 400),
        (ANA, "CLOUD_IAM_SERVICE_ACCOUNT", 400),
        ("analysts@example.com", "CLOUD_IAM_GROUP", 200),
        ("ana", "CLOUD_IAM_USER", 400),
        ("ana", "BUILT_IN", 501),
    ],
)
def test_names_on_postgresql(api: Google, name: str, kind: str, status: int) -> None:
    assert insert(api, name, kind).status == status


def test_mysql_cuts_names_at_the_at(api: Google) -> None:
    assert insert(api, ANA, instance="shop").status == 200
    insert(api, f"{ACCOUNT}.gserviceaccount.com", "CLOUD_IAM_SERVICE_ACCOUNT", "shop")
    assert {"ana", "report"} <= set(users(api, "shop"))
    assert api.get(f"{SQL}/shop/users/ana").body["iamEmail"] == ANA
    clash = insert(api, "ana@partner.example.com", instance="shop")
    assert (clash.status, clash.reason) == (409, "ALREADY_EXISTS")
    assert "it is the database user of ana@example.com" in clash.message


def test_the_flag_must_be_on(api: Google, control: Control) -> None:
    for instance in ("crm", "shop"):
        control.edit_instance(f"projects/{PROJECT}/instances/{instance}", settings={"databaseFlags": []})
        refused = insert(api, ANA, instance=instance)
        assert (refused.status, "not enabled for the instance" in refused.message) == (400, True)


def test_the_portals_own_role_is_enough_and_a_viewers_is_not(api: Google) -> None:
    assert insert(api.by("auditor@example.com"), ANA).status == 403
    assert api.by("auditor@example.com").get(f"{SQL}/crm/users").status == 200
