"""Troubleshoot: a pasted message, and the log of the instance."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from connections import tasks
from connections.logins import alerts, log_query
from connections.models import LoginAlerts
from emulator.estate import LOGIN_CHECKER
from portal import clock
from portal.execution import Failure
from portal.gcp import login_tokens, logins
from portal.gcp.logins import Door, LoginFailed, Tokens
from portal.models import Operation, User
from portal.runs import Run
from tests.connections.logins.desk import CRM, PRIMARY, SHOP, Desk
from tests.support.creation import PROJECT
from tests.support.pages import HTMX, sign_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
URL = f"/databases/{PRIMARY}/troubleshoot/"
READ = f"/databases/{PRIMARY}/alerts/"
MISMATCH = "IAM principal does not match database user."


def refuse(desk: Desk, name: str = PRIMARY, user: str = "bq_reader") -> None:
    """A real login that fails."""
    instance = desk.instance(name)
    alloydb = name == PRIMARY
    token = desk.google.token(LOGIN_CHECKER, login_tokens.CLOUD_PLATFORM)
    address = PRIMARY if alloydb else instance.source_name
    door = Door(alloydb, address, "orders" if alloydb else "crm", user, "PUBLIC")
    with pytest.raises(LoginFailed):
        logins.log_in(door, Tokens(token, token, clock.now()))


def carried_out() -> Operation:
    """The reading, done by a worker."""
    operation = Operation.objects.filter(task=alerts.TASK).latest("created_at")
    tasks.read_login_alerts(str(operation.pk))
    operation.refresh_from_db()
    return operation


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_message_is_explained_with_what_mends_it(desk: Desk, ana: User, headers: dict[str, str]) -> None:
    response = sign_in(ana).post(URL, {"message": "アクセス トークンが無効です。"}, headers=headers)
    text = text_of(response)
    assert "The access token is not valid" in text
    assert "How to connect" in text
    assert ("<html" in response.content.decode()) != bool(headers)
    named = "Caller does not have required permission to use project. Grant the caller the roles/x.y role"
    text = text_of(sign_in(ana).post(URL, {"message": named}, headers=headers))
    assert "roles/x.y" in text
    assert "Request database login" in text


@pytest.mark.parametrize("message", ["", "   ", "\0", "<script>alert(1)</script>", "x" * 100_000])
def test_whatever_is_pasted(desk: Desk, ana: User, message: str) -> None:
    response = sign_in(ana).post(URL, {"message": message})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_a_token_in_a_message_does_not_come_back(desk: Desk, ana: User) -> None:
    message = f"{MISMATCH} ya29.a0Canary-_x curl -d access_token=canary2&x Authorization: Bearer {'c' * 30}"
    content = sign_in(ana).post(URL, {"message": message}).content.decode()
    assert "[hidden]" in content
    assert "anary" not in content
    assert "ccc" not in content


def test_the_query_for_logs_explorer(desk: Desk, ana: User) -> None:
    content = sign_in(ana).get(URL).content.decode()
    assert log_query.explorer(desk.instance()).replace("&", "&amp;") in content
    query = unquote(log_query.explorer(desk.instance(CRM)))
    assert f'resource.labels.database_id="{PROJECT}:crm"' in query
    assert query.endswith(f"?project={PROJECT}")


def test_the_owner_has_the_log_read(desk: Desk, olga: User) -> None:
    desk.instance().resource.owners.add(olga)
    refuse(desk)
    browser = sign_in(olga)
    assert "Not read yet" in text_of(browser.get(URL))
    assert browser.post(READ).headers["Location"] == f"{URL}#alerts"
    reading = browser.get(URL)
    assert "A worker reads the log" in text_of(reading)
    assert "Not read yet" not in text_of(reading)
    assert 'hx-trigger="every 1s"' in reading.content.decode()
    assert carried_out().state == Operation.State.SUCCEEDED
    text = text_of(browser.get(URL))
    assert MISMATCH in text
    assert "The token is another account's" in text
    assert alerts.running(desk.instance()) is None
    assert 'hx-trigger="every 1s"' not in browser.get(URL).content.decode()


def test_an_empty_log_is_told_from_one_that_was_not_read(desk: Desk, olga: User) -> None:
    desk.instance().resource.owners.add(olga)
    browser = sign_in(olga)
    browser.post(READ)
    carried_out()
    assert "The log has none that it still keeps." in text_of(browser.get(URL))


def test_a_log_that_could_not_be_read_says_so_and_shows_what_is_older(desk: Desk, olga: User) -> None:
    desk.instance().resource.owners.add(olga)
    browser = sign_in(olga)
    desk.google.fault("entries.list", times=1, status=403, when="before")
    browser.post(READ)
    carried_out()
    denied = text_of(browser.get(URL))
    assert "The log could not be read" in denied
    assert "Tried" in denied
    assert "What stands below" not in denied
    assert "No refused logins" not in denied, "denied is not empty"
    refuse(desk)
    browser.post(READ)
    carried_out()
    desk.google.fault("entries.list", times=1, status=403, when="before")
    browser.post(READ)
    carried_out()
    older = text_of(browser.get(URL))
    assert "What stands below was read before." in older
    assert MISMATCH in older


def test_a_reading_that_was_given_up_is_told(ada: User, desk: Desk) -> None:
    """Cloud Logging answered nothing usable until the operation failed."""
    operation = alerts.request_alerts(desk.instance(), by=desk.ada)
    alerts.alerts_failed(Run(operation), Failure("Cloud Logging does not answer.", ""))
    assert "Cloud Logging does not answer." in text_of(sign_in(ada).get(URL))


def test_one_reading_at_a_time(desk: Desk) -> None:
    first = alerts.request_alerts(desk.instance(), by=desk.ada)
    assert alerts.request_alerts(desk.instance(), by=desk.ada) == first


def test_the_log_is_not_for_everybody(desk: Desk, ana: User) -> None:
    browser = sign_in(ana)
    text = text_of(browser.get(URL))
    assert "Newest refused logins" not in text
    assert "owners, administrators and auditors" in text
    assert browser.post(READ).status_code == 403


def test_cloud_sqls_log(desk: Desk) -> None:
    refuse(desk, CRM, user="ana@example.com")
    for name, count in ((CRM, 1), (SHOP, 0), (PRIMARY, 0)):
        alerts.request_alerts(desk.instance(name), by=desk.ada)
        assert carried_out().steps.get().message == f"{count} found."
    kept = LoginAlerts.objects.get(instance=desk.instance(CRM))
    assert "Cloud SQL IAM user authentication failed" in kept.entries[0]["text"]


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ({"status": 403}, "may not read the project's logs"),
        ({"status": 400, "message": "Unparseable filter"}, "Unparseable filter"),
    ],
)
def test_what_google_denies_is_told_and_what_was_read_stays(
    desk: Desk, order: dict[str, object], problem: str
) -> None:
    refuse(desk)
    for _ in range(2):
        alerts.request_alerts(desk.instance(), by=desk.ada)
        assert carried_out().state == Operation.State.SUCCEEDED
        desk.google.fault("entries.list", times=1, when="before", **order)
    kept = LoginAlerts.objects.get()
    assert problem in kept.problem
    assert len(kept.entries) == 1


def test_a_logging_api_that_is_off(desk: Desk) -> None:
    desk.google.service(PROJECT, "logging.googleapis.com", enabled=False)
    alerts.request_alerts(desk.instance(), by=desk.ada)
    carried_out()
    problem = LoginAlerts.objects.get().problem
    assert "switched off" in problem
    assert problem.endswith(f"gcloud services enable logging.googleapis.com --project={PROJECT}")
