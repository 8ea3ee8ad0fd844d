"""Whatever stands after the question mark: no page and no export fails, and none shows more than it may."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from tests.access.views.trail_pages import seen
from tests.portal import people, things
from tests.portal.api.calling import call, token_of
from tests.portal.sweep_table import CONNECTION
from tests.support.examples import examples

pytestmark = pytest.mark.django_db
PAGES = (
    "/audit/",
    "/access/holdings/",
    "/access/changes/",
    "/access/insights/",
    "/access/queue/",
    "/access/requests/",
    "/access/leaver/",
    "/access/outside/",
    "/operations/",
    "/connections/",
    "/databases/",
    "/people/",
    "/projects/",
    "/reviews/",
)
EXPORTS = ("/audit/export/", "/access/holdings/export/", "/access/changes/export/")
NAMES = (
    *("q", "principal", "resource", "role", "on", "at", "since", "until", "before", "page", "sort"),
    *("actor", "action", "target", "project", "outcome", "show", "state", "by", "kind", "location", "mine"),
)
# What some field or some database takes for something: moments, keys, wildcards, sizes, code points.
ODD = (
    "",
    "\x00",
    "%",
    "_",
    "\\",
    "'",
    '"; --',
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "24:00",
    "23:59:59.999999",
    "1e9",
    "-1",
    "9" * 18,
    "9" * 40,
    "٣",
    "²",
    "\ud7ff",
    "﷽" * 300,
    "x" * 3000,
    "user:",
    ":",
    "@",
    "a@b@c",
    "roles/",
    "projects/-/locations/-",
    "0001-01-01T00:00:00+23:59_" + "0" * 32,
    "9999-12-31T23:59:59-23:59~" + "f" * 32,
    "2026-01-01T00:00:00_" + "0" * 32,
    "all",
    "active",
    "failed",
    "owned",
    "-created",
)
values = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=12),
    st.dates().map(str),
    st.times().map(str),
    st.datetimes(timezones=st.timezones()).map(str),
    st.integers().map(str),
)
queries = st.dictionaries(st.sampled_from(NAMES), values, max_size=6)


@pytest.fixture
def admin(cast: people.Cast) -> Client:
    """The browser of somebody who sees everything, with something of everything to see."""
    connection = things.connection(things.project(), cast.owner)
    seen(connection.resource, "user:ana@example.com", ended=True)
    seen(connection.resource, "user:ben@example.com")
    things.access_request(connection.resource, by=cast.analyst)
    things.failed_operation(by=cast.owner)
    return people.signed_in(cast.admin)


@examples(150)
@given(page=st.sampled_from(PAGES), query=queries)
@example(page="/access/changes/", query={"since": "0001-01-01", "until": "9999-12-31"})
@example(page="/access/holdings/", query={"on": "0001-01-01", "at": "00:00", "before": "9" * 18})
@example(page="/audit/", query={"since": "9999-12-31", "principal": "\x00"})
def test_every_page_answers(admin: Client, page: str, query: dict[str, str]) -> None:
    answer = admin.get(page, query)
    assert answer.status_code in {200, 422}, (page, query)
    if answer.status_code == 422:
        assert page == "/access/leaver/"


@examples(60)
@given(page=st.sampled_from(EXPORTS), query=queries, kind=st.sampled_from(("csv", "jsonl", "ocsf", "x", "")))
def test_every_export_answers(admin: Client, page: str, query: dict[str, str], kind: str) -> None:
    answer = admin.post(page, {"format": kind}, query_params=query)
    assert answer.status_code in {200, 400}, (page, query)
    if answer.status_code == 200:
        b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


@examples(60)
@given(
    path=st.sampled_from(("grants", "requests", "events")),
    query=st.dictionaries(st.sampled_from((*NAMES, "limit", "status")), values, max_size=5),
)
def test_the_api_answers(cast: people.Cast, path: str, query: dict[str, str]) -> None:
    assert call(token_of(cast.admin), path, **query).status_code in {200, 422}, (path, query)


@examples(40)
@given(query=st.dictionaries(st.sampled_from(("principal", "resource", "role", "on", "before")), values))
def test_no_query_shows_what_is_not_theirs(admin: Client, cast: people.Cast, query: dict[str, str]) -> None:
    browser = Client()
    browser.force_login(cast.analyst)
    for page in ("/access/holdings/", "/access/changes/"):
        theirs = admin.get(page, {"resource": CONNECTION})
        assert "table-wrap" in theirs.content.decode(), "there is something to hide"
        shown = browser.get(page, query | {"resource": CONNECTION})
        assert shown.status_code == 200
        assert "table-wrap" not in shown.content.decode(), page
