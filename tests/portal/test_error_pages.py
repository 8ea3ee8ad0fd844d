"""What is shown when something breaks: without the database, and with the number that finds it in the log."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.portal import people
from tests.support.pages import HTMX

pytestmark = pytest.mark.django_db
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def away(*_: Any) -> None:
    raise OperationalError("the database is away")


@pytest.fixture
def browser(cast: people.Cast) -> Client:
    """Somebody who has signed in, and to whom errors are shown as in production."""
    browser = people.signed_in(cast.analyst)
    browser.raise_request_exception = False
    return browser


def test_without_a_database_the_page_still_comes_and_names_the_request(
    browser: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with connection.execute_wrapper(away):
        answer = browser.get("/connections/")
    assert answer.status_code == 500
    html = answer.content.decode()
    assert "Something broke on our side" in html
    (shown,) = re.findall(f"<code[^>]*>({UUID})</code>", html)
    assert answer.headers["X-Request-ID"] == shown
    told = {record.msg["event"]: record.msg for record in caplog.records if isinstance(record.msg, dict)}
    assert told["request_failed"]["request_id"] == shown, "where the traceback is"


def test_it_says_nothing_of_what_broke(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("canary-secret")

    monkeypatch.setattr("connections.views.overview.visible", broken)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert answer.headers["Cache-Control"] == "no-store"
    html = answer.content.decode()
    assert "canary-secret" not in html
    assert 'data-layout="entrance"' in html, "no fragment's place is filled with it"


def test_each_request_has_its_own_number_and_none_comes_from_outside(browser: Client) -> None:
    with connection.execute_wrapper(away):
        numbers = {
            browser.get("/", headers={"X-Request-ID": "<b>mine</b>", **HTMX}).headers["X-Request-ID"]
            for _ in range(2)
        }
    assert len(numbers) == 2
    assert all(re.fullmatch(UUID, number) for number in numbers)


def test_a_refusal_before_anybody_is_known_is_logged_with_a_number_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    assert Client(headers={"Host": "evil.example"}).get("/accounts/login/").status_code == 400
    events = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [event["event"] for event in events] == ["request_started", "request_finished"]
    assert len({event["request_id"] for event in events}) == 1
