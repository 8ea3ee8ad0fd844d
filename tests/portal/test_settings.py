"""What the settings make of their environment, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.ports import free_port

BEGINNING = """
import django; django.setup()
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
from django.test import Client
browser = Client(headers={"host": "localhost"})
"""
MIGRATE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
DATABASE = "portal.sqlite3"
Run = Callable[..., str]


def run(program: str, data_dir: Path, **variables: str) -> str:
    """Run it with this data folder; return what it printed."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_DATA_DIR": str(data_dir),
        "DATABASE_URL": "",
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + program],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows."""
    folder = tmp_path_factory.mktemp("migrated")
    run(MIGRATE, folder)
    return folder / DATABASE


@pytest.fixture
def run_migrated(migrated: Path, tmp_path: Path) -> Run:
    """Run a program on such a database of its own."""
    shutil.copy(migrated, tmp_path)
    return lambda program, **variables: run(program, tmp_path, **variables)


def test_people_sign_in_while_redis_is_away(run_migrated: Run) -> None:
    program = """
from tests.portal import people
people.signed_in(people.person("ana@example.com"), headers={"host": "localhost"})
print("in")
"""
    assert run_migrated(program, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0") == "in\n"


def test_without_a_google_client_there_is_no_google_sign_in(run_migrated: Run) -> None:
    program = """
for path in ("login/", "login/callback/", "login/token/"):
    print(browser.get(f"/accounts/google/{path}").status_code)
print(browser.get("/accounts/login/").status_code)
"""
    assert run_migrated(program, GOOGLE_CLIENT_ID="").split() == ["404", "404", "404", "200"]


def test_the_data_folder_is_made_for_nobody_else(tmp_path: Path) -> None:
    program = """
from pathlib import Path
from django.core.mail import send_mail
send_mail("subject", "text", None, ["ana@example.com"])
for path in sorted(Path(settings.DATA_DIR).parent.rglob("*")):
    if path.is_dir():
        print(path.name, oct(path.stat().st_mode & 0o777))
"""
    found = dict(line.split() for line in run(program, tmp_path / "above" / "var").splitlines())
    assert set(found) >= {"var", "keys", "mail", "broker"}
    assert set(found.values()) == {"0o700"}
    assert (tmp_path / "above").stat().st_mode & 0o777 == 0o700


def test_what_workers_and_the_command_line_write_is_private(tmp_path: Path) -> None:
    program = """
import os, sys
from portal.celery import write_privately
before = os.umask(0o022)
write_privately()
print(oct(os.umask(0o022)))
sys.argv = ["manage.py", "help", "migrate"]
import io, contextlib, manage
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    manage.main()
print(oct(os.umask(0o022)))
import portal.wsgi
print(oct(os.umask(0o022)))
"""
    assert run(program, tmp_path).split() == ["0o77", "0o77", "0o77"]


def test_under_https_cookies_and_headers_are_strict(run_migrated: Run) -> None:
    program = """
from tests.portal import people
from django.test import Client
browser = Client(headers={"host": "portal.example.com"})
people.person("ana@example.com")
browser.get("/accounts/login/", secure=True)
answer = browser.post(
    "/accounts/login/", {"login": "ana@example.com", "password": people.PASSWORD}, secure=True
)
assert answer.status_code == 302, answer
page = browser.get("/", secure=True, follow=False)
for name in sorted(browser.cookies):
    cookie = browser.cookies[name]
    print(name, bool(cookie["secure"]), bool(cookie["httponly"]), cookie["path"], cookie["domain"] or "-")
for name in ("Strict-Transport-Security", "X-Frame-Options", "Cross-Origin-Opener-Policy"):
    print(page.headers[name])
policy = page.headers["Content-Security-Policy"]
print("frame-ancestors 'none'" in policy, "unsafe" in policy, "script-src 'self'" in policy)
print(browser.get("/").status_code, browser.get("/").headers["Location"])
"""
    printed = run_migrated(program, PORTAL_BASE_URL="https://portal.example.com", PORTAL_DEMO="")
    assert printed.splitlines() == [
        "__Host-csrf True True / -",
        "__Host-session True True / -",
        "max-age=31536000; includeSubDomains",
        "DENY",
        "same-origin",
        "True False True",
        "301 https://portal.example.com/",
    ]


def test_google_sign_in_begins_with_state_and_pkce(run_migrated: Run) -> None:
    program = """
from urllib.parse import parse_qs, urlsplit
answer = browser.post("/accounts/google/login/")
asked = parse_qs(urlsplit(answer.headers["Location"]).query)
print(answer.status_code, asked["response_type"], asked["code_challenge_method"])
print(len(asked["state"][0]) >= 16)
print(browser.get("/accounts/google/login/callback/", {"code": "x", "state": "forged"}).status_code)
"""
    printed = run_migrated(program, GOOGLE_CLIENT_ID="client", GOOGLE_CLIENT_SECRET="secret").splitlines()
    assert printed[:2] == ["302 ['code'] ['S256']", "True"]
    assert printed[2] != "302", "a state that was not given out signs nobody in"
