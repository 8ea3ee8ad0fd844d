"""The figures of the Insights page, counted from the rows, and the page that draws them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from access import figures, pictures
from access.models import AccessRequest, Figures, Grant, Resource
from portal import clock
from portal.models import User
from tests.access.requests.asked import DENY, ask, decide
from tests.access.views.trail_pages import days_ago, seen, told
from tests.support.cast import ada, ana, aurel, olga, orders, project, quick
from tests.support.factories import make_grant, make_person
from tests.support.pages import sign_in, text_of

__all__ = ["ada", "ana", "aurel", "olga", "orders", "project", "quick"]
PAGE = "/access/insights/"
pytestmark = pytest.mark.django_db


def test_grants_over_time_are_those_held_at_the_end_of_each_day(orders: Resource) -> None:
    old, short = make_grant(orders, "user:old@example.com"), make_grant(orders, "user:short@example.com")
    told("grant.activate", old, when=days_ago(200))
    told("grant.activate", short, when=days_ago(3))
    told("grant.revoke", short, observed="absent", when=days_ago(1))
    seen(orders, "user:new@example.com")
    held = figures.count(clock.now())["held"]
    assert len(held) == figures.DAYS
    assert [row[1] for row in held[-5:]] == [1, 2, 2, 1, 2]
    assert [row[2:] for row in held[-4:]] == [[1, 0], [0, 0], [0, 1], [1, 0]]
    assert held[0][1] == 1
    assert held[-1][0] == f"{clock.now():%Y-%m-%d}"


def test_requests_by_outcome_and_time_to_decision(orders: Resource, olga: User) -> None:
    people = [make_person(f"p{number}@example.com") for number in range(5)]
    for person, hours in zip(people, (0, 2, 30, 100), strict=False):
        request = ask(orders, person)
        decide(request, olga, *([DENY] if hours == 2 else []))
        AccessRequest.objects.filter(pk=request.pk).update(
            decided_at=F("created_at") + timedelta(hours=hours, seconds=1)
        )
    ask(orders, people[4])
    content = figures.count(clock.now())
    assert dict(content["outcomes"]) == {
        "pending": 1, "approved": 3, "denied": 1, "withdrawn": 0, "lapsed": 0,
    }  # fmt: skip
    assert [number for _, number in content["spans"]] == [1, 1, 0, 1, 1]


def test_what_ends_soon_is_counted_by_day(orders: Resource) -> None:
    now = clock.now()
    for days in (0, 2, 2, 45):
        make_grant(orders, f"user:p{days}@example.com", purpose=str(Grant.objects.count()),
                   expires_at=now + timedelta(days=days, minutes=5))  # fmt: skip
    ending = figures.count(now)["ending"]
    assert len(ending) == figures.AHEAD + 1
    assert sum(number for _, number in ending) == 3


def test_it_is_counted_again_only_when_there_is_something_new(orders: Resource) -> None:
    assert figures.count_due()
    assert not figures.count_due(), "nothing has happened"
    Figures.objects.update(counted_at=clock.now() - timedelta(minutes=6))
    assert not figures.count_due() or clock.now().hour == 0
    seen(orders, "user:new@example.com")
    assert figures.count_due()
    seen(orders, "user:newer@example.com")
    assert not figures.count_due(), "a moment ago is new enough"
    Figures.objects.update(counted_at=clock.now() - timedelta(days=1))
    assert figures.count_due()
    assert Figures.objects.count() == 1


def test_the_page_draws_and_tells_the_same_in_tables(aurel: User, orders: Resource) -> None:
    browser = sign_in(aurel)
    assert "Not counted yet" in text_of(browser.get(PAGE))
    seen(orders, "user:new@example.com")
    make_grant(orders, "user:soon@example.com", expires_at=clock.now() + timedelta(days=2))
    figures.count_due()
    page = browser.get(PAGE)
    html = page.content.decode()
    assert "1 grant is held now, 0 were 89 days ago." in text_of(page)
    assert "1 grant ends in the next 30 days." in text_of(page)
    assert "decisions came" not in text_of(page), "none was made"
    assert html.count('<svg class="chart"') == 2, "requests: nothing in this time"
    assert html.count("Nothing in this time.") == 2
    assert html.count("As a table") == 2
    assert "soon@example.com" in text_of(page)
    assert "style=" not in html


def test_an_owner_is_no_overseer(olga: User, orders: Resource) -> None:
    assert sign_in(olga).get(PAGE).status_code == 403


@pytest.mark.parametrize(
    ("highest", "end"), [(0, 2), (1, 2), (2, 2), (3, 4), (5, 10), (11, 20), (50, 100), (1500, 2000)]
)
def test_an_axis_ends_at_a_round_number_with_a_whole_one_in_its_middle(highest: int, end: int) -> None:
    assert pictures.ceiling(highest) == end
    assert end % 2 == 0


def test_a_picture_stays_in_its_box() -> None:
    drawn = pictures.columns([0, 5, 10], ["a", "b", "c"], each_named=True)
    assert [column.height for column in drawn.columns] == [0, 59.0, 118.0]
    assert all(column.y + column.height == drawn.floor for column in drawn.columns)
    assert drawn.columns[-1].x + drawn.columns[-1].width <= drawn.width
    assert drawn.columns[1].text == "b: 5"
    line = pictures.line([1, 3, 2], ["mon", "tue", "wed"])
    assert line.line.startswith("M44.0 ")
    assert line.area.endswith("Z")
    assert [mark.text for mark in line.below] == ["mon", "tue", "wed"]
    assert [mark.text for mark in line.across] == ["0", "2", "4"]
