"""Granting a login does all that it needs; ending it takes back what nobody else needs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access import expiry
from access.models import Grant
from connections.logins import at_google, ending, looking, users
from connections.logins.claiming import request_restore
from connections.logins.names import login_of
from connections.models import DatabaseInstance, DatabaseUser
from emulator.client import Control
from emulator.estate import DEMO_CLOUD_SQL, DEMO_INSTANCE
from portal import audit, clock, operations
from portal.gcp import cloudsql_users
from portal.models import AuditEvent, Operation
from tests.connections.logins.desk import (
    ALLOYDB_ROLES,
    ANA,
    BEN,
    CRM,
    LOADER,
    PRIMARY,
    READ_POOL,
    SHOP,
    SQL_ROLES,
    Desk,
    carry_out,
    fail,
    succeed,
)
from tests.support.creation import NUMBER

pytestmark = pytest.mark.django_db(transaction=True)
PROJECT_NAME = f"projects/{NUMBER}"


def test_an_alloydb_login_is_three_roles_and_a_user(desk: Desk) -> None:
    grant = desk.grant()
    assert grant.status == "active"
    assert desk.roles() == ALLOYDB_ROLES
    assert desk.users()["ana@example.com"] == "ALLOYDB_IAM_USER"
    known = desk.known("ana@example.com")
    assert (known.principal, known.observed) == (ANA, "present")
    assert known.intended_at


def test_a_service_account_logs_in_without_its_suffix(desk: Desk) -> None:
    before = desk.roles(LOADER)
    desk.grant(PRIMARY, LOADER)
    desk.grant(CRM, LOADER)
    assert desk.users()["nightly-loader@acme-analytics.iam"] == "ALLOYDB_IAM_USER"
    assert desk.users(CRM)["nightly-loader@acme-analytics.iam"] == "CLOUD_IAM_SERVICE_ACCOUNT"
    assert desk.roles(LOADER) - before == ALLOYDB_ROLES | SQL_ROLES


def test_a_cloud_sql_login_is_two_roles_and_a_user(desk: Desk) -> None:
    desk.grant(CRM)
    assert desk.roles() == SQL_ROLES
    assert desk.users(CRM)["ana@example.com"] == "CLOUD_IAM_USER"


def test_mysql_takes_the_part_before_the_at(desk: Desk) -> None:
    desk.grant(SHOP)
    assert desk.users(SHOP)["ana"] == "CLOUD_IAM_USER"


def test_a_group_becomes_a_user_of_its_type(desk: Desk) -> None:
    desk.grant(CRM, "group:analysts@example.com")
    assert desk.users(CRM)["analysts@example.com"] == "CLOUD_IAM_GROUP"


def test_the_trail_tells_each_claim_with_its_purpose(desk: Desk) -> None:
    desk.grant()
    events = AuditEvent.objects.filter(action="grant.activate", outcome="succeeded")
    told = {event.detail["role"]: event for event in events}
    assert set(told) == ALLOYDB_ROLES | {"database.login"}
    login = told["database.login"]
    assert (login.target, login.detail["database_user"]) == (PRIMARY, "ana@example.com")
    role = told["roles/alloydb.databaseUser"]
    assert (role.detail["origin"], role.detail["purpose"]) == ("login", PRIMARY)
    assert audit.verify().holds


def test_ending_takes_roles_and_user_back(desk: Desk) -> None:
    before = desk.roles(), desk.users()
    desk.grant()
    succeed(desk.end())
    assert (desk.roles(), desk.users()) == before
    assert desk.login().status == "revoked"
    assert desk.known("ana@example.com").intended_at is None
    (event,) = AuditEvent.objects.filter(action="grant.revoke", detail__role="database.login")
    assert event.detail["observed"] == "absent"


@pytest.mark.parametrize("name", [CRM, SHOP])
def test_ending_at_cloud_sql_takes_the_user_back(desk: Desk, name: str) -> None:
    before = desk.users(name)
    desk.grant(name)
    succeed(desk.end(name))
    assert desk.users(name) == before
    assert desk.roles() == set()


def test_what_another_instance_needs_stays(desk: Desk) -> None:
    """Two instances of one cluster share users; roles belong to the project."""
    desk.grant(PRIMARY)
    desk.grant(READ_POOL)
    succeed(desk.end(PRIMARY))
    assert desk.roles() == ALLOYDB_ROLES
    assert "ana@example.com" in desk.users()
    assert desk.login(PRIMARY).observed == Grant.Presence.RELEASED
    succeed(desk.end(READ_POOL))
    assert desk.roles() == set()
    assert "ana@example.com" not in desk.users()


def test_what_was_there_before_the_portal_stays(desk: Desk, google: Control) -> None:
    """A role and a user that somebody else gave are left alone."""
    google.outsider(PROJECT_NAME, "roles/cloudsql.client", LOADER)
    before = desk.roles(LOADER)
    instance = desk.instance(CRM)
    at_google.create(instance, login_of(LOADER, instance.kind))
    desk.grant(CRM, LOADER)
    succeed(desk.end(CRM, LOADER))
    assert desk.roles(LOADER) == before
    assert "nightly-loader@acme-analytics.iam" in desk.users(CRM)
    assert desk.login(CRM, LOADER).observed == Grant.Presence.RELEASED


def test_two_people_with_one_local_part_cannot_both_be_mysql_users(desk: Desk) -> None:
    desk.grant(SHOP)
    failed = fail(desk.ask(SHOP, "user:ana@partner.example"))
    assert "ana is the database user of ana@example.com there already" in failed.error
    assert "part before the @" in failed.error
    assert desk.roles(ANA) == SQL_ROLES
    desk.reconcile()
    assert desk.roles("user:ana@partner.example") == set(), "nothing half granted stays"
    assert desk.login(SHOP, "user:ana@partner.example").status == "failed"
    assert desk.users(SHOP)["ana"] == "CLOUD_IAM_USER"


def test_an_instance_without_the_flag_grants_nothing(desk: Desk, google: Control) -> None:
    google.edit_instance(DEMO_INSTANCE, databaseFlags={"alloydb.iam_authentication": "off"})
    failed = fail(desk.ask())
    assert "alloydb.iam_authentication is not on" in failed.error
    assert desk.roles() == set()
    assert desk.login().status == "failed"
    google.edit_instance(DEMO_INSTANCE, databaseFlags={"alloydb.iam_authentication": "on"})
    operations.request_retry(failed, by=desk.ada)
    succeed(failed)
    assert desk.login().status == "active"


def test_a_retry_after_the_roles_were_taken_back_gives_them_again(desk: Desk, google: Control) -> None:
    google.fault("users.create", status=400, message="The cluster is in maintenance.", times=1)
    failed = fail(desk.ask())
    assert failed.error == "The cluster is in maintenance."
    assert failed.steps.get(name="give_roles").state == "pending"
    desk.reconcile()
    assert desk.roles() == set()
    operations.request_retry(failed, by=desk.ada)
    succeed(failed)
    assert desk.roles() == ALLOYDB_ROLES
    assert desk.login().status == "active"
    succeed(desk.end())
    assert desk.roles() == set()


def test_a_second_approval_prolongs_the_login(desk: Desk) -> None:
    soon, later = clock.now() + timedelta(hours=1), clock.now() + timedelta(days=9)
    succeed(desk.ask(until=later))
    succeed(desk.ask(until=soon))
    grant = desk.login()
    assert abs(grant.expires_at - later) < timedelta(seconds=1)  # type: ignore[operator]
    roles = Grant.objects.filter(origin="login", desired="present")
    assert [role.expires_at for role in roles] == [None] * 3, "they end with the login"
    assert Grant.objects.filter(role="database.login").count() == 1


def test_a_login_that_was_ended_while_it_waited_is_not_granted(desk: Desk) -> None:
    asked = desk.ask()
    ended = desk.end()
    carry_out(asked)
    assert asked.error == users.ENDED
    succeed(ended)
    assert desk.roles() == set()
    assert "ana@example.com" not in desk.users()
    assert desk.login().status == "revoked"


def test_a_user_with_privileges_stays_behind_without_a_role(desk: Desk, google: Control) -> None:
    """PostgreSQL will not drop it; without the role nobody logs in as it."""
    desk.grant()
    sentence = 'role "ana@example.com" cannot be dropped because some objects depend on it'
    google.fault("users.delete", status=400, message=sentence)
    succeed(desk.end())
    assert desk.roles() == set()
    assert desk.login().observed == Grant.Presence.RELEASED
    (left,) = ending.left_behind(desk.instance())
    assert left.name == "ana@example.com"
    cleaning = ending.request_clean(desk.instance(), by=desk.ada)
    assert cleaning is not None
    succeed(cleaning)
    assert "ana@example.com" not in desk.users()
    assert ending.request_clean(desk.instance(), by=desk.ada) is None


def test_a_user_who_could_still_log_in_is_told_loudly(desk: Desk, google: Control) -> None:
    """Another instance's login keeps the role, so the user has to go before the end counts."""
    desk.grant(CRM)
    google.outsider(PROJECT_NAME, "roles/cloudsql.instanceUser", ANA)
    Grant.objects.filter(role="roles/cloudsql.instanceUser").update(intended_at=None)
    sentence = 'role "ana@example.com" cannot be dropped because some objects depend on it'
    google.fault("users.delete", status=400, message=sentence)
    failed = fail(desk.end(CRM))
    assert 'DROP OWNED BY "ana@example.com";' in failed.steps.get(name="take_users_away").remedy
    assert desk.login(CRM).status == "revoking"
    operations.request_retry(failed, by=desk.ada)
    succeed(failed)
    assert "ana@example.com" not in desk.users(CRM)
    assert desk.login(CRM).status == "revoked"


