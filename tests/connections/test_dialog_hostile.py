"""Hostile input to the dialog: never a 500, never the password in the answer, never a value lost."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from connections.models import Connection
from portal.models import Project, User
from tests.connections.dialog import CANARY, GOOD, URL
from tests.support.examples import examples
from tests.support.pages import HTMX, INTO_DIALOG, sign_in

# What a browser can send: no lone surrogates, and a line break is CR LF by then.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=300)
NASTY = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE portal_user; --",
        "{{ 7*7 }}{% now %}",
        '" onfocus="x',
        "\0",
        "\u202eabc",
        "../../etc/passwd",
        "=HYPERLINK()",
        "💥" * 60,
        "${x}%{y}",
    ]
)
FIELDS = [name for name in GOOD if name not in {"password", "kind", "encryption", "test_query"}]
TYPED = st.dictionaries(st.sampled_from(FIELDS), TEXT | NASTY, min_size=1, max_size=8)
OFTEN = examples(60)
KEPT = (
    "connection_id",
    "friendly_name",
    "description",
    "database",
    "username",
    "instance",
    "owners",
    "principals",
)


def value_shown(page: str, name: str) -> str | None:
    """The value of a text field in the page, as the browser would read it."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    if found:
        value = re.search(r'value="([^"]*)"', found.group())
        return html.unescape(value.group(1)) if value else ""
    area = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    return html.unescape(area.group(1)).lstrip("\r\n") if area else None


@pytest.fixture
def client_of_ada(ada: User, project: Project) -> Client:
    """Ada's browser; one for all examples of a test."""
    return sign_in(ada)


@OFTEN
@given(typed=TYPED)
def test_whatever_is_typed(client_of_ada: Client, typed: dict[str, str]) -> None:
    response = client_of_ada.post(URL, GOOD | typed, headers=INTO_DIALOG)
    page = response.content.decode()
    assert response.status_code in {200, 422}
    assert CANARY not in page
    assert html.escape(CANARY) not in page
    assert "<script>alert" not in page
    if response.status_code == 422:
        for name in KEPT:
            assert value_shown(page, name) == html.unescape(html.escape((GOOD | typed)[name])), name
    else:
        assert response.headers["HX-Redirect"].startswith("/operations/")
        Connection.objects.update(state=Connection.State.DELETED)  # its name is free again


@OFTEN
@given(typed=TYPED, trigger=st.sampled_from([f"id_{name}_errors" for name in GOOD]))
def test_whatever_is_looked_at_or_previewed(
    client_of_ada: Client, typed: dict[str, str], trigger: str
) -> None:
    for tail in ("validate/", "preview/", "kind/"):
        response = client_of_ada.post(f"{URL}{tail}", GOOD | typed, headers={**HTMX, "HX-Trigger": trigger})
        page = response.content.decode()
        assert response.status_code == 200
        assert CANARY not in page
        assert html.escape(CANARY) not in page
        assert "<script>alert" not in page


@OFTEN
@given(password=st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=300))
def test_no_password_comes_back(client_of_ada: Client, password: str) -> None:
    response = client_of_ada.post(
        URL, GOOD | {"password": f"canary{password}", "location": ""}, headers=INTO_DIALOG
    )
    assert response.status_code == 422
    assert value_shown(response.content.decode(), "password") == ""
    assert "canary" not in response.content.decode()


@pytest.mark.parametrize("name", list(GOOD))
def test_every_field_may_be_missing_or_doubled(client_of_ada: Client, name: str) -> None:
    without = {key: value for key, value in GOOD.items() if key != name} | {"location": ""}
    assert client_of_ada.post(URL, without, headers=INTO_DIALOG).status_code == 422
    doubled = GOOD | {name: [GOOD[name], "x"]}
    assert client_of_ada.post(URL, doubled, headers=INTO_DIALOG).status_code in {200, 422}
