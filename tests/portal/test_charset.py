"""Text in anything but UTF-8 is refused before Django makes a request of it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from portal.charset import utf_8_only

FORM = "multipart/form-data; boundary=X"


def answer(content_type: str) -> str:
    """The status, "200 OK" where the application was asked."""
    said: list[str] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b""]

    environ = {"CONTENT_TYPE": content_type} if content_type else {}
    b"".join(utf_8_only(application)(environ, lambda status, _: said.append(status)))
    return said[0]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        FORM,
        "text/plain",
        f"{FORM}; charset=utf-8",
        f'{FORM}; charset="UTF8"',
        "application/json; charset=utf_8",
        "application/x-www-form-urlencoded; charset=",
        "application/x-www-form-urlencoded;" + "a=b;" * 500,
    ],
)
def test_what_browsers_send_is_passed_on(content_type: str) -> None:
    assert answer(content_type) == "200 OK"


@pytest.mark.parametrize(
    "charset",
    [
        "utf-7",
        "unicode_escape",
        "raw_unicode_escape",
        "punycode",
        "idna",
        "hex",
        "zlib",
        "latin-1",
        "utf-16",
        "x",
    ],
)
@pytest.mark.parametrize("kind", [FORM, "application/x-www-form-urlencoded", "text/plain"])
def test_all_else_is_refused(kind: str, charset: str) -> None:
    assert answer(f"{kind}; charset={charset}") == "400 Bad Request"


@pytest.mark.parametrize("kind", ["text/plain; a*=nonsense''b", "text/plain; charset*=utf-8''utf-7"])
def test_a_charset_is_found_wherever_it_is_told(kind: str) -> None:
    assert answer(kind) == "400 Bad Request"


def test_the_web_server_asks_there_first() -> None:
    """In a process of its own, as gunicorn does: Django alone ends in an error that has no page."""
    code = """
from portal.wsgi import application
from django.test import RequestFactory
kind = "text/plain; charset=unicode_escape"
environ = RequestFactory().get("/accounts/login/", {"next": r"\\ud800"}).environ | {"CONTENT_TYPE": kind}
print(b"".join(application(environ, lambda status, headers: print(status))))
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[0] == "400 Bad Request"
