"""What waits for me, how much of it, and all that I answer for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from access.models import AccessRequest, Resource
from access.views import queue, request_rows
from portal.models import Project, User
from tests.access.requests.asked import DENY, ask, decide, grow_older, set_policy
from tests.support.factories import make_connection, make_person
from tests.support.pages import HTMX, sign_in, text_of

URL = "/access/queue/"


def test_it_is_empty_at_first(olga: User, orders: Resource) -> None:
    client = sign_in(olga)
    assert "Nothing waits for you" in text_of(client.get(URL))
    assert text_of(client.get("/access/queue/count/")) == ""


def test_each_sees_what_waits_for_them(
    orders: Resource, ana: User, olga: User, ada: User, aurel: User
) -> None:
    request = ask(orders, ana)
    text = text_of(sign_in(olga).get(URL))
    assert "orders" in text
    assert "ana@example.com" in text
    assert text_of(sign_in(olga).get("/access/queue/count/")) == "1 waiting for you"
    for person in (ana, ada, aurel):
        assert "Nothing waits for you" in text_of(sign_in(person).get(URL)), person
    decide(request, olga, DENY)
    assert "Nothing waits for you" in text_of(sign_in(olga).get(URL))


def test_the_navigation_fetches_the_count_by_itself(olga: User, orders: Resource) -> None:
    body = sign_in(olga).get(URL).content.decode()
    assert 'hx-get="/access/queue/count/"' in body


def test_all_that_i_answer_for(orders: Resource, ana: User, olga: User, ada: User, aurel: User) -> None:
    bob = make_person("bob@example.com")
    decide(ask(orders, ana, reason="Quarter"), olga, DENY)
    address = f"{URL}?show=all"
    for person in (olga, ada, aurel):
        text = text_of(sign_in(person).get(address))
        assert "Quarter" in text, person
        assert "Denied" in text, person
    for person in (ana, bob):
        assert "No requests yet" in text_of(sign_in(person).get(address)), person
    assert "No requests match" in text_of(sign_in(olga).get(f"{address}&state=approved"))
    assert "Quarter" in text_of(sign_in(olga).get(f"{address}&q=quart"))


def test_who_was_named_finds_what_they_decided(orders: Resource, ana: User, ada: User) -> None:
    bob = make_person("bob@example.com")
    set_policy(orders, ada, steps=[{"people": ["bob@example.com"]}])
    request = ask(orders, ana)
    browser, link = sign_in(bob), f'href="{request.get_absolute_url()}"'
    assert link in browser.get(URL).content.decode()
    decide(request, bob, DENY)
    assert link not in browser.get(URL).content.decode()
    page = browser.get(f"{URL}?show=all")
    assert link in page.content.decode()
    assert "Denied" in text_of(page)


@pytest.mark.parametrize("much", [0, 2, 3, 1000])
def test_much_and_little_of_ones_own_is_the_same(
    orders: Resource,
    project: Project,
    ana: User,
    ada: User,
    olga: User,
    monkeypatch: pytest.MonkeyPatch,
    much: int,
) -> None:
    """What is owned, decided and to be decided; each once, and nobody else's."""
    monkeypatch.setattr(queue, "MUCH", much)
    monkeypatch.setattr(request_rows, "WALK", 3)
    others = make_connection(project, "others").resource
    set_policy(others, ada, steps=[{"people": ["olga@example.com"]}])
    decided, waiting = ask(others, ana), ask(others, ana, principal="group:g@example.com")
    decide(decided, olga, DENY)
    owned = decide(ask(orders, ana), olga)
    strange = make_connection(project, "strange").resource
    for number in range(3):
        ask(strange, ana, principal=f"group:g{number}@example.com")
    client, seen, words = sign_in(olga), [], "show=all"
    while words:
        page = client.get(f"{URL}?{words}").context["page"]
        seen += [row.pk for row in page.rows]
        words = (page.older_url or page.further_url).removeprefix("?")
    assert seen == [owned.pk, waiting.pk, decided.pk]


def test_pages_by_key(orders: Resource, olga: User, ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("access.views.request_rows.KEY_SIZE", 2)
    for number in range(5):
        grow_older(ask(orders, ana, principal=f"group:g{number}@example.com"), timedelta(hours=5 - number))
    client, address, seen = sign_in(olga), URL, []
    while address:
        response = client.get(address)
        page = response.context["page"]
        seen += [row.principal for row in page.rows]
        address = f"{URL}{page.older_url}" if page.older_url else ""
    assert seen == [f"group:g{number}@example.com" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("address", [URL, f"{URL}?show=all", "/access/requests/"])
def test_a_search_looks_through_so_many_at_a_time(
    orders: Resource, olga: User, ana: User, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(request_rows, "WALK", 4)
    for number in range(10):
        reason = "needle" if number in {1, 8} else "hay"
        request = ask(orders, ana, principal=f"group:g{number}@example.com", reason=reason)
        grow_older(request, timedelta(hours=10 - number))
    client, seen, words = sign_in(ana if "requests" in address else olga), [], "q=needle"
    for _ in range(3):
        response = client.get(f"{address}{'&' if '?' in address else '?'}{words}")
        page = response.context["page"]
        seen += [row.principal for row in page.rows]
        looked_in_vain = "None of the newest 4 requests match" in text_of(response)
        assert looked_in_vain == (bool(page.further_url) and not page.rows)
        words = page.further_url.removeprefix("?")
    assert seen == [f"group:g{number}@example.com" for number in (8, 1)]
    assert not words, "the third search came to the end"


@pytest.mark.parametrize("key", ["x", "_", "2020-01-01_x", "2020-01-01T00:00:00_" + "0" * 32, "9999-99-99_x"])
def test_odd_keys_are_no_key(orders: Resource, ana: User, olga: User, key: str) -> None:
    ask(orders, ana)
    assert "orders" in text_of(sign_in(olga).get(f"{URL}?before={key}"))


def test_my_requests_are_mine(orders: Resource, ana: User, olga: User) -> None:
    ask(orders, ana, reason="Quarter")
    client = sign_in(ana)
    assert "Quarter" in text_of(client.get("/access/requests/"))
    assert "You have asked for nothing yet" in text_of(sign_in(olga).get("/access/requests/"))
    assert "No requests match" in text_of(client.get("/access/requests/?q=nothing"))
    answer = client.get("/access/requests/?q=&state=pending", headers=HTMX)
    assert answer.headers["HX-Push-Url"] == "/access/requests/?state=pending"


def test_what_became_of_an_approved_one_is_told(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana), olga)
    client = sign_in(ana)
    body = client.get("/access/requests/").content.decode()
    assert body.count("chip-pending") == 1, "Google has it not yet"
    request.grants.update(observed="present")
    assert "chip-active" in client.get("/access/requests/").content.decode()


@pytest.mark.parametrize("address", [URL, f"{URL}?show=all"])
def test_queries_do_not_grow_with_rows(orders: Resource, ana: User, olga: User, address: str) -> None:
    client = sign_in(olga)
    client.get(address)
    counts = []
    for number in range(30):
        ask(orders, ana, principal=f"group:g{number}@example.com")
        if number in {0, 29}:
            with CaptureQueriesContext(database) as queries:
                client.get(address)
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 12, counts
    assert AccessRequest.objects.count() == 30