def test_an_end_that_failed_is_asked_for_again_by_the_portal(desk: Desk, google: Control) -> None:
    desk.grant(CRM)
    google.fault("users.delete", status=403, message="Not now.", times=1)
    fail(desk.end(CRM))
    assert desk.login(CRM).status == "revoking"
    Operation.objects.update(ended_at=clock.now() - timedelta(hours=1))
    (again,) = desk.reconcile()
    assert (again.task, again.state) == (ending.TASK, "succeeded")
    assert desk.login(CRM).status == "revoked"


def test_ends_of_several_logins_are_one_operation(desk: Desk) -> None:
    desk.grant(CRM)
    desk.grant(CRM, BEN)
    first, second = desk.end(CRM), desk.end(CRM, BEN)
    assert first == second
    succeed(first)
    assert not {"ana@example.com", "ben@example.com"} & set(desk.users(CRM))


def test_a_look_tells_what_a_login_lacks_once(desk: Desk, google: Control) -> None:
    grant = desk.grant(CRM)
    google.outsider(PROJECT_NAME, "roles/cloudsql.client", ANA, "remove")
    google.edit_instance(DEMO_CLOUD_SQL, settings={"databaseFlags": []})
    for _ in range(2):
        succeed(looking.request_look(desk.instance(CRM), by=desk.ada))
    (event,) = AuditEvent.objects.filter(action="login.drift")
    assert event.detail == {"principal": ANA, "lacks": ["flag", "roles/cloudsql.client"]}
    google.edit_instance(
        DEMO_CLOUD_SQL, settings={"databaseFlags": [{"name": "cloudsql.iam_authentication", "value": "on"}]}
    )
    succeed(request_restore(grant, by=desk.ada))
    assert desk.roles() == SQL_ROLES
    assert desk.instance(CRM).lacks == {}


