"""Check my login: a worker really logs in to the demo's PostgreSQL, and tells where it breaks and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from pytest_django.fixtures import Settings

from connections.logins import checking
from connections.logins.checking import CannotCheckError, NewCheck
from emulator.estate import LOGIN_CHECKER
from portal import clock
from portal.gcp.login_tokens import ALLOYDB_LOGIN, CLOUD_PLATFORM, CLOUD_SQL_LOGIN
from portal.models import Operation, SealedCredential, User
from tests.connections.logins.counter import CHECKER, Counter, acts, broken, code, states
from tests.connections.logins.desk import ANA, CRM, PRIMARY, SHOP
from tests.support.creation import PROJECT
from tests.support.factories import make_login

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "https://www.googleapis.com/auth/userinfo.email"


@pytest.fixture(autouse=True)
def _account(settings: Settings) -> None:
    """The portal's operator has named the account."""
    settings.LOGIN_CHECK_ACCOUNTS = [LOGIN_CHECKER]


@pytest.mark.parametrize("name", [PRIMARY, CRM])
@pytest.mark.parametrize("network", ["PUBLIC", "PRIVATE"])
def test_the_account_logs_in(counter: Counter, name: str, network: str) -> None:
    operation = counter.check(name, network=network)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert set(states(operation).values()) == {"succeeded"}
    said = {step.name: step.message for step in operation.steps.all()}
    assert LOGIN_CHECKER in said["token"]
    assert said["scopes"].endswith("login.")
    assert said["principal"] == f"{LOGIN_CHECKER} logs in as {CHECKER}."
    assert "Client" in said["roles"]
    assert "is on." in said["flag"]
    assert said["query"] == f"It is {CHECKER}."
    assert [event.outcome for event in acts()] == ["requested", "succeeded"]


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        (PRIMARY, [ALLOYDB_LOGIN]),
        (PRIMARY, [CLOUD_PLATFORM]),
        (CRM, [CLOUD_SQL_LOGIN, EMAIL]),
        (CRM, [CLOUD_PLATFORM]),
    ],
)
def test_a_pasted_token_logs_in_once(counter: Counter, name: str, scopes: list[str]) -> None:
    make_login(counter.instance(name), ANA)
    token = counter.token(*scopes)
    operation = counter.check(name, token=token)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert not SealedCredential.objects.exists()
    assert operation.requested_by == "ana@example.com"
    for event in acts():
        assert event.detail["with"] == "a pasted token"
        assert token not in str(event.detail)


def test_alloydbs_four_failures_and_what_to_do(counter: Counter) -> None:
    name, message, _ = broken(counter.check(token="ya29.none"))
    assert (name, code(message)) == ("token", "invalid-token")
    name, message, _ = broken(counter.check(token=counter.token(CLOUD_SQL_LOGIN)))
    assert (name, code(message)) == ("scopes", "insufficient-scopes")
    name, message, remedy = broken(counter.check(user="bq_reader"))
    assert (name, code(message)) == ("principal", "principal-mismatch")
    assert remedy.startswith(f"Log in as {CHECKER}")
    counter.lose("roles/alloydb.databaseUser")
    operation = counter.check()
    name, message, remedy = broken(operation)
    assert (name, code(message)) == ("login", "permission-missing")
    assert "roles/alloydb.databaseUser" in message
    assert "AlloyDB Database User" in operation.steps.get(name="roles").message
    assert "Request a database login" in remedy


def test_cloud_sqls_two_failures(counter: Counter) -> None:
    counter.lose("roles/cloudsql.instanceUser")
    name, message, _ = broken(counter.check(CRM))
    assert (name, code(message)) == ("login", "cloud-sql-account-refused")
    make_login(counter.instance(CRM), ANA)
    ana = counter.token(CLOUD_SQL_LOGIN, email="ana@example.com")
    name, message, _ = broken(counter.check(CRM, token=ana, user="ana@example.com"))
    assert (name, code(message)) == ("login", "cloud-sql-user-refused")


def test_a_flag_that_is_off(counter: Counter) -> None:
    counter.desk.google.edit_instance(PRIMARY, databaseFlags={"alloydb.iam_authentication": "off"})
    name, message, remedy = broken(counter.check())
    assert (name, code(message)) == ("flag", "flag-off")
    assert "gcloud alloydb instances update" in remedy


