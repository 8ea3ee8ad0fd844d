"""What changed between two days: gains and losses, each with its event."""

from __future__ import annotations

import pytest

from access.models import Resource
from access.views import changes
from portal.models import Project, User
from tests.access.views.trail_pages import days_ago, rows, seen, told
from tests.support.factories import make_connection, make_grant
from tests.support.pages import sign_in, text_of

PAGE = "/access/changes/"
ANA, BEN = "user:ana@example.com", "user:ben@example.com"


def change(row: tuple[str, ...]) -> tuple[str, str]:
    return row[0], row[1].split("@")[0]


def test_gains_and_losses_newest_first(aurel: User, orders: Resource) -> None:
    seen(orders, ANA)
    seen(orders, BEN, ended=True)
    found = rows(sign_in(aurel), PAGE)
    assert list(map(change, found)) == [("Lost access", "ben"), ("Got access", "ben"), ("Got access", "ana")]
    assert "Event" in found[0][4]
    assert [change(row) for row in rows(sign_in(aurel), f"{PAGE}?principal=ana@example.com")] == [
        ("Got access", "ana")
    ]


def test_only_what_lies_between_the_days(aurel: User, orders: Resource) -> None:
    grant = make_grant(orders, ANA)
    told("grant.activate", grant, when=days_ago(10))
    told("grant.revoke", grant, observed="absent", when=days_ago(5))
    browser = sign_in(aurel)

    def between(first: int, last: int) -> list[str]:
        query = f"since={days_ago(first):%Y-%m-%d}&until={days_ago(last):%Y-%m-%d}"
        return [row[0] for row in rows(browser, f"{PAGE}?{query}")]

    assert between(10, 5) == ["Lost access", "Got access"]
    assert between(10, 10) == ["Got access"]
    assert between(9, 5) == ["Lost access"]
    assert between(9, 6) == []
    assert between(20, 11) == []


def test_the_end_comes_after_the_beginning(aurel: User, orders: Resource) -> None:
    page = sign_in(aurel).get(f"{PAGE}?since=2026-02-02&until=2026-01-01")
    assert "The end lies before the beginning." in text_of(page)


def test_everybody_sees_what_is_theirs_to_know(
    ana: User, olga: User, project: Project, orders: Resource
) -> None:
    seen(orders, ANA)
    seen(orders, BEN)
    other = make_connection(project, "other").resource
    seen(other, BEN)
    assert [change(row) for row in rows(sign_in(ana), PAGE)] == [("Got access", "ana")]
    assert rows(sign_in(olga), PAGE) == []
    assert len(rows(sign_in(olga), f"{PAGE}?resource={orders.full_name}")) == 2
    assert rows(sign_in(olga), f"{PAGE}?resource={other.full_name}") == []


def test_the_pages_follow_each_other(aurel: User, orders: Resource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "PAGE_SIZE", 5)
    for number in range(9):
        seen(orders, f"user:p{number}@example.com", ended=number % 2 == 0)
    browser = sign_in(aurel)
    found, url = [], PAGE
    while url:
        found += rows(browser, url)
        older = browser.get(url).context["older_url"]
        url = f"{PAGE}{older}" if older else ""
    assert len(found) == len({(row[0], row[1]) for row in found}) == 14
    assert found[0][1] == "p8@example.com"


def test_what_one_event_ended_stands_on_one_page(
    aurel: User, orders: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAGE_SIZE", 3)
    seen(orders, ANA)
    for number in range(6):
        grant = seen(orders, BEN)
        grant.purpose, grant.desired = str(number), "absent"
        grant.save()
        told("grant.revoke", grant, observed="released")
    told("grant.revoke", seen(orders, BEN), observed="absent")
    browser = sign_in(aurel)
    assert list(map(change, rows(browser, PAGE))) == [("Lost access", "ben")] * 7
    found, url = [], PAGE
    while url:
        found += rows(browser, url)
        older = browser.get(url).context["older_url"]
        url = f"{PAGE}{older}" if older else ""
    assert len(found) == 7 + 7 + 1
