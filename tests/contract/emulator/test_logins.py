"""Logging in to the database with IAM, through Google's own connectors; and every way to be refused."""

from __future__ import annotations

import pytest
from aiohttp import ClientResponseError
from google.api_core.exceptions import PermissionDenied
from pg8000.exceptions import DatabaseError  # type: ignore[import-untyped]  # no stubs installed

from emulator.backends import Backend
from emulator.client import Control
from emulator.estate import LOGIN_CHECKER
from tests.contract.emulator.logins import CHECKER, INSTANCE, SCOPE, Desk, Pasted, asked
from tests.contract.emulator.test_database_users import execute
from tests.contract.emulator.traffic import NUMBER, PROJECT, Google

ANA = "ana@example.com"
ALERTS = 'resource.type="alloydb.googleapis.com/Instance" AND severity=ALERT'
INVALID = "Request had invalid authentication credentials."
ROLE = "Caller does not have required permission to use project."
MISMATCH = "IAM principal does not match database user."
SCOPES = "Request had insufficient scopes."
CLUSTER = f"alloydb/v1/projects/{PROJECT}/locations/us-central1/clusters/orders"
DRIVERS = ["pg8000", "psycopg"]


def alerts(google: Google, filter_: str = ALERTS) -> list[str]:
    """What the log says of refused logins."""
    order = {"resourceNames": [f"projects/{PROJECT}"], "filter": filter_, "orderBy": "timestamp desc"}
    found = google.post("logging/v2/entries:list", order).body.get("entries", [])
    return [entry["textPayload"] for entry in found]


def take_away(control: Control, role: str) -> None:
    """Take a role from the account that logs in."""
    control.outsider(f"projects/{PROJECT}", role, f"serviceAccount:{LOGIN_CHECKER}", "remove")


@pytest.mark.parametrize("driver", DRIVERS)
def test_alloydb_lets_its_iam_user_in(desk: Desk, driver: str) -> None:
    with desk.alloydb(driver=driver) as connection:
        assert asked(connection) == CHECKER
        assert asked(connection, "SELECT count(*) FROM pg_tables") > 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_cloud_sql_lets_its_iam_user_in(desk: Desk, driver: str) -> None:
    with desk.cloud_sql(driver=driver) as connection:
        assert asked(connection) == CHECKER


def test_a_person_who_was_just_made_a_user_logs_in(desk: Desk, warehouse: Google) -> None:
    for role in ("alloydb.client", "alloydb.databaseUser", "serviceusage.serviceUsageConsumer"):
        desk.control.outsider(f"projects/{PROJECT}", f"roles/{role}", f"user:{ANA}")
    warehouse.post(f"{CLUSTER}/users", {"userType": "ALLOYDB_IAM_USER"}, userId=ANA)
    token = desk.control.token(ANA)
    with desk.alloydb(ANA, credentials=Pasted(token)) as connection:
        assert asked(connection) == ANA
        with pytest.raises(DatabaseError, match="permission denied for table orders"):
            asked(connection, "SELECT count(*) FROM orders")


def test_both_kinds_of_address_lead_there(desk: Desk) -> None:
    for ip_type in ("PUBLIC", "PRIVATE"):
        with desk.alloydb(ip_type=ip_type) as connection:
            assert asked(connection) == CHECKER
        with desk.cloud_sql(ip_type=ip_type) as connection:
            assert asked(connection) == CHECKER


def test_an_invalid_token(desk: Desk, warehouse: Google) -> None:
    for token in ("ya29.none", desk.control.token(LOGIN_CHECKER, lifetime=0)):
        with pytest.raises(ValueError, match=f"has failed with error: {INVALID}"):
            desk.alloydb(login=Pasted(token)).__enter__()
    assert [text.startswith(INVALID) for text in alerts(warehouse)] == [True, True]


def test_a_token_without_the_scope(desk: Desk, warehouse: Google) -> None:
    token = desk.control.token(LOGIN_CHECKER, f"{SCOPE}userinfo.email", f"{SCOPE}sqlservice.login")
    with pytest.raises(ValueError, match=f"has failed with error: {SCOPES}"):
        desk.alloydb(login=Pasted(token)).__enter__()
    assert alerts(warehouse) == [SCOPES]


@pytest.mark.parametrize("scope", ["alloydb.login", "cloud-platform"])
def test_the_scopes_that_are_enough(desk: Desk, scope: str) -> None:
    token = desk.control.token(LOGIN_CHECKER, f"{SCOPE}{scope}")
    with desk.alloydb(login=Pasted(token)) as connection:
        assert asked(connection) == CHECKER


@pytest.mark.parametrize("role", ["roles/alloydb.databaseUser", "roles/serviceusage.serviceUsageConsumer"])
def test_a_missing_role(desk: Desk, warehouse: Google, role: str) -> None:
    take_away(desk.control, role)
    with pytest.raises(ValueError, match=f"has failed with error: {ROLE} Grant the caller the {role} role"):
        desk.alloydb().__enter__()
    assert alerts(warehouse)[0].startswith(ROLE)


def test_another_database_user(desk: Desk, warehouse: Google) -> None:
    warehouse.post(f"{CLUSTER}/users", {"userType": "ALLOYDB_IAM_USER"}, userId=ANA)
    with pytest.raises(DatabaseError, match=MISMATCH) as caught:
        desk.alloydb(ANA).__enter__()
    assert f'AlloyDB IAM user authentication failed for user "{ANA}"' in str(caught.value)
    assert alerts(warehouse) == [MISMATCH]


