"""Pages ask the database fewer than twelve times, and as often for many rows as for few."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal import middleware
from tests.portal import people, things
from tests.portal.addresses import LOOKERS, Page, pages
from tests.portal.api.calling import call, token_of
from tests.portal.crowd import Crowd

pytestmark = pytest.mark.django_db
FEW, MANY = 10, 60
MOST_QUERIES = 11
# Pages with filters that lead to other queries.
FILTERED = (
    "/audit/?q=owner",
    "/audit/?principal=first@example.com&action=grant",
    "/operations/?by=all",
    "/connections/?q=owner&mine=owned&sort=name",
    "/access/queue/?show=all&q=guest",
    "/access/holdings/?principal=first@example.com&on=2026-01-01",
    "/access/changes/?resource=projects/acme-analytics/locations/us/connections/orders",
)


def counted(browsers: dict[str, Client], page: Page) -> int:
    """How often a page asks the database."""
    role, path = page
    with CaptureQueriesContext(connection) as captured:
        answer = browsers[role].get(path)
    assert answer.status_code < 300, (page, answer.status_code)
    return len(captured)


def test_every_page_asks_fewer_than_twelve_times_for_few_rows_as_for_many(
    cast: people.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "_SEEN_EVERY_SECONDS", 10**6)  # a visit is noted in the session
    crowd = Crowd(cast)
    crowd.grow(FEW)
    browsers = {role: people.signed_in(getattr(cast, role)) for role in LOOKERS}
    asked = [*pages(crowd.objects), *(("admin", path) for path in FILTERED)]
    for role in LOOKERS:
        browsers[role].get("/access/")
    few = {page: counted(browsers, page) for page in asked}
    crowd.grow(MANY)
    many = {page: counted(browsers, page) for page in asked}
    # What goes on over a page's end is counted by one query more.
    grown = {page: (few[page], many[page]) for page in asked if many[page] - few[page] not in (0, 1)}
    assert not grown, "queries grow with rows"
    assert not {page: count for page, count in many.items() if count > MOST_QUERIES}
    assert len(asked) > 90


def test_the_api_asks_as_often_for_many_as_for_few(cast: people.Cast) -> None:
    crowd = Crowd(cast)
    token = token_of(cast.admin)
    counts = []
    for size in (2, FEW):
        crowd.grow(size)
        for path in ("grants", "requests", "events"):
            with CaptureQueriesContext(connection) as captured:
                answer = call(token, path)
            assert len(answer.json()["items"]) > size
            counts.append(len(captured))
    assert counts[:3] == counts[3:]
    assert max(counts) <= MOST_QUERIES


def test_an_export_asks_once_a_thousand_rows(cast: people.Cast) -> None:
    browser = people.signed_in(cast.auditor)
    for number in range(200):
        things.event(target="people/owner@example.com", detail={"number": number})
    with CaptureQueriesContext(connection) as captured:
        answer = browser.post("/audit/export/?action=test", {"format": "csv"})
        assert len(b"".join(answer.streaming_content).splitlines()) == 201  # type: ignore[attr-defined]
    selects = [query for query in captured if 'FROM "portal_auditevent"' in query["sql"]]
    assert len(selects) == 2
