"""The portal's account fetches certificates for those who may have them, and the trail says for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from access.models import Grant
from connections.logins import lending
from connections.models import DatabaseUser
from emulator.estate import LOGIN_CHECKER
from portal import clock
from portal.gcp.login_tokens import ALLOYDB_LOGIN, CLOUD_PLATFORM, CLOUD_SQL_ADMIN, CLOUD_SQL_LOGIN
from portal.models import AuditEvent, Operation, User
from tests.connections.logins.counter import Counter, acts, broken, code
from tests.connections.logins.desk import ANA, CRM, PRIMARY, READ_POOL
from tests.support.factories import make_instance, make_login, make_project

pytestmark = pytest.mark.django_db(transaction=True)
NARROW = {PRIMARY: ALLOYDB_LOGIN, CRM: CLOUD_SQL_LOGIN}


@pytest.fixture(autouse=True)
def _account(settings: Settings) -> None:
    """The portal's operator has named the account."""
    settings.LOGIN_CHECK_ACCOUNTS = [LOGIN_CHECKER]


def lent() -> list[AuditEvent]:
    """What the audit trail tells of the account's use."""
    return list(AuditEvent.objects.filter(action=lending.ACTION).order_by("position"))


@pytest.mark.parametrize("name", [PRIMARY, CRM])
def test_a_narrow_token_of_somebody_without_a_login_gets_no_certificate(counter: Counter, name: str) -> None:
    operation = counter.check(name, token=counter.token(NARROW[name]))
    stage, message, remedy = broken(operation)
    assert (stage, code(message)) == ("certificate", "certificate-not-lent")
    assert "Request a database login first" in remedy
    assert not lent()
    minted = counter.desk.google.counts().get("serviceAccounts.generateAccessToken", 0)
    assert minted == 0, "the portal made no token of its account"
    assert acts()[-1].outcome == "failed"


@pytest.mark.parametrize("name", [PRIMARY, CRM])
def test_who_has_a_login_borrows_the_account_and_it_is_written_down(counter: Counter, name: str) -> None:
    make_login(counter.instance(name), ANA)
    operation = counter.check(name, token=counter.token(NARROW[name]))
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    (event,) = lent()
    assert (event.actor, event.target, event.outcome) == ("ana@example.com", name, "requested")
    assert event.detail["account"] == LOGIN_CHECKER
    assert event.operation == str(operation.pk)
    said = operation.steps.get(name="certificate").message
    assert f"with {LOGIN_CHECKER}, which the portal lends" in said


@pytest.mark.parametrize(
    ("name", "scopes"),
    [(PRIMARY, [CLOUD_PLATFORM]), (CRM, [CLOUD_PLATFORM]), (CRM, [CLOUD_SQL_ADMIN, CLOUD_SQL_LOGIN])],
)
def test_a_token_that_can_fetch_the_certificate_does(counter: Counter, name: str, scopes: list[str]) -> None:
    operation = counter.check(name, token=counter.token(*scopes))
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert "with the token itself" in operation.steps.get(name="certificate").message
    assert not lent()


def test_the_portals_client_role_does_not_stand_in_for_the_persons(counter: Counter) -> None:
    """Ana's wide token is tried as it is: that she lacks the client role shows."""
    make_login(counter.instance(PRIMARY), ANA)
    token = counter.token(CLOUD_PLATFORM, email="ana@example.com")
    stage, message, _ = broken(counter.check(token=token, user="ana@example.com"))
    assert (stage, code(message)) == ("certificate", "client-role-missing")
    assert "with the token itself" in message
    assert not lent()


def test_an_administrator_and_an_owner_may_borrow_it(counter: Counter, olga: User) -> None:
    instance = counter.instance(PRIMARY)
    assert not lending.may_borrow(olga, instance)
    instance.resource.owners.add(olga)
    for who in (counter.desk.ada, olga):
        operation = counter.check(token=counter.token(ALLOYDB_LOGIN), by=who)
        assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert [event.actor for event in lent()] == ["ada@example.com", "olga@example.com"]


def test_the_right_is_asked_for_when_it_is_used(counter: Counter, ana: User) -> None:
    """A login that ended, or an account that was closed, between the request and the worker."""
    grant = make_login(counter.instance(PRIMARY), ANA)
    first = counter.ask(token=counter.token(ALLOYDB_LOGIN))
    Grant.objects.filter(pk=grant.pk).update(desired=Grant.Presence.ABSENT)
    assert code(broken(counter.carry_out(first))[1]) == "certificate-not-lent"

    Grant.objects.filter(pk=grant.pk).update(desired=Grant.Presence.PRESENT)
    second = counter.ask(token=counter.token(ALLOYDB_LOGIN))
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert code(broken(counter.carry_out(second))[1]) == "certificate-not-lent"
    assert not lent()


def test_what_counts_as_a_login(db: None, ana: User, aurel: User) -> None:
    instance = make_instance(make_project())
    assert not lending.may_borrow(aurel, instance), "who may read everything borrows nothing"
    assert not lending.may_borrow(ana, instance)
    grant = make_login(instance, ANA, observed=Grant.Presence.UNKNOWN)
    assert not lending.may_borrow(ana, instance), "approved, and not there yet"
    Grant.objects.filter(pk=grant.pk).update(observed=Grant.Presence.PRESENT)
    assert lending.may_borrow(ana, instance)
    Grant.objects.filter(pk=grant.pk).update(desired=Grant.Presence.ABSENT)
    assert not lending.may_borrow(ana, instance), "ended, though the user that the portal made is left"
    DatabaseUser.objects.update(intended_at=None)
    assert lending.may_borrow(ana, instance), "a database user that somebody else made"
    DatabaseUser.objects.update(
        observed=DatabaseUser.Presence.ABSENT, seen_at=clock.now() - timedelta(days=1)
    )
    assert not lending.may_borrow(ana, instance)


def test_a_login_elsewhere_is_none_here(counter: Counter, ana: User) -> None:
    make_login(counter.instance(READ_POOL), ANA)
    assert lending.may_borrow(ana, counter.instance(READ_POOL))
    assert not lending.may_borrow(ana, counter.instance(PRIMARY)), "another instance of the same cluster"
    assert not lending.may_borrow(ana, counter.instance(CRM))


def test_a_worker_that_took_over_borrows_anew(counter: Counter) -> None:
    make_login(counter.instance(PRIMARY), ANA)
    operation = counter.ask(token=counter.token(ALLOYDB_LOGIN))
    counter.desk.google.fault("serviceAccounts.generateAccessToken", times=1, status=503, when="before")
    assert counter.carry_out(operation).state == Operation.State.WAITING
    Operation.objects.update(run_after=clock.now() - timedelta(seconds=1))
    assert counter.carry_out(operation).state == Operation.State.SUCCEEDED
    assert len(lent()) == 2, "each use has its event"


def test_without_an_account_there_is_nothing_to_lend(counter: Counter, settings: Settings) -> None:
    settings.LOGIN_CHECK_ACCOUNTS = []
    make_login(counter.instance(PRIMARY), ANA)
    stage, _, remedy = broken(counter.check(token=counter.token(ALLOYDB_LOGIN)))
    assert stage == "certificate"
    assert "PORTAL_LOGIN_CHECK_ACCOUNTS" in remedy
