"""Who has what as of any moment: the table, its filters, who may see what, exports."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from access.models import CONNECTION_ADMIN, CONNECTION_USER, Drift, Grant, Resource
from access.views import holdings_filter
from portal import clock, exports
from portal.models import AuditEvent, Project, User
from tests.access.views.trail_pages import ANA, BEN, EVE, days_ago, rows, seen, shared, told, who
from tests.support.factories import make_connection, make_grant
from tests.support.pages import sign_in, text_of

PAGE = "/access/holdings/"


@pytest.fixture
def orders(project: Project, olga: User) -> Resource:
    """Olga's; Ben lost what he had."""
    resource = shared(project, olga)
    seen(resource, "group:finance@example.com", role=CONNECTION_ADMIN)
    return resource


@pytest.fixture
def other(project: Project) -> Resource:
    """Nobody's."""
    resource = make_connection(project, "other").resource
    seen(resource, EVE)
    return resource


def test_an_auditor_sees_who_has_what_now(aurel: User, orders: Resource, other: Resource) -> None:
    found = rows(sign_in(aurel), PAGE)
    assert [row[0] for row in found] == ["eve@example.com", "finance@example.com", "ana@example.com"]
    assert found[2][2] == "ordersprojects/acme-analytics/locations/us-central1/connections"
    assert found[2][3:] == ("Active", found[2][4], "Still thereNo end set", "Share")


@pytest.fixture
def lost(project: Project) -> Grant:
    """Ana's, given ten days ago; six days ago it was found gone at Google, two days ago there again."""
    grant = make_grant(make_connection(project).resource, ANA)
    told("grant.activate", grant, when=days_ago(10))
    for action, days in (("drift.find", 6), ("drift.end", 2)):
        told(action, grant, kind=Drift.Kind.GONE, when=days_ago(days))
    return grant


def test_what_is_gone_at_google_is_not_said_to_be_there(aurel: User, lost: Grant) -> None:
    browser = sign_in(aurel)

    def said(query: str = "") -> tuple[str, str]:
        (row,) = rows(browser, f"{PAGE}{query}")
        return row[3], row[5]

    def on(days: int) -> tuple[str, str]:
        return said(f"?on={days_ago(days):%Y-%m-%d}")

    assert on(9) == ("Active", "Still thereNo end set")
    status, until = on(5)
    assert status.startswith("Gone at GoogleTaken away outside the portal, found")
    assert until == "Not thereNo end set"
    assert on(1) == said() == ("Active", "Still thereNo end set")
    told("drift.find", lost, kind=Drift.Kind.GONE)
    assert said()[0].startswith("Gone at Google")
    assert on(1)[0] == "Active", "what was found later was not known then"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_the_export_says_what_was_gone_at_google_then(aurel: User, lost: Grant, kind: str) -> None:
    browser = sign_in(aurel)

    def exported(query: str = "") -> tuple[str, str | None, str | None]:
        answer = browser.post(f"{PAGE}export/{query}", {"format": kind})
        text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        (row,) = csv.DictReader(io.StringIO(text)) if kind == "csv" else [json.loads(text)]
        return row["status"], row["gone_since"] or None, row["gone_at"] or None

    found = exports.seconds(AuditEvent.objects.get(action="drift.find").time)
    assert exported(f"?on={days_ago(9):%Y-%m-%d}") == ("active", None, None)
    assert exported(f"?on={days_ago(5):%Y-%m-%d}") == ("gone", found, None)
    assert exported() == ("active", None, None)
    told("drift.find", lost, kind=Drift.Kind.GONE)
    assert exported()[0] == "gone"
    told("grant.revoke", lost, observed="absent")
    then = exported(f"?on={days_ago(5):%Y-%m-%d}")
    assert then[:2] == ("gone", found), "what came of it later changes nothing about that day"


def test_a_past_day_shows_the_table_of_its_end(aurel: User, project: Project) -> None:
    grant = make_grant(make_connection(project).resource, BEN)
    told("grant.activate", grant, when=days_ago(10))
    told("grant.revoke", grant, observed="absent", when=days_ago(8))
    browser = sign_in(aurel)

    def on(days: int, time: str = "") -> list[str]:
        return who(browser, f"{PAGE}?on={days_ago(days):%Y-%m-%d}&at={time}")

    assert on(11) == []
    assert on(10) == ["ben@example.com"]
    assert on(10, "11:59") == []
    assert on(9) == ["ben@example.com"]
    assert on(8) == []
    assert on(8, "11:00") == ["ben@example.com"]
    assert "before the first event" in text_of(browser.get(f"{PAGE}?on=2020-01-01"))


