"""Tokens: shown once, kept as a hash, limited in life, scope and number of calls, ended at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from portal import clock
from portal.api import tokens
from portal.models import ApiToken, AuditEvent, User
from tests.portal import people
from tests.portal.api.calling import call, token_of
from tests.portal.people import Cast
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db
FORM = {"name": "SIEM", "scopes": ["events:read"], "days": "30"}


def test_a_token_is_made_shown_once_and_reads(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    browser = people.signed_in(cast.auditor)
    made = browser.post("/api/tokens/make/", FORM)
    token = re.findall(r"bqcp_[\w-]{43}", made.content.decode())[0]
    answer = call(token, "events")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    page = text_of(browser.get("/api/tokens/"))
    assert f"{token[: tokens.PREFIX]}…" in page
    assert token not in page
    secret = token[tokens.PREFIX :]
    assert secret not in caplog.text + everything_in_the_database()
    assert AuditEvent.objects.get(action="api_token.create").detail["scopes"] == ["events:read"]


def everything_in_the_database() -> str:
    with connection.cursor() as cursor:
        found = ""
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += repr([[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in cursor])
    return found


@pytest.mark.parametrize("token", ["", "bqcp_wrong", "x" * 5000, "bqcp_\x00"])
def test_without_a_token_that_works_nothing_is_read(db: None, token: str) -> None:
    for path in ("grants", "requests", "events"):
        assert call(token.replace("\x00", "%00"), path).status_code == 401


def test_a_session_is_no_token(cast: Cast) -> None:
    assert people.signed_in(cast.admin).get("/api/v1/events").status_code == 401


@pytest.mark.parametrize("end", ["expires", "is revoked", "loses its owner"])
def test_a_token_that_ended_does_not_work(cast: Cast, end: str) -> None:
    token = token_of(cast.auditor)
    assert call(token, "events").status_code == 200
    if end == "expires":
        ApiToken.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    elif end == "is revoked":
        tokens.revoke(ApiToken.objects.get(), by=cast.auditor)
    else:
        User.objects.filter(pk=cast.auditor.pk).update(is_active=False)
    assert call(token, "events").status_code == 401


def test_a_token_reads_what_its_scope_says(cast: Cast) -> None:
    token = token_of(cast.auditor, "grants:read")
    assert call(token, "grants").status_code == 200
    refused = call(token, "events")
    assert (refused.status_code, refused.json()) == (
        403,
        {"detail": "This token lacks the scope events:read."},
    )


def test_too_many_calls_are_refused_for_the_rest_of_the_minute(cast: Cast, settings: Settings) -> None:
    settings.API_CALLS_A_MINUTE = 3
    token, other = token_of(cast.auditor), token_of(cast.admin)
    assert [call(token, "grants").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert 0 < int(call(token, "grants")["Retry-After"]) <= 60
    assert call(other, "grants").status_code == 200, "each token is counted by itself"
    ApiToken.objects.update(window_began=clock.now() - timedelta(seconds=61))
    assert call(token, "grants").status_code == 200


def test_the_last_use_is_noted(cast: Cast) -> None:
    call(token_of(cast.auditor), "grants")
    assert ApiToken.objects.get().last_used_at is not None


@pytest.mark.parametrize(
    "wrong", [{"days": "91"}, {"days": "0"}, {"scopes": []}, {"scopes": ["all"]}, {"name": ""}]
)
def test_mistakes_make_no_token(cast: Cast, wrong: dict[str, object]) -> None:
    answer = people.signed_in(cast.analyst).post("/api/tokens/make/", {**FORM, **wrong})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(("scopes", "days"), [([], 1), (["all"], 1), (["grants:read"], 91)])
def test_the_service_refuses_them_too(cast: Cast, scopes: list[str], days: int) -> None:
    with pytest.raises(ValueError, match="token"):
        tokens.make(cast.admin, name="x", scopes=scopes, days=days)


def test_making_and_revoking_ask_for_a_recent_sign_in(cast: Cast) -> None:
    browser = people.signed_in(cast.analyst)
    token_of(cast.analyst)
    people.age_sign_in(browser, seconds=3600)
    assert browser.post("/api/tokens/make/", FORM).status_code == 403
    assert browser.post(f"/api/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 403
    assert ApiToken.objects.get().revoked_at is None


def test_people_see_and_revoke_their_own_and_administrators_all(cast: Cast) -> None:
    token = token_of(cast.analyst)
    row = ApiToken.objects.get()
    revoke = f"/api/tokens/{row.pk}/revoke/"
    assert row.prefix not in text_of(people.signed_in(cast.auditor).get("/api/tokens/"))
    assert people.signed_in(cast.auditor).post(revoke).status_code == 404
    admin = people.signed_in(cast.admin)
    assert row.prefix in text_of(admin.get("/api/tokens/"))
    assert admin.get(revoke).status_code == 200
    admin.post(revoke)
    admin.post(revoke)
    assert call(token, "grants").status_code == 401
    assert AuditEvent.objects.filter(action="api_token.revoke").count() == 1


def test_the_api_reads_only(cast: Cast) -> None:
    headers = {"Authorization": f"Bearer {token_of(cast.admin)}"}
    for method in ("post", "put", "patch", "delete"):
        assert getattr(Client(), method)("/api/v1/grants", headers=headers).status_code == 405
