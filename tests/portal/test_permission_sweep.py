"""Every address has a decision for every role; no GET changes anything; no POST passes without its token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from portal.people import services
from tests.portal import people, things
from tests.portal.sweep_table import (
    ALLAUTH,
    CONNECTION,
    MAY_BE_MISSING,
    ROLES,
    ROUTES,
    WITHOUT_RECENT_SIGN_IN,
    Route,
)

pytestmark = pytest.mark.django_db
CACHE = str(settings.CACHES["default"]["LOCATION"])


@pytest.fixture
def objects(cast: people.Cast) -> dict[str, Any]:
    """What the addresses in the table speak of; the connection and the operation are the owner's."""
    connection = things.connection(things.project(), cast.owner)
    things.event()
    invitation, link = services.invite("guest@example.com", [], by=cast.admin)
    return {
        "person": people.person("somebody@example.com").pk,
        "invitation": invitation.pk,
        "token": link.split("/")[-2],
        "policy": things.approval_policy(connection.resource, by=cast.owner).version,
        "request": things.access_request(connection.resource, by=people.person("guest-two@example.com")).pk,
        "own_request": things.access_request(connection.resource, by=cast.analyst).pk,
        "template": things.request_template(connection.resource, owner=cast.analyst).pk,
        "login": things.login(connection.project, owner=cast.owner).pk,
        "alloydb_login": things.alloydb_login(connection.project, owner=cast.owner).pk,
        "review": things.review(connection.resource).pk,
        "api_token": things.api_token(cast.owner).pk,
        "delivery": things.delivery(cast.owner).pk,
        "grant": things.grant(connection.resource).pk,
        "saved_filter": things.saved_filter(cast.auditor).pk,
        "channel": things.notice_channel().pk,
        "resource": connection.resource.pk,
        "operation": things.failed_operation(by=cast.owner, target=CONNECTION, owners_may=True).pk,
    }


def patterns(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every route below `resolver` under the name that the table uses."""
    for entry in resolver.url_patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, text, entry.namespace or space)
        else:
            yield f"{space}:{entry.name}" if space else text, entry


def test_the_table_knows_every_route_and_no_other() -> None:
    existing = {text for text, _ in patterns(get_resolver())}
    assert existing == {route.name for route in ROUTES}


def test_every_view_of_ours_carries_its_decision() -> None:
    foreign = {route.name for route in ALLAUTH}
    for text, pattern in patterns(get_resolver()):
        if text not in foreign:
            assert hasattr(pattern.callback, "permission"), f"{text} has no @permitted or @public"


def test_every_act_asks_for_a_recent_sign_in_but_for_those_that_change_nobodys_access() -> None:
    acts = {route.name for route in ROUTES if route.method == "POST" and route not in ALLAUTH}
    views: dict[str, Any] = {text: pattern.callback for text, pattern in patterns(get_resolver())}
    without = {name for name in acts if not views[name].permission.recent_sign_in}
    assert without == WITHOUT_RECENT_SIGN_IN


def ask(browser: Client, route: Route, objects: dict[str, Any]) -> tuple[int, str]:
    """Ask for a route and undo what came of it; return the status and where it leads."""
    path = route.path.format(**objects)
    with transaction.atomic():
        method = browser.get if route.method == "GET" else browser.post
        answer = method(path, route.data)
        transaction.set_rollback(True)
    if route.name.startswith("api:") and answer.status_code == 401:  # it asks for a token
        return 302, "/accounts/login/"
    return answer.status_code, answer.headers.get("Location", "")


def decision(status: int, location: str) -> str:
    if location.startswith("/accounts/login/"):
        return "sign in"
    return {403: "no", 404: "hidden"}.get(status, "yes" if status < 500 and status != 405 else str(status))


@pytest.mark.parametrize("role", ROLES)
def test_every_route_decides_as_the_table_says(cast: people.Cast, objects: dict[str, Any], role: str) -> None:
    user = None if role == "nobody" else getattr(cast, role)
    browser = people.signed_in(user, raise_request_exception=False)
    cookies = dict(browser.cookies)
    wrong = []
    for route in ROUTES:
        if route.path == "/accounts/login/" and user:
            continue
        browser.cookies.clear()
        browser.cookies.load({name: morsel.value for name, morsel in cookies.items()})
        found = decision(*ask(browser, route, objects))
        allowed = {route.rule[role]}
        if user and route.name in MAY_BE_MISSING:
            allowed |= {"hidden", "sign in"}
        if found not in allowed:
            wrong.append(f"{route.method} {route.path}: {found} instead of {route.rule[role]}")
    assert not wrong, "\n".join(wrong)


def everything() -> dict[str, str]:
    """What the database holds, without sessions (a visit is noted there) and the cache (limits count)."""
    models = [model for model in apps.get_models() if model is not Session]
    return {
        model._meta.label: repr(list(model._default_manager.order_by("pk").values_list())) for model in models
    }


class Writes:
    """Notes the statements that write, those apart that note a visit: sessions, and what limits count."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        visit = Session._meta.db_table in sql or CACHE in sql
        if not visit and sql.split(maxsplit=1)[0] in {"INSERT", "UPDATE", "DELETE"}:
            self.noted.append(sql)
        return execute(sql, *rest)


@pytest.mark.parametrize("role", ROLES)
def test_no_get_writes_anything(cast: people.Cast, objects: dict[str, Any], role: str) -> None:
    user = None if role == "nobody" else getattr(cast, role)
    browser = people.signed_in(user, raise_request_exception=False)
    with connection.execute_wrapper(writes := Writes()):
        for route in ROUTES:
            browser.get(route.path.format(**objects))
            assert not writes.noted, route.path


def test_a_write_would_be_noted(cast: people.Cast) -> None:
    with connection.execute_wrapper(writes := Writes()):
        people.person("somebody@example.com")
        type(cast.owner).objects.filter(pk=cast.owner.pk).update(first_name="Olga")
    assert [sql.split()[0] for sql in writes.noted[-2:]] == ["INSERT", "UPDATE"]


def test_no_post_passes_without_its_token(cast: people.Cast, objects: dict[str, Any]) -> None:
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(cast.admin)
    before = everything()
    for route in ROUTES:
        answer = browser.post(route.path.format(**objects), route.data)
        if route.path == "/accounts/google/login/token/":  # for Google's own button; it has its own token
            stranger = Client(enforce_csrf_checks=True, raise_request_exception=False)
            stranger.post(route.path, route.data)
            assert "_auth_user_id" not in stranger.session
            continue
        assert answer.status_code == 403, route.path
    assert everything() == before


def test_a_refused_attempt_is_logged(
    cast: people.Cast, objects: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    people.signed_in(cast.analyst).get("/people/")
    assert "access_denied" in caplog.text
    assert "analyst@example.com" in caplog.text


def test_the_pages_and_what_they_hold_are_kept_by_nobody(cast: people.Cast, objects: dict[str, Any]) -> None:
    browser = people.signed_in(cast.admin)
    for route in ROUTES:
        if route.method == "GET" and route not in ALLAUTH:
            answer = browser.get(route.path.format(**objects))
            assert "no-store" in answer.headers["Cache-Control"], route.path