def test_a_user_that_somebody_took_away_comes_back_by_restoring(desk: Desk) -> None:
    grant = desk.grant(CRM)
    cloudsql_users.delete_user("acme-analytics", "crm", "ana@example.com")
    succeed(looking.request_look(desk.instance(CRM), by=desk.ada))
    assert desk.instance(CRM).lacks == {ANA: ["user"]}
    succeed(request_restore(grant, by=desk.ada))
    assert "ana@example.com" in desk.users(CRM)
    assert desk.known("ana@example.com", CRM).intended_at


def test_the_periodic_look_finds_users_and_who_holds_what(desk: Desk) -> None:
    assert looking.look_at_due() == DatabaseInstance.objects.count()
    assert looking.look_at_due() == 0
    instance = desk.instance(CRM)
    assert (instance.authentication, instance.built_in_users) == ("on", 2)
    checker = "serviceAccount:login-check@acme-analytics.iam.gserviceaccount.com"
    assert set(instance.holders[checker]) == SQL_ROLES
    assert DatabaseUser.objects.get(home=CRM).principal == checker


def test_an_instance_that_is_gone_is_said_to_be(desk: Desk) -> None:
    DatabaseInstance.objects.filter(resource__full_name=CRM).update(instance_id="none")
    carry_out(operation := looking.request_look(desk.instance(CRM), by=desk.ada))
    assert operation.error == looking.GONE
    assert desk.instance(CRM).problem == looking.GONE


def test_one_look_at_a_time(desk: Desk) -> None:
    first = looking.request_look(desk.instance(), by=desk.ada)
    assert looking.request_look(desk.instance(), by=desk.ada) == first


def test_a_restored_login_has_to_hold(desk: Desk) -> None:
    grant = desk.grant()
    succeed(desk.end())
    with pytest.raises(ValueError, match="has ended"):
        request_restore(grant, by=desk.ada)


def test_a_login_that_is_due_ends_by_itself(desk: Desk) -> None:
    succeed(desk.ask(CRM, until=clock.now() + timedelta(days=1)))
    past = clock.now() - timedelta(minutes=1)
    Grant.objects.filter(expires_at__isnull=False).update(expires_at=past)
    expiry.end_due()
    for operation in Operation.objects.filter(state="pending").order_by("created_at"):
        carry_out(operation)
    assert desk.roles() == set()
    assert "ana@example.com" not in desk.users(CRM)
    assert desk.login(CRM).status == "revoked"