def test_alerts_tell_the_instance_and_are_found_by_it(desk: Desk, warehouse: Google) -> None:
    with pytest.raises(ValueError, match=INVALID):
        desk.alloydb(login=Pasted("ya29.none")).__enter__()
    of_instance = f'{ALERTS} resource.labels.instance_id="orders-primary" timestamp>="2026-01-01T00:00:00Z"'
    assert len(alerts(warehouse, of_instance)) == 1
    assert alerts(warehouse, of_instance.replace("primary", "read")) == []
    order = {"resourceNames": [f"projects/{PROJECT}"]}
    entry = warehouse.post("logging/v2/entries:list", order).body["entries"][0]
    assert entry["resource"]["labels"] == {
        "resource_container": f"projects/{NUMBER}",
        "location": "us-central1",
        "cluster_id": "orders",
        "instance_id": "orders-primary",
    }


def test_a_connector_without_the_client_role(desk: Desk) -> None:
    take_away(desk.control, "roles/alloydb.client")
    with pytest.raises(PermissionDenied, match=r"alloydb\.instances\.connect"):
        desk.alloydb().__enter__()
    take_away(desk.control, "roles/cloudsql.client")
    with pytest.raises(ClientResponseError, match=r"missing permission cloudsql\.instances\.connect"):
        desk.cloud_sql().__enter__()


def test_cloud_sql_and_another_database_user(desk: Desk, warehouse: Google) -> None:
    users = f"sqladmin/v1/projects/{PROJECT}/instances/crm/users"
    warehouse.post(users, {"name": ANA, "type": "CLOUD_IAM_USER"})
    sentence = f'Cloud SQL IAM user authentication failed for user "{ANA}"'
    with pytest.raises(DatabaseError, match=sentence):
        desk.cloud_sql(ANA).__enter__()
    assert alerts(warehouse, 'resource.type="cloudsql_database"') == [sentence]


def test_cloud_sql_and_a_missing_role(desk: Desk) -> None:
    take_away(desk.control, "roles/cloudsql.instanceUser")
    sentence = f'Cloud SQL IAM service account authentication failed for user "{CHECKER}"'
    with pytest.raises(DatabaseError, match=sentence):
        desk.cloud_sql().__enter__()


def test_cloud_sql_and_a_token_of_another_product(desk: Desk) -> None:
    token = desk.control.token(LOGIN_CHECKER, f"{SCOPE}alloydb.login", f"{SCOPE}sqlservice.admin")
    with pytest.raises(DatabaseError, match="Cloud SQL IAM service account authentication failed"):
        desk.cloud_sql(credentials=Pasted(token)).__enter__()


def test_a_flag_that_is_off(desk: Desk) -> None:
    desk.control.edit_instance(INSTANCE, databaseFlags={"alloydb.iam_authentication": "off"})
    with pytest.raises(DatabaseError, match="IAM authentication is not enabled"):
        desk.alloydb().__enter__()
    desk.control.edit_instance(f"projects/{PROJECT}/instances/crm", settings={"databaseFlags": []})
    with pytest.raises(DatabaseError, match="IAM authentication is not enabled"):
        desk.cloud_sql().__enter__()


def test_a_user_that_does_not_exist(desk: Desk, warehouse: Google) -> None:
    warehouse.send("DELETE", f"{CLUSTER}/users/{CHECKER}")
    with pytest.raises(DatabaseError, match=f'password authentication failed for user "{CHECKER}"'):
        desk.alloydb().__enter__()


def test_a_database_of_another_instance(desk: Desk) -> None:
    with pytest.raises(DatabaseError, match='database "crm" does not exist'):
        desk.alloydb(db="crm").__enter__()


def test_by_hand_the_token_is_the_password(desk: Desk) -> None:
    token = desk.control.token(LOGIN_CHECKER, f"{SCOPE}alloydb.login")
    with desk.alloydb(automatic=False, password=token) as connection:
        assert asked(connection) == CHECKER
    with pytest.raises(DatabaseError, match=INVALID):
        desk.alloydb(automatic=False, password="wrong").__enter__()
    narrow = desk.control.token(LOGIN_CHECKER, f"{SCOPE}sqlservice.login")
    with desk.cloud_sql(automatic=False, password=narrow) as connection:
        assert asked(connection) == CHECKER


def test_built_in_users_prove_their_password(desk: Desk) -> None:
    with desk.alloydb("bq_reader", automatic=False, password="orders-demo-password") as connection:
        assert asked(connection, "SELECT count(*) FROM orders") == 3000
    with desk.cloud_sql("crm_reader", automatic=False, password="crm-demo-password") as connection:
        assert asked(connection, "SELECT count(*) FROM accounts") == 80
    with pytest.raises(DatabaseError, match='password authentication failed for user "crm_reader"'):
        desk.cloud_sql("crm_reader", automatic=False, password="wrong").__enter__()


def test_a_role_that_was_dropped_by_hand(desk: Desk, database: dict[str, Backend]) -> None:
    name = f"projects/{NUMBER}/instances/crm"
    execute(database[name], f'DROP ROLE "{CHECKER}"')
    with pytest.raises(DatabaseError, match=f'password authentication failed for user "{CHECKER}"'):
        desk.cloud_sql().__enter__()
    execute(database[name], f'CREATE ROLE "{CHECKER}" LOGIN')
    execute(database[name], f'GRANT alloydbiamuser, cloudsqliamserviceaccount TO "{CHECKER}"')
