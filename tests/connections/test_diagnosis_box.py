"""What does this error mean? Paste it, and the page says cause and remedy."""

from __future__ import annotations

import pytest

from portal.models import User
from tests.portal import people
from tests.support.pages import HTMX, sign_in, text_of

URL = "/connections/diagnosis/"
WRONG = (
    "Invalid table-valued function EXTERNAL_QUERY\nFailed to connect to PostgreSQL database. "
    'Error: FATAL: password authentication failed for user "bq_reader"'
)


def test_a_known_message_is_explained(ana: User) -> None:
    response = sign_in(ana).post(URL, {"message": WRONG}, headers=HTMX)
    text = text_of(response)
    assert "The database refused the username or the password." in text
    assert "What to do" in text
    assert "<html" not in response.content.decode()


def test_without_htmx_it_is_a_page(ana: User) -> None:
    response = sign_in(ana).post(URL, {"message": WRONG})
    assert "<html" in response.content.decode()
    assert "The database refused" in text_of(response)


@pytest.mark.parametrize("message", ["", "   ", "\0", "<script>alert(1)</script>", "x" * 100_000])
def test_whatever_is_pasted(ana: User, message: str) -> None:
    before = people.acts().count()
    for headers in ({}, HTMX):
        response = sign_in(ana).post(URL, {"message": message}, headers=headers)
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()
    assert people.acts().count() == before


def test_only_for_people_of_the_portal(client: object, ana: User) -> None:
    assert client.post(URL, {"message": WRONG}).status_code == 302  # type: ignore[attr-defined]
    assert sign_in(ana).get(URL).status_code == 405
