"""A session that ended while somebody filled a form in: nothing is sent, and what they typed stays."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from portal.models import Project
from tests.portal import people
from tests.support.pages import HTMX

pytestmark = pytest.mark.django_db
FORM = "/projects/add/"
FILLED = {"project_id": "acme-analytics"}


@pytest.fixture
def browser(cast: people.Cast) -> Client:
    """An administrator's, with the form open."""
    browser = people.signed_in(cast.admin)
    assert browser.get(FORM).status_code == 200
    return browser


def test_the_answer_stands_beside_what_was_typed(browser: Client) -> None:
    browser.logout()
    answer = browser.post(FORM, FILLED, headers=HTMX)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "[data-toasts]"
    assert "HX-Redirect" not in answer.headers
    said = answer.content.decode()
    assert "You are signed out" in said
    assert 'href="/accounts/login/?next=/confirmed/"' in said


def test_a_lookup_for_a_form_that_is_filled_in_leaves_it_there(browser: Client) -> None:
    browser.logout()
    asked = browser.get("/projects/", headers={**HTMX, "Unsaved": "yes"})
    assert "You are signed out" in asked.content.decode()
    led = browser.get("/projects/", headers=HTMX)
    assert led.headers["HX-Redirect"].startswith("/accounts/login/")


def test_a_page_that_follows_something_stops_and_stays(browser: Client) -> None:
    """Whoever types there would lose it if the page were led away, and hear of it again and again."""
    browser.logout()
    answer = browser.get("/projects/", headers={**HTMX, "Unattended": "yes"})
    assert answer.status_code == 286, "htmx asks no more"
    assert answer.headers["HX-Retarget"] == "[data-toasts]"
    assert "HX-Redirect" not in answer.headers
    said = answer.content.decode()
    assert "You are signed out" in said
    assert 'href="/accounts/login/?next=/confirmed/"' in said


@pytest.mark.parametrize(
    ("came_from", "following"),
    [
        ("http://testserver/projects/add/?a=b", "/projects/add/%3Fa%3Db"),
        ("https://evil.example/projects/add/", "/"),
        ("", "/"),
    ],
)
def test_without_scripts_one_comes_back_to_the_form(browser: Client, came_from: str, following: str) -> None:
    browser.logout()
    answer = browser.post(FORM, FILLED, headers={"Referer": came_from})
    assert answer.headers["Location"] == f"/accounts/login/?next={following}"


def test_who_signed_in_anew_gets_a_new_token_for_the_old_page(browser: Client) -> None:
    browser.handler.enforce_csrf_checks = True
    stale = {**FILLED, "csrfmiddlewaretoken": "a" * 64}
    refused = browser.post(FORM, stale, headers=HTMX)
    assert refused.status_code == 422
    assert "once more" in refused.content.decode()
    assert not Project.objects.exists()
    token = json.loads(refused.headers["HX-Trigger"])["csrf-token"]["token"]
    browser.post(FORM, {**stale, "csrfmiddlewaretoken": token}, headers=HTMX)
    assert Project.objects.exists()


def test_other_pages_say_that_they_are_too_old(cast: people.Cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.admin)
    refused = browser.post(FORM, FILLED)
    assert refused.status_code == 403
    assert "HX-Trigger" not in refused.headers
    assert "This page was open for too long" in refused.content.decode()
