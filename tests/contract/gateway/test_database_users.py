"""Database users and instance flags, as the portal reads and changes them."""

from __future__ import annotations

import pytest

from emulator.client import Control
from emulator.estate import DEMO_CLOUD_SQL, DEMO_INSTANCE
from portal.gcp import alloydb, alloydb_users, cloudsql, cloudsql_users, errors
from tests.contract.gateway.conftest import NUMBER, PROJECT
from tests.support.processes import wait_until

CLUSTER = f"projects/{PROJECT}/locations/us-central1/clusters/orders"
ANA = "ana@example.com"


def finished(operation: cloudsql_users.OperationInfo) -> None:
    """Wait until Cloud SQL says that a change is done."""
    if not operation.done:
        name = operation.name
        wait_until(lambda: cloudsql_users.get_operation(PROJECT, name).done, seconds=5, what="it is done")
    assert not operation.error


def test_one_instance_tells_its_flags(control: Control) -> None:
    """And what was changed at it since."""
    name = DEMO_INSTANCE.replace(str(NUMBER), PROJECT)
    assert alloydb.get_instance(name).flags == {"alloydb.iam_authentication": "on"}
    control.edit_instance(DEMO_INSTANCE, databaseFlags={"alloydb.iam_authentication": "off"})
    assert alloydb.get_instance(name).flags["alloydb.iam_authentication"] == "off"
    crm = cloudsql.get_instance(PROJECT, "crm")
    assert crm.flags == {"cloudsql.iam_authentication": "on"}
    assert crm.ssl_mode == "ENCRYPTED_ONLY"
    with pytest.raises(errors.NotFound):
        alloydb.get_instance(f"{CLUSTER}/instances/none")
    with pytest.raises(errors.NotFound):
        cloudsql.get_instance(PROJECT, "none")


def test_an_alloydb_user_comes_and_goes(control: Control) -> None:
    """A second one of the same name does not."""
    assert alloydb_users.create_user(CLUSTER, ANA, "ALLOYDB_IAM_USER").type == "ALLOYDB_IAM_USER"
    assert alloydb_users.UserInfo(ANA, "ALLOYDB_IAM_USER") in alloydb_users.list_users(CLUSTER)
    with pytest.raises(errors.AlreadyExists):
        alloydb_users.create_user(CLUSTER, ANA, "ALLOYDB_IAM_USER")
    alloydb_users.delete_user(CLUSTER, ANA)
    assert ANA not in {user.name for user in alloydb_users.list_users(CLUSTER)}
    with pytest.raises(errors.NotFound):
        alloydb_users.delete_user(CLUSTER, ANA)


def test_a_user_whose_address_has_odd_signs(control: Control) -> None:
    """They are legal in an address, and are quoted in the path."""
    odd = "o'neil+x#1&y?z=%@example.com"
    alloydb_users.create_user(CLUSTER, odd, "ALLOYDB_IAM_USER")
    assert odd in {user.name for user in alloydb_users.list_users(CLUSTER)}
    alloydb_users.delete_user(CLUSTER, odd)
    assert odd not in {user.name for user in alloydb_users.list_users(CLUSTER)}


def test_a_cloud_sql_user_comes_and_goes(control: Control) -> None:
    """Each time by an operation."""
    finished(cloudsql_users.insert_user(PROJECT, "crm", ANA, "CLOUD_IAM_USER"))
    assert {user.name: user.type for user in cloudsql_users.list_users(PROJECT, "crm")}[
        ANA
    ] == "CLOUD_IAM_USER"
    finished(cloudsql_users.delete_user(PROJECT, "crm", ANA))
    assert ANA not in {user.name for user in cloudsql_users.list_users(PROJECT, "crm")}
    with pytest.raises(errors.NotFound):
        cloudsql_users.delete_user(PROJECT, "crm", ANA)


def test_mysql_keeps_the_whole_address_beside_the_short_name(control: Control) -> None:
    """So that the portal can tell whose it is."""
    finished(cloudsql_users.insert_user(PROJECT, "shop", ANA, "CLOUD_IAM_USER"))
    (ana,) = [user for user in cloudsql_users.list_users(PROJECT, "shop") if user.name == "ana"]
    assert (ana.email, ana.host, ana.type) == (ANA, "%", "CLOUD_IAM_USER")
    with pytest.raises(errors.AlreadyExists, match="part before the @"):
        cloudsql_users.insert_user(PROJECT, "shop", "ana@partner.example", "CLOUD_IAM_USER")
    finished(cloudsql_users.delete_user(PROJECT, "shop", "ana", "%"))


def test_an_instance_without_the_flag_refuses_iam_users(control: Control) -> None:
    """Cloud SQL does; its sentence says why."""
    control.edit_instance(DEMO_CLOUD_SQL, settings={"databaseFlags": []})
    with pytest.raises(errors.InvalidRequest, match="not enabled"):
        cloudsql_users.insert_user(PROJECT, "crm", ANA, "CLOUD_IAM_USER")


def test_names_that_cannot_be_are_not_sent(control: Control) -> None:
    """A path is no place for them."""
    with pytest.raises(ValueError, match="not the name"):
        alloydb_users.list_users("projects/p/clusters/c")
    with pytest.raises(ValueError, match="not the name"):
        alloydb.get_instance("projects/p/instances/../x")
    with pytest.raises(ValueError, match="not the id"):
        cloudsql_users.list_users(PROJECT, "../crm")
    with pytest.raises(ValueError, match="not the name"):
        cloudsql_users.get_operation(PROJECT, "../x")
