"""An address is the table that it showed: for whom it is sent to, and as a filter that is kept."""

from __future__ import annotations

import pytest

from access.models import CONNECTION_ADMIN, Resource
from portal.models import Project, SavedFilter, User
from tests.access.views.trail_pages import ANA, BEN, days_ago, rows, seen, told
from tests.support.factories import make_connection, make_grant
from tests.support.pages import sign_in

HOLDINGS, CHANGES = "/access/holdings/", "/access/changes/"


@pytest.fixture
def orders(project: Project, olga: User) -> Resource:
    """Olga's; Ben had access ten days ago, and lost it five days ago."""
    resource = make_connection(project, owners=(olga,)).resource
    grant = make_grant(resource, BEN, CONNECTION_ADMIN)
    told("grant.activate", grant, when=days_ago(10))
    told("grant.revoke", grant, observed="absent", when=days_ago(5))
    seen(resource, ANA)
    return resource


def test_what_is_sent_to_somebody_shows_them_the_same(aurel: User, ada: User, orders: Resource) -> None:
    queries = (
        "principal=ben@example.com",
        f"resource={orders.full_name}",
        "role=connectionAdmin",
        f"role=connectionAdmin&principal=BEN@example.com&resource={orders.full_name}",
    )
    for page in (HOLDINGS, CHANGES):
        for query in queries:
            day = f"&on={days_ago(7):%Y-%m-%d}" if page == HOLDINGS else f"&until={days_ago(7):%Y-%m-%d}"
            first = rows(sign_in(aurel), f"{page}?{query}{day}")
            assert first == rows(sign_in(ada), f"{page}?{query}{day}"), query
            assert [row for row in first if "ben@example.com" in str(row)], query


def test_an_owner_and_a_stranger_see_what_is_theirs_under_the_same_address(
    olga: User, ana: User, orders: Resource
) -> None:
    address = f"{HOLDINGS}?resource={orders.full_name}&on={days_ago(7):%Y-%m-%d}"
    assert [row[0] for row in rows(sign_in(olga), address)] == ["ben@example.com"]
    assert rows(sign_in(ana), address) == []


@pytest.mark.parametrize(("page", "name"), [(HOLDINGS, "holdings"), (CHANGES, "changes")])
def test_a_kept_filter_leads_to_the_same_table(aurel: User, orders: Resource, page: str, name: str) -> None:
    browser = sign_in(aurel)
    day = days_ago(7).strftime("%Y-%m-%d")
    query = (
        f"principal=ben%40example.com&role=connectionAdmin&{'on' if name == 'holdings' else 'until'}={day}"
    )
    shown = rows(browser, f"{page}?{query}")
    assert len(shown) == 1
    browser.post("/filters/save/", {"page": name, "name": "Ben", "query": f"{query}&before=99&at="})
    kept = SavedFilter.objects.get()
    assert f'href="{page}?{kept.query.replace("&", "&amp;")}"' in browser.get(page).content.decode()
    assert rows(browser, f"{page}?{kept.query}") == shown


def test_the_form_shows_what_the_address_says(aurel: User, orders: Resource) -> None:
    page = sign_in(aurel).get(f"{HOLDINGS}?principal=Ben@example.com&on=2026-01-02&at=10:30&role=x").content
    for value in (b'value="Ben@example.com"', b'value="2026-01-02"', b'value="10:30"', b'value="x"'):
        assert value in page


def test_a_filtered_page_has_an_address_without_what_is_empty(aurel: User, orders: Resource) -> None:
    browser = sign_in(aurel)
    for page in (HOLDINGS, CHANGES):
        answer = browser.get(
            f"{page}?principal=&role=connectionUser&resource=", headers={"HX-Request": "true"}
        )
        assert answer.headers["HX-Push-Url"] == f"{page}?role=connectionUser"


def test_the_links_of_a_row_keep_the_day(aurel: User, orders: Resource) -> None:
    day = days_ago(7).strftime("%Y-%m-%d")
    page = sign_in(aurel).get(f"{HOLDINGS}?on={day}").content.decode()
    assert f"?principal=user%3Aben%40example.com&amp;on={day}" in page
    assert f"&amp;on={day}" in page.split("projects%2F", 1)[1]


def test_the_day_shows_the_end_that_held_then(aurel: User, project: Project) -> None:
    """Extended a week ago: before that it was to end sooner."""
    grant = make_grant(make_connection(project).resource, ANA, expires_at=days_ago(-1))
    told("grant.activate", grant, when=days_ago(10))
    grant.expires_at = days_ago(-30)
    grant.save()
    told("request.extend", grant, when=days_ago(7))
    browser = sign_in(aurel)

    def until(day: int) -> str:
        return rows(browser, f"{HOLDINGS}?on={days_ago(day):%Y-%m-%d}")[0][5]

    assert f"{days_ago(-1):%Y-%m-%d}" in until(9)
    assert f"{days_ago(-30):%Y-%m-%d}" in until(6)
    assert f"Ends {days_ago(-30):%Y-%m-%d}" in rows(browser, HOLDINGS)[0][5]
    answer = browser.post(f"{HOLDINGS}export/?on={days_ago(9):%Y-%m-%d}", {"format": "csv"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert f'"active","","{days_ago(-1):%Y-%m-%d}T12:00' in text
