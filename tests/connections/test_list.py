"""The list: found by words and filters that stay in the address, and quick however long it is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from access.models import CONNECTION_ADMIN
from access.owners import set_owners
from connections import search
from connections.models import Connection
from connections.views import catalogue
from portal import clock
from portal.models import Project, User
from tests.support.factories import make_connection, make_grant, make_project, make_resource
from tests.support.pages import HTMX, sign_in, text_of
from tests.support.plans import only_sqlite, plans

URL = "/connections/"


def titles(user: User, **query: str) -> list[str]:
    """The ids that the list shows, in order."""
    response = sign_in(user).get(URL, query)
    return [row.connection_id for row in response.context["page"].rows]


@pytest.fixture
def three(project: Project, olga: User, ada: User) -> list[Connection]:
    """Three connections, each with something of its own."""
    other = make_project("acme-other", number=42)
    now = clock.now()
    return [
        make_connection(
            project, "orders", friendly_name="Shop", owners=(olga,), created_at=now - timedelta(hours=2)
        ),
        make_connection(
            project,
            "billing",
            location="us",
            description="Invoices und Übersicht",
            created_at=now - timedelta(hours=1),
        ),
        make_connection(
            other,
            "crm",
            location="eu",
            state=Connection.State.FAILED,
            owners=(ada,),
            properties={"database": "kundén", "username": "u", "instance": "//x/instances/crm-primary"},
        ),
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("orders", {"orders", "billing"}),  # billing's database is called orders too
        ("SHOP", {"orders"}),
        ("übersicht", {"billing"}),
        ("ÜBERSICHT", {"billing"}),
        ("kundén", {"crm"}),
        ("crm-primary", {"crm"}),
        ("olga@", {"orders"}),
        ("shop orders", {"orders"}),
        ("shop crm", set()),
        ("%", set()),
        ("<script>alert(1)</script>", set()),
    ],
)
def test_words_find(ana: User, three: list[Connection], words: str, found: set[str]) -> None:
    assert set(titles(ana, q=words)) == found


def test_words_find_the_owners_of_now(ana: User, ada: User, olga: User, three: list[Connection]) -> None:
    orders, billing, _ = three
    set_owners(orders.resource, [ada], by=olga)
    assert titles(ana, q="olga@") == []
    assert set(titles(ana, q="ada@")) == {"orders", "crm"}
    assert titles(ana, q="ada@ shop") == ["orders"]
    orders.save()
    assert set(titles(ana, q="ada@")) == {"orders", "crm"}
    olga.owned_resources.add(billing.resource, make_resource("projects/p/datasets/d"))
    assert titles(ana, q="olga@") == ["billing"]
    olga.owned_resources.remove(billing.resource)
    assert titles(ana, q="olga@") == []
    ada.owned_resources.clear()
    assert titles(ana, q="ada@") == []


def test_many_are_counted_no_further(
    ana: User, three: list[Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "PAGE_SIZE", 2)
    for most, words in ((3, "3 connections"), (2, "More than 2 connections")):
        monkeypatch.setattr(search, "MOST_COUNTED", most)
        assert words in text_of(sign_in(ana).get(URL))
        assert words in text_of(sign_in(ana).get(URL, {"sort": "name", "before": "billing 0"}))
    assert "1 connection" in text_of(sign_in(ana).get(URL, {"q": "shop"}))


def test_a_kind_that_is_not_known_is_called_so(ana: User, project: Project) -> None:
    make_connection(project, kind="unknown", properties={})
    assert "Not known to the portal" in text_of(sign_in(ana).get(URL))


def test_words_find_what_a_connection_has_become(ana: User, three: list[Connection]) -> None:
    three[0].friendly_name, three[0].properties = "Fleet", {"database": "trucks"}
    three[0].save()
    three[1].state = Connection.State.FAILED
    three[1].save(update_fields=["state"])
    assert titles(ana, q="fleet trucks") == ["orders"]
    assert titles(ana, q="shop") == []
    assert titles(ana, q="invoices") == ["billing"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "alloydb"}, {"orders", "billing", "crm"}),
        ({"project": "acme-other"}, {"crm"}),
        ({"location": "us"}, {"billing"}),
        ({"state": "failed"}, {"crm"}),
        ({"state": "active", "location": "us-central1"}, {"orders"}),
        ({"state": "no such"}, {"orders", "billing", "crm"}),
        ({"project": "\0", "q": "\0", "location": "\0", "state": "\0"}, {"orders", "billing", "crm"}),
        ({"project": "unknown", "page": "abc", "sort": "nonsense"}, {"orders", "billing", "crm"}),
    ],
)
def test_filters(ana: User, three: list[Connection], query: dict[str, str], found: set[str]) -> None:
    assert set(titles(ana, **query)) == found


def test_mine(ana: User, olga: User, three: list[Connection]) -> None:
    make_grant(three[1].resource, "user:ana@example.com")
    assert titles(ana, mine="access") == ["billing"]
    assert titles(ana, mine="owned") == []
    assert titles(olga, mine="owned") == ["orders"]


def test_columns_sort_both_ways(ana: User, three: list[Connection]) -> None:
    assert titles(ana) == ["crm", "billing", "orders"], "newest first"
    assert titles(ana, sort="name") == ["billing", "crm", "orders"], "orders is called Shop"
    assert titles(ana, sort="-location") == ["orders", "billing", "crm"]
    assert titles(ana, sort="created") == ["orders", "billing", "crm"]


def test_rows_say_what_one_has(ana: User, olga: User, three: list[Connection]) -> None:
    make_grant(three[0].resource, "user:ana@example.com", CONNECTION_ADMIN)
    make_grant(three[1].resource, "user:ana@example.com", seen=False)
    text = text_of(sign_in(ana).get(URL))
    assert "Connection Admin" in text
    assert "Connection User Pending" in text
    assert "Owner" in text_of(sign_in(olga).get(URL, {"mine": "owned"}))


def test_htmx_gets_a_short_address(ana: User, three: list[Connection]) -> None:
    query = {"q": "shop", "kind": "", "project": "", "location": "", "state": "", "mine": "", "sort": "name"}
    response = sign_in(ana).get(URL, query, headers={**HTMX, "HX-Target": "results"})
    assert response.headers["HX-Push-Url"] == "/connections/?q=shop&sort=name"


def test_sorting_and_paging_keep_the_filters(ana: User, project: Project) -> None:
    for number in range(51):
        make_connection(project, f"c{number:03}")
    page = sign_in(ana).get(URL, {"q": "c0", "sort": "name"}).content.decode()
    assert "q=c0&amp;sort=-name" in page
    further = re.search(r'rel="next" href="([^"]+)"', page)
    assert further
    assert further[1].startswith("?q=c0&amp;sort=name&amp;before=c049+")
    assert titles(ana, sort="name", before="c049 0") == ["c049", "c050"]
    assert "before" not in re.search(r'href="(\?[^"]*sort=-name[^"]*)"', page)[1]  # type: ignore[index]
    assert 'name="sort" value="name"' in page


@pytest.mark.parametrize("sort", [f"{sign}{name}" for name in search.SORTS for sign in ("", "-")])
def test_the_pages_follow_each_other_in_every_order(
    ana: User, project: Project, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    """Also where many rows are alike in what they are sorted by."""
    monkeypatch.setattr(catalogue, "PAGE_SIZE", 4)
    other = make_project("acme-other", number=42)
    for number in range(11):
        of, place = (project, "us") if number % 3 else (other, "eu")
        make_connection(of, f"c{number}", location=place, friendly_name="Same" if number % 2 else "Über ~ 1")
    browser = sign_in(ana)
    seen: list[str] = []
    url = f"{URL}?sort={sort}"
    while url:
        page = browser.get(url).context["page"]
        seen += [row.connection_id for row in page.rows]
        url = page.older_url and f"{URL}{page.older_url}"
    monkeypatch.setattr(catalogue, "PAGE_SIZE", 50)
    assert seen == titles(ana, sort=sort)
    assert len(set(seen)) == 11


@pytest.mark.parametrize(
    "key", ["", "x", " ", "x y", "%00 1", "nonsense 1", "0001-01-01T00:00:00+23:59 1", "٣ ٣"]
)
def test_a_place_that_there_is_not_is_the_beginning(ana: User, project: Project, key: str) -> None:
    make_connection(project)
    assert titles(ana, before=key) == ["orders"]


@only_sqlite
@pytest.mark.parametrize(
    ("sort", "index"), [("name", "connection_by_name"), ("created", "connection_newest")]
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_an_index_has_the_order(ana: User, three: list[Connection], sort: str, index: str, sign: str) -> None:
    with plans() as lines:
        titles(ana, sort=f"{sign}{sort}", q="shop")
    assert f"SCAN U0 USING INDEX {index}" in lines


def test_nothing_at_all_offers_the_next_action(ada: User, ana: User) -> None:
    assert "Register a project" in text_of(sign_in(ada).get(URL))
    make_project()
    assert "Add data" in text_of(sign_in(ada).get(URL))
    text = text_of(sign_in(ana).get(URL))
    assert "No connections yet" in text
    assert "Administrators create them" in text


def test_no_matches_offers_to_clear(ana: User, three: list[Connection]) -> None:
    text = text_of(sign_in(ana).get(URL, {"q": "nothing like it"}))
    assert "No connections match" in text
    assert "Clear filters" in text


def test_names_are_escaped(ana: User, project: Project) -> None:
    make_connection(project, "x", friendly_name="<script>alert(1)</script>", description='"><img src=x>')
    page = sign_in(ana).get(URL, {"q": "<script>alert(2)</script>"}).content.decode()
    page += sign_in(ana).get(URL).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_queries_do_not_grow_with_rows(ana: User, olga: User, project: Project) -> None:
    client = sign_in(ana)
    client.get(URL)  # the first page of a session also writes the session
    counts = []
    for number in range(200):
        row = make_connection(project, f"c{number}", owners=(olga,))
        make_grant(row.resource, "user:ana@example.com")
        if number in {50, 199}:
            with CaptureQueriesContext(database) as queries:
                assert client.get(URL, {"q": "c", "mine": "access"}).status_code == 200
            counts.append(len(queries))
    assert counts[0] == counts[1], counts
    assert counts[1] <= 12, counts


def test_everyone_who_has_signed_in_sees_it(client: object, aurel: User, three: list[Connection]) -> None:
    assert len(titles(aurel)) == 3
    assert client.get(URL).status_code == 302  # type: ignore[attr-defined]


def test_the_filters_are_called_what_the_columns_are(three: list[Connection], ada: User) -> None:
    form = sign_in(ada).get(URL).context["form"]
    assert [form[name].label for name in ("kind", "project", "location")] == ["Type", "Project", "Location"]
