"""What the log and error reports never show: local variables, and addresses that let somebody in."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.test import RequestFactory
from django.views.debug import ExceptionReporter
from pytest_django.fixtures import Settings

from portal import logs
from portal.middleware import RequestLog

PROGRAM = """
import django, logging; django.setup()
def fail(password):
    raise KeyError("no such thing")
try:
    fail("canary-" + "password")
except KeyError:
    logging.getLogger("portal.test").exception("it failed")
"""
TOKEN = "canary-Token_1234"


def run(program: str, data_dir: Path, **variables: str) -> str:
    """Return what a process of the portal wrote to standard error."""
    environment = {"DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_DATA_DIR": str(data_dir), **variables}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stderr


@pytest.mark.parametrize("demo", ["0", "1"])
def test_a_traceback_is_there_and_shows_no_local_variables(tmp_path: Path, demo: str) -> None:
    said = run(PROGRAM, tmp_path, PORTAL_DEMO=demo)
    assert "it failed" in said
    assert "canary-password" not in said
    assert "KeyError" in said
    assert "in fail" in said, "where it happened"


def test_in_json_the_traceback_stands_in_the_event_s_line(tmp_path: Path) -> None:
    (line,) = run(PROGRAM, tmp_path, PORTAL_LOG_JSON="1").splitlines()
    event = json.loads(line)
    assert event["event"] == "it failed"
    assert "KeyError: 'no such thing'" in event["exception"]
    assert "exc_info" not in event


@pytest.mark.parametrize(("status", "shown"), [(403, False), (404, False), (500, True)])
def test_a_refusal_is_a_line_without_a_traceback(status: int, shown: bool) -> None:
    try:
        raise PermissionError("not for you")
    except PermissionError:
        record = logging.makeLogRecord(
            {"name": "django.request", "msg": "it is so", "exc_info": sys.exc_info(), "status_code": status}
        )
    for as_json in (True, False):
        said = formatter(as_json=as_json).format(record)
        assert "it is so" in said
        assert ("not for you" in said) == shown


def formatter(*, as_json: bool) -> structlog.stdlib.ProcessorFormatter:
    """Return the formatter of every handler."""
    configuration = logs.configuration(as_json=as_json, level="INFO")["formatters"]["line"]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=configuration["foreign_pre_chain"], processors=configuration["processors"]
    )


def line(message: str, *arguments: Any, as_json: bool = True) -> str:
    """Return what the formatter of every handler makes of a record."""
    return formatter(as_json=as_json).format(
        logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, arguments, None)
    )


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    "address",
    [
        f"/invitations/{TOKEN}/",
        f"/invitations/{TOKEN}",
        f"//invitations//{TOKEN}/more/",
        f"/INVITATIONS/{TOKEN}/",
        f"/portal/invitations/{TOKEN}/",
        f"/accounts/password/reset/key/3-{TOKEN}/",
        f"/accounts/confirm-email/{TOKEN}:more/",
        f"/accounts/login/?next=/invitations/{TOKEN}/",
        f"/accounts/login/?next=%2Finvitations%2F{TOKEN}%2F",
    ],
)
def test_what_makes_a_link_work_is_hidden_wherever_it_stands(address: str, as_json: bool) -> None:
    for said in (line("Not Found: %s", address, as_json=as_json), line(address, as_json=as_json)):
        assert TOKEN not in said
        assert "***" in said


def test_other_addresses_stay_whole() -> None:
    assert "/people/invitations/5/withdraw/" in line("Not Found: %s", "/people/invitations/5/withdraw/")


@pytest.mark.parametrize("level", ["INFO", "WARNING"])
def test_an_invitation_that_is_not_valid_leaves_no_token_in_the_log(tmp_path: Path, level: str) -> None:
    program = f"""
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
call_command("migrate", verbosity=0)
from django.test import Client
assert Client().get("/invitations/{TOKEN}/").status_code == 404
Client().post("/invitations/{TOKEN}")
Client().get("/accounts/password/reset/key/1-{TOKEN}/")
"""
    database = f"sqlite:///{tmp_path / 'portal.sqlite3'}"
    said = run(program, tmp_path, DATABASE_URL=database, PORTAL_LOG_LEVEL=level, ALLOWED_HOSTS="testserver")
    assert "Not Found: /invitations/***" in said
    assert TOKEN not in said


@pytest.mark.parametrize(("proxies", "expected"), [(0, "10.0.0.9"), (1, "198.51.100.7"), (3, "10.0.0.9")])
def test_the_client_s_address_is_believed_as_far_as_proxies_are_trusted(
    settings: Settings, proxies: int, expected: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "203.0.113.66, 198.51.100.7"})
    request.META["REMOTE_ADDR"] = "10.0.0.9"
    with structlog.contextvars.bound_contextvars():
        RequestLog.bind_ip(request)
        assert structlog.contextvars.get_contextvars()["ip"] == expected
        structlog.contextvars.clear_contextvars()


def test_debug_pages_show_neither_what_was_posted_nor_local_variables(settings: Settings) -> None:
    settings.DEBUG = True
    posted = "-".join(["canary", "posted"])  # as one word it would be shown with the source's lines
    request = RequestFactory().post("/add-data/alloydb/", {"password": posted})
    try:
        password = "-".join(["canary", "local"])
        raise KeyError("no such thing")
    except KeyError as error:
        reporter = ExceptionReporter(request, type(error), error, error.__traceback__)
        pages = [reporter.get_traceback_html(), reporter.get_traceback_text()]
    for page in pages:
        assert "no such thing" in page
        assert posted not in page
        assert password not in page