def test_filters_narrow_down(aurel: User, orders: Resource, other: Resource) -> None:
    browser = sign_in(aurel)

    def found(query: str) -> list[str]:
        return [name.split("@")[0] for name in who(browser, f"{PAGE}?{query}")]

    assert found("principal=ANA@example.com") == ["ana"], "the case of an address makes no difference"
    assert found("principal=user:ana@example.com") == ["ana"]
    assert found("principal=finance@example.com") == ["finance"], "it may be a group"
    assert found("principal=user:finance@example.com") == []
    assert found(f"resource={orders.full_name}/") == ["finance", "ana"]
    assert found("role=connectionAdmin") == ["finance"]
    assert found(f"role={CONNECTION_USER}") == ["eve", "ana"]
    assert found(f"resource={orders.full_name}&role=connectionUser") == ["ana"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("on=nonsense", "Enter a valid date"),
        ("at=10:00", "Choose the day as well."),
        ("on=2999-01-01", "That day has not come yet."),
    ],
)
def test_mistakes_show_nothing_and_say_why(aurel: User, orders: Resource, query: str, said: str) -> None:
    page = sign_in(aurel).get(f"{PAGE}?{query}")
    assert said in text_of(page)
    assert "ana@example.com" not in page.content.decode().split('id="results"')[1]


def test_what_is_left_in_place_is_shown_until_it_is_gone(aurel: User, project: Project) -> None:
    resource = make_connection(project).resource
    grant = seen(resource, ANA)
    told("grant.revoke", grant, observed="released")
    browser = sign_in(aurel)
    assert rows(browser, PAGE)[0][3].startswith("Left in place")
    again = Grant.objects.get(pk=grant.pk)
    again.pk, again.purpose = None, "another"
    again.save()
    told("grant.activate", again)
    told("grant.revoke", again, observed="absent")
    assert who(browser, PAGE) == [], "any claim on the binding that is seen to be gone ends it"


def test_everybody_sees_what_is_theirs_to_know(
    ana: User, olga: User, ada: User, orders: Resource, other: Resource
) -> None:
    assert who(sign_in(ana), PAGE) == ["ana@example.com"], "an analyst their own"
    assert who(sign_in(ana), f"{PAGE}?resource={orders.full_name}") == ["ana@example.com"]
    assert who(sign_in(ana), f"{PAGE}?principal=eve@example.com") == []
    owner = sign_in(olga)
    assert who(owner, PAGE) == []
    assert len(who(owner, f"{PAGE}?resource={orders.full_name}")) == 2
    assert who(owner, f"{PAGE}?resource={other.full_name}") == [], "another owner's is as if it were not"
    assert len(who(sign_in(ada), PAGE)) == 3


def test_the_pages_follow_each_other(aurel: User, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a past day at which most of what began was over."""
    monkeypatch.setattr(holdings_filter, "WALK", 20)
    resource = make_connection(project).resource
    lasting = {0, 55, 119}
    for number in range(120):
        seen(resource, f"user:p{number}@example.com", ended=number not in lasting)
    seen(resource, EVE)
    browser = sign_in(aurel)
    names, url = [], f"{PAGE}?on={clock.now():%Y-%m-%d}"
    while url:
        page = browser.get(url)
        names += who(browser, url)
        further = page.context["page"].older_url or page.context["page"].further_url
        url = f"{PAGE}{further}" if further else ""
    assert names == [f"{name}@example.com" for name in ("eve", "p119", "p55", "p0")]


def test_it_asks_as_often_for_many_as_for_one(aurel: User, project: Project) -> None:
    resource = make_connection(project).resource
    browser = sign_in(aurel)
    counts = []
    for number in range(60):
        seen(resource, f"user:p{number}@example.com")
        if number in {0, 59}:
            browser.get(PAGE)
            with CaptureQueriesContext(database) as captured:
                browser.get(f"{PAGE}?on={clock.now():%Y-%m-%d}&resource={resource.full_name}")
            counts.append(len(captured))
    assert counts[0] == counts[1] < 12


def test_the_export_is_the_whole_table_and_an_event(aurel: User, orders: Resource, other: Resource) -> None:
    browser = sign_in(aurel)
    address = f"{PAGE}export/?resource={orders.full_name}"
    answer = browser.post(address, {"format": "csv"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["principal"] for row in found] == ["group:finance@example.com", ANA]
    assert {row["status"] for row in found} == {"active"}
    answer = browser.post(address, {"format": "jsonl"})
    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]
    assert [json.loads(line)["principal"] for line in lines] == ["group:finance@example.com", ANA]
    event = AuditEvent.objects.filter(action="holdings.export").latest("position")
    assert event.actor == "aurel@example.com"
    assert event.detail["filters"] == {"resource": orders.full_name}
    for wrong in ({"format": "ocsf"}, {}):
        assert browser.post(address, wrong).status_code == 400
    assert browser.post(f"{PAGE}export/?on=nonsense", {"format": "csv"}).status_code == 400


def test_a_cell_of_the_export_is_no_formula(aurel: User, project: Project) -> None:
    seen(make_connection(project).resource, "=cmd|'/C calc'!A1")
    answer = sign_in(aurel).post(f"{PAGE}export/", {"format": "csv"})
    assert "'=cmd" in b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_an_export_holds_no_more_than_the_page(ana: User, orders: Resource, other: Resource) -> None:
    answer = sign_in(ana).post(f"{PAGE}export/", {"format": "jsonl"})
    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]
    assert [json.loads(line)["principal"] for line in lines] == [ANA]


def test_the_connections_page_leads_there(olga: User, orders: Resource) -> None:
    page = sign_in(olga).get(orders.url).content.decode()
    assert f"{PAGE}?resource=" in page
