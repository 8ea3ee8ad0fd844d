"""The page of Check my login: who may try what, and that a token is never seen again."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from connections import tasks
from connections.logins import checking
from connections.logins.products import Product
from connections.models import DatabaseInstance
from emulator.estate import LOGIN_CHECKER
from portal.models import Operation, SealedCredential, User
from tests.connections.logins.desk import ANA, CRM, Desk
from tests.support.factories import make_login
from tests.support.pages import sign_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/databases/projects/acme-analytics/instances/crm/check/"
CHECKER = LOGIN_CHECKER.removesuffix(".gserviceaccount.com")


@pytest.fixture(autouse=True)
def _account(settings: Settings) -> None:
    settings.LOGIN_CHECK_ACCOUNTS = [LOGIN_CHECKER]


def asked(**more: str) -> dict[str, Any]:
    """A form that is filled in."""
    return {"database": "crm", "network": "public", "user": "", "token": "", **more}


def carried_out() -> Operation:
    """The check, done by a worker."""
    operation = Operation.objects.get(task=checking.TASK)
    tasks.check_login(str(operation.pk))
    operation.refresh_from_db()
    return operation


def test_an_analyst_pastes_a_token(desk: Desk, ana: User) -> None:
    browser, token = sign_in(ana), desk.google.token("ana@example.com")
    assert "Not checked yet" in text_of(browser.get(URL))
    response = browser.post(URL, asked(token=token))
    assert (response.status_code, response.headers["Location"]) == (302, URL)

    waiting = browser.get(URL)
    assert "every 1s" in waiting.content.decode()
    assert SealedCredential.objects.count() == 1
    operation = carried_out()

    assert operation.parameters["user"] == "ana@example.com", "her own, where the field is empty"
    over = browser.get(URL)
    assert "every 1s" not in over.content.decode()
    text = text_of(over)
    assert "Not seen on the account itself: Cloud SQL Instance User" in text
    assert "cloudsql.instances.get" in text
    assert "Request database login" in text
    for page in (waiting, over, browser.get(operation.get_absolute_url())):
        assert token not in page.content.decode()
    assert SealedCredential.objects.count() == 0


def test_an_administrator_has_the_account_tried(ada: User, desk: Desk) -> None:
    browser = sign_in(ada)
    assert LOGIN_CHECKER in text_of(browser.get(URL))
    assert browser.post(URL, asked(account=LOGIN_CHECKER)).status_code == 302
    assert carried_out().state == Operation.State.SUCCEEDED
    assert f"It is {CHECKER}." in text_of(browser.get(URL))


def test_an_analyst_may_not_have_the_account_tried(desk: Desk, ana: User) -> None:
    browser = sign_in(ana)
    assert LOGIN_CHECKER not in text_of(browser.get(URL))
    assert browser.post(URL, asked(account=LOGIN_CHECKER)).status_code == 422
    assert not Operation.objects.filter(task=checking.TASK).exists()


def test_mistakes(desk: Desk, ana: User) -> None:
    browser, token = sign_in(ana), "ya29.canary"
    assert "Paste a token." in text_of(browser.post(URL, asked()))
    for data in (
        asked(token=token, database=""),
        asked(token=token, network="psc"),
        asked(token=token * 900),
    ):
        response = browser.post(URL, data)
        assert response.status_code == 422
        assert token not in response.content.decode()
    assert not SealedCredential.objects.exists()


def test_others_checks_are_not_shown(desk: Desk, ana: User, olga: User) -> None:
    sign_in(ana).post(URL, asked(token="ya29.none"))
    carried_out()
    assert "Google does not take this token" in text_of(sign_in(ana).get(URL))
    assert "Not checked yet" in text_of(sign_in(olga).get(URL))


def test_mysql_is_not_checked(desk: Desk, ana: User) -> None:
    DatabaseInstance.objects.update(product=Product.MYSQL)
    browser = sign_in(ana)
    assert "Not for MySQL" in text_of(browser.get(URL))
    assert browser.post(URL, asked(token="x")).status_code == 422
    assert not Operation.objects.filter(task=checking.TASK).exists()


def test_the_page_says_whose_account_is_used(ada: User, desk: Desk, ana: User, settings: Settings) -> None:
    text = text_of(sign_in(ana).get(URL))
    assert "Whose account is used" in text
    assert "and you do not" in text
    assert LOGIN_CHECKER not in text, "what she may not borrow is not named to her"
    make_login(desk.instance(CRM), ANA)
    assert f"the portal lends {LOGIN_CHECKER}" in text_of(sign_in(ana).get(URL))
    assert "With a service account, that account." in text_of(sign_in(ada).get(URL))
    settings.LOGIN_CHECK_ACCOUNTS = []
    assert "has named no account for it" in text_of(sign_in(ana).get(URL))
