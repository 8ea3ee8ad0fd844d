"""The requester's open page of a request follows what becomes of it; what is typed there stays."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.models import AccessRequest, Decision, Grant, Resource
from access.requests import conversing
from portal.models import Project, User
from tests.access.requests.asked import APPROVE, DENY, ask, decide, set_policy
from tests.support.factories import make_connection, make_person
from tests.support.pages import HTMX, sign_in

Presence = Grant.Presence
POLL = {**HTMX, "Unattended": "yes"}


@pytest.fixture
def orders(project: Project, olga: User) -> Resource:
    """A connection's resource, which Olga owns."""
    return make_connection(project, owners=(olga,)).resource


@pytest.fixture
def request_(orders: Resource, ana: User) -> AccessRequest:
    """Ana's request for a week."""
    return ask(orders, ana)


def standing(html: str) -> str:
    """The tag of the element that asks again."""
    found = re.search(r'<p id="standing"[^>]*>', html)
    assert found
    return found[0]


def follows(html: str) -> str:
    """The address that the page asks again, "" if it does not."""
    found = re.search(r'hx-get="([^"]+)"', standing(html))
    return found[1] if found else ""


def opened(browser: Client, request: AccessRequest) -> str:
    """The address that the page of the request asks again once it is open."""
    return follows(browser.get(request.get_absolute_url()).content.decode())


def poll(browser: Client, address: str) -> Any:
    """What the page gets when it asks again."""
    return browser.get(address, headers=POLL)


def test_it_waits_with_the_requester_and_nothing_is_exchanged_meanwhile(
    ana: User, olga: User, request_: AccessRequest
) -> None:
    browser = sign_in(ana)
    address = opened(browser, request_)
    answer = poll(browser, address)
    assert (answer.status_code, answer.content) == (204, b"")
    assert browser.get(address).status_code == 200, "who opens that address sees the page"
    assert opened(sign_in(olga), request_) == "", "who decides has a form open"


@pytest.mark.parametrize("verdict", [APPROVE, DENY])
def test_a_decision_is_shown_at_once_and_then_it_is_over(
    ana: User, olga: User, request_: AccessRequest, verdict: Decision.Verdict
) -> None:
    browser = sign_in(ana)
    address = opened(browser, request_)
    decide(request_, olga, verdict, reason="Because")
    Grant.objects.update(observed=Presence.PRESENT)
    html = poll(browser, address).content.decode()
    state = "denied" if verdict == DENY else "approved"
    assert f'<span id="request-state"><span class="chip chip-{state}"' in html
    assert f"olga@example.com {state} it" in re.sub(r"<[^>]+>", "", html)
    assert follows(html) == "", "nothing more happens by itself"
    announced = re.search(r'<span class="visually-hidden" data-summary>([^<]*)</span>', html)
    assert announced
    assert announced[1] == f"olga@example.com {state} it."


def test_what_is_exchanged_is_on_the_page_and_no_form_is_in_it(
    ana: User, olga: User, request_: AccessRequest
) -> None:
    browser = sign_in(ana)
    before = browser.get(request_.get_absolute_url()).content.decode()
    exchanged = re.search(r'hx-select-oob="([^"]+)"', standing(before))
    assert exchanged
    parts = [part.removeprefix("#") for part in exchanged[1].split(",")]
    assert "request-facts" in parts, "the end, and a time that was shortened"
    decide(request_, olga)
    after = poll(browser, follows(before)).content.decode()
    for html in (before, after):
        for part in ("standing", *parts):
            assert html.count(f'id="{part}"') == 1, part
        assert 'class="say"' in html
        happened = html.split('id="happened"')[1].split("</ol>")[0]
        assert "<textarea" not in happened


def test_after_an_approval_it_follows_until_google_has_it(
    ana: User, olga: User, request_: AccessRequest
) -> None:
    browser = sign_in(ana)
    decide(request_, olga)
    address = opened(browser, request_)
    assert poll(browser, address).status_code == 204
    Grant.objects.update(observed=Presence.PRESENT)
    answer = poll(browser, address)
    assert answer.status_code == 200
    assert follows(answer.content.decode()) == ""


def test_comments_and_one_of_two_approvals_are_news_too(
    orders: Resource, ana: User, olga: User, ada: User
) -> None:
    make_person("bob@example.com")
    set_policy(orders, ada, steps=[{"owners": True}, {"people": ["bob@example.com"]}])
    request = ask(orders, ana)
    browser = sign_in(ana)
    address = opened(browser, request)
    conversing.comment(request, "Which tables?", by=olga)
    html = poll(browser, address).content.decode()
    assert "Which tables?" in html
    address = follows(html)
    assert poll(browser, address).status_code == 204
    decide(request, olga)
    html = poll(browser, address).content.decode()
    assert "approved step 1 of 2" in html
    assert poll(browser, follows(html)).status_code == 204, "it still waits"


def test_a_comment_that_came_back_with_a_mistake_follows_too(ana: User, request_: AccessRequest) -> None:
    browser = sign_in(ana)
    answer = browser.post(f"{request_.get_absolute_url()}comment/", {"text": ""})
    assert answer.status_code == 422
    assert poll(browser, follows(answer.content.decode())).status_code == 204


def test_asking_again_is_cheap(ana: User, request_: AccessRequest) -> None:
    browser = sign_in(ana)
    address = opened(browser, request_)
    with CaptureQueriesContext(database) as queries:
        poll(browser, address)
    assert len(queries) <= 6, [query["sql"][:120] for query in queries]
