"""Testing a connection: which cause is found, and what mends it."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from access.models import Grant
from connections.models import Connection
from connections.services import diagnose, living, refresh, repair, rotate
from emulator import services as agents
from portal import clock, operations
from portal.gcp import kms
from portal.gcp import projects as google_projects
from portal.gcp.policies import PRINCIPAL_LIMIT
from portal.models import User
from tests.connections.life.acts import fail, made, outcomes, succeed
from tests.support.creation import AGENT, ALLOYDB_CLIENT, NUMBER, PASSWORD, PROJECT
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db(transaction=True)
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/portal/cryptoKeys/connections-us-central1"
ENCRYPTER = f"serviceAccount:{agents.encryption_account(str(NUMBER))}"


@pytest.fixture(autouse=True)
def quickly(settings: Settings) -> None:
    """A role acts at once here."""
    settings.PROPAGATION_SECONDS = 0


def broken(connection: Connection, admin: User) -> dict[str, Any]:
    """Test it; return the first broken cause."""
    fail(diagnose.request_test(connection, by=admin))
    connection.refresh_from_db()
    assert not connection.test_report["passed"]
    return dict(next(item for item in connection.test_report["checks"] if item["state"] == "failed"))


def test_it_passes(orders: Connection, admin: User) -> None:
    operation = diagnose.request_test(orders, by=admin)
    assert diagnose.request_test(orders, by=admin).pk == operation.pk, "one at a time"
    succeed(operation)
    orders.refresh_from_db()
    assert orders.test_report["passed"]
    assert outcomes("connection.test") == ["requested", "succeeded"]


@pytest.mark.parametrize("api", ["bigqueryconnection", "bigquery"])
def test_an_api_that_is_off(emulator: Emulator, orders: Connection, admin: User, api: str) -> None:
    succeed(diagnose.request_test(orders, by=admin))
    emulator.control.service(PROJECT, f"{api}.googleapis.com", enabled=False)
    cause = broken(orders, admin)
    assert "is disabled" in cause["message"]
    assert cause["remedy"].endswith(f"gcloud services enable {api}.googleapis.com --project={PROJECT}")
    assert orders.test_report["message"] == cause["message"], "not the test that passed before"


def test_what_google_refuses_to_be_asked_is_the_cause(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.fault("jobs.query", times=1, status=401, when="before")
    cause = broken(orders, admin)
    assert (cause["code"], cause["action"]) == ("asked", "")
    assert cause["remedy"]


def test_each_run_of_a_test_tells_its_own_cause(emulator: Emulator, orders: Connection, admin: User) -> None:
    emulator.control.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT, "remove")
    asked = fail(diagnose.request_test(orders, by=admin))
    emulator.control.fault("jobs.query", times=1, status=401, when="before")
    operations.request_retry(asked, by=admin)
    fail(asked)
    orders.refresh_from_db()
    assert [item["code"] for item in orders.test_report["checks"]] == ["asked"]


def test_one_that_was_made_anew_keeps_its_own_report(orders: Connection, admin: User) -> None:
    asked = diagnose.request_test(orders, by=admin)
    Connection.objects.update(created_at=clock.now())
    fail(asked)
    orders.refresh_from_db()
    assert orders.test_report == {}


def test_one_that_is_gone(emulator: Emulator, orders: Connection, admin: User) -> None:
    emulator.control.delete_connection(orders.full_name)
    assert broken(orders, admin)["code"] == "exists"


def test_one_without_a_credential_and_what_mends_it(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.edit_connection(orders.full_name, drop_credential=True)
    cause = broken(orders, admin)
    assert (cause["code"], cause["action"]) == ("credential", "rotate")
    succeed(rotate.request_rotate(orders, PASSWORD, by=admin))
    succeed(diagnose.request_test(orders, by=admin))


def test_a_role_that_was_taken_away_and_what_mends_it(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT, "remove")
    cause = broken(orders, admin)
    assert (cause["code"], cause["action"]) == ("agent", "grant")
    assert "alloydb.instances.connect" in cause["message"]

    succeed(repair.request_grant_roles(orders, by=admin))

    assert google_projects.get_policy(PROJECT).has(ALLOYDB_CLIENT, AGENT)
    succeed(diagnose.request_test(orders, by=admin))
    assert Grant.objects.filter(origin=Grant.Origin.SERVICE_AGENT).count() == 1


def test_a_role_that_google_refused_is_given_by_a_retry(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    emulator.control.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT, "remove")
    policy = google_projects.get_policy(PROJECT)
    crowd = [
        ("roles/logging.viewer", f"user:filler{number}@example.com")
        for number in range(PRINCIPAL_LIMIT - policy.principals())
    ]
    google_projects.set_policy(PROJECT, policy.changed(additions=crowd))
    operation = fail(repair.request_grant_roles(orders, by=admin))
    assert "more than 1,500 principals" in operation.error

    emulator.control.outsider(f"projects/{PROJECT}", *crowd[0], "remove")
    operations.request_retry(operation, by=admin)

    succeed(operation)
    assert google_projects.get_policy(PROJECT).has(ALLOYDB_CLIENT, AGENT)


def test_a_custom_role_with_the_permission_counts(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    role = f"projects/{PROJECT}/roles/connector"
    emulator.control.custom_role(role, "alloydb.instances.connect")
    emulator.control.outsider(f"projects/{PROJECT}", role, AGENT)
    emulator.control.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT, "remove")
    emulator.control.edit_connection(orders.full_name, drop_credential=True)
    broken(orders, admin)
    (agent,) = [item for item in orders.test_report["checks"] if item["code"] == "agent"]
    assert agent["state"] == "passed"
    assert role in agent["message"]


def test_a_region_out_of_reach(emulator: Emulator, orders: Connection, admin: User) -> None:
    far = orders.properties["instance"].replace("us-central1", "europe-west1")
    fields = {"configuration": {"asset": {"googleCloudResource": far}}}
    emulator.control.edit_connection(orders.full_name, fields=fields)
    cause = broken(orders, admin)
    assert (cause["code"], cause["action"]) == ("region", "edit")


def test_a_wrong_password(orders: Connection, admin: User) -> None:
    fail(rotate.request_rotate(orders, "wrong", by=admin))
    cause = broken(orders, admin)
    assert (cause["code"], cause["action"]) == ("password", "rotate")
    assert "password authentication failed" in cause["message"]


def test_a_database_that_is_not_there(emulator: Emulator, orders: Connection, admin: User) -> None:
    emulator.control.edit_connection(
        orders.full_name, fields={"configuration": {"asset": {"database": "nowhere"}}}
    )
    cause = broken(orders, admin)
    assert (cause["code"], cause["action"]) == ("database", "edit")


def test_an_instance_that_cannot_be_reached(emulator: Emulator, orders: Connection, admin: User) -> None:
    other = orders.properties["instance"].replace("orders-primary", "nobody")
    fields = {"configuration": {"asset": {"googleCloudResource": other}}}
    emulator.control.edit_connection(orders.full_name, fields=fields)
    assert broken(orders, admin)["code"] == "database"


def test_the_portal_itself_may_not(emulator: Emulator, orders: Connection, admin: User) -> None:
    message = f"Access Denied: Project {PROJECT}: User does not have bigquery.jobs.create permission"
    emulator.control.fault("jobs.query", times=1, status=403, message=message, when="before")
    cause = broken(orders, admin)
    assert cause["code"] == "caller"


def test_a_key_that_may_not_be_used_and_what_mends_it(emulator: Emulator, admin: User) -> None:
    emulator.control.agent_delay(0)
    emulator.control.outsider(KEY, kms.KEY_ROLE, ENCRYPTER)
    emulator.control.outsider(
        f"projects/{PROJECT}",
        "roles/cloudkms.admin",
        "serviceAccount:portal@acme-analytics.iam.gserviceaccount.com",
    )
    locked = made("locked", location="us-central1", kms_key_name=KEY)
    emulator.control.outsider(KEY, kms.KEY_ROLE, ENCRYPTER, "remove")
    cause = broken(locked, admin)
    assert (cause["code"], cause["action"]) == ("key", "grant_key")

    succeed(repair.request_grant_key(locked, by=admin))

    assert kms.get_policy(KEY).has(kms.KEY_ROLE, ENCRYPTER)
    locked.refresh_from_db()
    assert locked.key_report["state"] == "passed"
    succeed(diagnose.request_test(locked, by=admin))
    assert outcomes("connection.grant") == ["requested", "succeeded"]


def test_whether_the_key_can_be_used_is_looked_at_with_the_connection(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    Connection.objects.update(kms_key_name=KEY)
    for role_is_there, state in ((False, "unsure"), (True, "passed")):
        emulator.control.outsider(KEY, kms.KEY_ROLE, ENCRYPTER, "add" if role_is_there else "remove")
        succeed(refresh.request_refresh(orders, by=admin))
        orders.refresh_from_db()
        assert orders.key_report["state"] == state
        assert ENCRYPTER.partition(":")[2] in orders.key_report["remedy" if state == "unsure" else "message"]


def test_a_key_whose_policy_the_portal_may_not_change(
    emulator: Emulator, orders: Connection, admin: User
) -> None:
    Connection.objects.update(kms_key_name=KEY)
    emulator.control.fault("cryptoKeys.setIamPolicy", times=1, status=403, when="before")
    operation = fail(repair.request_grant_key(orders, by=admin))
    assert operation.error


def test_no_key(orders: Connection, admin: User) -> None:
    with pytest.raises(living.NotNowError):
        repair.request_grant_key(orders, by=admin)