def test_no_certificate_without_the_client_role(counter: Counter) -> None:
    counter.lose("roles/alloydb.client")
    name, message, _ = broken(counter.check())
    assert (name, code(message)) == ("certificate", "client-role-missing")


def test_an_account_that_the_portal_may_not_impersonate(counter: Counter, settings: Settings) -> None:
    other = f"nightly-loader@{PROJECT}.iam.gserviceaccount.com"
    settings.LOGIN_CHECK_ACCOUNTS = [other]
    name, message, remedy = broken(counter.check(account=other))
    assert (name, code(message)) == ("token", "impersonation-denied")
    assert "Service Account Token Creator" in remedy


def test_an_instance_that_is_gone(counter: Counter) -> None:
    counter.desk.google.fault("instances.get", times=1, status=404, when="before")
    operation = counter.check()
    assert states(operation)["flag"] == "failed"


def test_who_may_have_what_checked(counter: Counter, olga: User) -> None:
    with pytest.raises(PermissionDenied):
        counter.check(by=olga)
    with pytest.raises(PermissionDenied):
        counter.check(account="other@p.iam.gserviceaccount.com")
    with pytest.raises(CannotCheckError):
        counter.check(SHOP)
    with pytest.raises(ValueError, match="a service account or a token"):
        counter.check(token="x", account=LOGIN_CHECKER)
    assert not Operation.objects.filter(task=checking.TASK).exists()
    assert checking.accounts(counter.desk.ada) == [LOGIN_CHECKER]
    assert checking.accounts(olga) == []


def test_an_administrator_who_is_none_any_more(counter: Counter) -> None:
    new = NewCheck(
        instance=counter.instance(PRIMARY),
        database="orders",
        user=CHECKER,
        network="PUBLIC",
        account=LOGIN_CHECKER,
    )
    operation = checking.request_check(new, by=counter.desk.ada)
    counter.desk.ada.groups.clear()
    assert counter.carry_out(operation).state == Operation.State.FAILED
    assert operation.error == "ada@example.com may not do this any more."


def test_a_token_that_waited_too_long(counter: Counter) -> None:
    new = NewCheck(instance=counter.instance(PRIMARY), database="orders", user=CHECKER, network="PUBLIC")
    operation = checking.request_check(new, counter.token(), by=counter.ana)
    SealedCredential.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    name, message, remedy = broken(counter.carry_out(operation))
    assert (name, message) == ("token", "The token is no longer kept.")
    assert "new check" in remedy
    assert not operation.needs_credential


def test_google_fails_for_a_moment(counter: Counter) -> None:
    counter.desk.google.fault("tokeninfo", times=1, status=503, when="before")
    operation = counter.check(token=counter.token())
    assert operation.state == Operation.State.WAITING
    assert SealedCredential.objects.filter(operation=operation).exists()
    Operation.objects.update(run_after=clock.now() - timedelta(seconds=1))
    assert counter.carry_out(operation).state == Operation.State.SUCCEEDED


def test_a_worker_that_took_over_goes_on_with_the_stage_that_was_reached(counter: Counter) -> None:
    new = NewCheck(instance=counter.instance(PRIMARY), database="orders", user=CHECKER, network="PUBLIC")
    operation = checking.request_check(new, counter.token(), by=counter.ana)
    operation.steps.filter(name__in=["token", "scopes", "certificate"]).update(state="succeeded")
    assert counter.carry_out(operation).state == Operation.State.SUCCEEDED, operation.error


def test_the_last_check_is_ones_own(counter: Counter, olga: User) -> None:
    shown = counter.check()
    instance = counter.instance(PRIMARY)
    assert checking.last(instance, counter.desk.ada) == shown
    assert checking.last(instance, olga) is None
    assert checking.last(counter.instance(CRM), counter.desk.ada) is None


def test_one_at_a_time(counter: Counter) -> None:
    """Workers have access to take away, too: nobody lines up checks before that."""
    new = NewCheck(instance=counter.instance(PRIMARY), database="orders", user=CHECKER, network="PUBLIC")
    first = checking.request_check(new, counter.token(), by=counter.ana)
    with pytest.raises(CannotCheckError, match="under way"):
        checking.request_check(new, counter.token(), by=counter.ana)
    assert SealedCredential.objects.count() == 1
    counter.carry_out(first)
    assert first.is_over
    checking.request_check(new, counter.token(), by=counter.ana)
