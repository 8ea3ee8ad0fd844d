"""Pages as tests meet them: a browser that has signed in, and what stands where in the HTML."""

from __future__ import annotations

import html
import re
import time
from typing import Any

from django.test import Client

from portal.models import User
from tests.support.factories import PASSWORD

HTMX = {"HX-Request": "true"}
INTO_DIALOG = {**HTMX, "HX-Target": "dialog-body"}


def quicken(settings: Any) -> None:
    """Plain static files and a quick password hash, for tests that are about other things."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def sign_in(user: User, **options: Any) -> Client:
    """A browser in which `user` has just signed in, through the form."""
    client = Client(**options)
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def age_sign_in(client: Client, seconds: float) -> None:
    """Let the sign-in of a browser have happened `seconds` ago."""
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": time.time() - seconds} for record in session["account_authentication_methods"]
    ]
    session.save()


def text_of(response: Any) -> str:
    """The body as text, without markup and with single blanks."""
    without_tags = re.sub(r"<[^>]*>", " ", response.content.decode().replace("<wbr>", ""))
    return " ".join(html.unescape(without_tags).split())


def errors_beside(response: Any, field: str) -> str:
    """What stands in the place for mistakes of one field, as text."""
    found = re.search(rf'id="id_{field}_errors"[^>]*>(.*?)</div>', response.content.decode(), re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found.group(1))).split()) if found else ""
