"""Sessions end: after an hour without a request, after twelve hours in all, and when asked to."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.portal import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(cast: people.Cast) -> Client:
    """An analyst who has opened a page."""
    browser = people.signed_in(cast.analyst)
    assert is_in(browser)
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/operations/").status_code == 200


def pretend(browser: Client, name: str, seconds_ago: float) -> None:
    """Change when the session started, or was seen last."""
    session = browser.session
    session[name] = time.time() - seconds_ago
    session.save()


def test_an_idle_session_ends(browser: Client, settings: Settings) -> None:
    pretend(browser, "session_seen", settings.SESSION_IDLE_SECONDS - 60)
    assert is_in(browser)
    pretend(browser, "session_seen", settings.SESSION_IDLE_SECONDS + 1)
    assert not is_in(browser)
    assert not is_in(browser), "and stays ended"


def test_a_request_prolongs_it(browser: Client, settings: Settings) -> None:
    pretend(browser, "session_seen", settings.SESSION_IDLE_SECONDS - 60)
    assert is_in(browser)
    assert time.time() - browser.session["session_seen"] < 10


def test_a_page_that_asks_by_itself_does_not_prolong_it(browser: Client, settings: Settings) -> None:
    pretend(browser, "session_seen", settings.SESSION_IDLE_SECONDS - 60)
    seen = browser.session["session_seen"]
    assert browser.get("/operations/", headers={"Unattended": "yes"}).status_code == 200
    assert browser.session["session_seen"] == seen
    pretend(browser, "session_seen", settings.SESSION_IDLE_SECONDS + 1)
    assert browser.get("/operations/", headers={"Unattended": "yes"}).status_code == 302
    assert not is_in(browser)


def test_after_twelve_hours_it_ends_however_busy(browser: Client, settings: Settings) -> None:
    assert settings.SESSION_COOKIE_AGE == 12 * 60 * 60
    pretend(browser, "session_started", settings.SESSION_COOKIE_AGE + 1)
    assert not is_in(browser)


def test_signing_in_takes_a_new_session(cast: people.Cast) -> None:
    browser = Client()
    browser.get("/accounts/login/")
    planted = browser.session
    planted["planted"] = True
    planted.save()
    browser.cookies["portal-session"] = str(planted.session_key)
    browser.post("/accounts/login/", {"login": cast.analyst.email, "password": people.PASSWORD})
    assert browser.cookies["portal-session"].value != planted.session_key
    assert is_in(browser)


def test_signing_out_ends_it_on_the_server(browser: Client) -> None:
    stolen = browser.cookies["portal-session"].value
    browser.post("/accounts/logout/")
    thief = Client()
    thief.cookies["portal-session"] = stolen
    assert not is_in(thief)


def test_an_act_asks_for_a_second_factor_where_required(cast: people.Cast, settings: Settings) -> None:
    settings.REQUIRE_MFA = True
    answer = people.signed_in(cast.admin).post("/people/invite/", {"email": "new@example.com"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/2fa/")


@pytest.mark.parametrize("following", ["https://evil.example", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_after_signing_in(cast: people.Cast, following: str) -> None:
    answer = Client().post(
        f"/accounts/login/?next={following}", {"login": cast.analyst.email, "password": people.PASSWORD}
    )
    assert answer.headers["Location"] == "/"
    browser = people.signed_in(cast.analyst)
    answer = browser.post(f"/sign-in-again/?next={following}")
    assert answer.headers["Location"] == "/accounts/login/?next=%2F"


def test_who_guesses_passwords_is_slowed_down(cast: people.Cast) -> None:
    browser = Client()
    wrong = {"login": cast.admin.email, "password": "not-the-password"}
    answers = [browser.post("/accounts/login/", wrong) for _ in range(12)]
    said = answers[-1].content.decode()
    assert "Wait five minutes" in said or answers[-1].status_code == 429


def test_an_unknown_address_looks_like_a_wrong_password(cast: people.Cast) -> None:
    def said(login: str) -> str:
        answer = Client().post("/accounts/login/", {"login": login, "password": "not-the-password"})
        return answer.content.decode().replace(login, "").split("</form>", 1)[0].split("errorlist")[-1][:300]

    assert said("admin@example.com") == said("nobody@example.com")
