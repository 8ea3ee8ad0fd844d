"""What changed as a file: exactly what the page's filters let through, in three formats."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from access.models import CONNECTION_USER, Resource
from access.views import changes_export
from portal.models import AuditEvent, Project, User
from tests.access.views.trail_pages import ANA, BEN, EVE, days_ago, seen, shared, told
from tests.portal.test_ocsf import check
from tests.support.factories import make_connection, make_grant
from tests.support.pages import sign_in

PAGE = "/access/changes/export/"


@pytest.fixture
def orders(project: Project, olga: User) -> Resource:
    """Olga's; Ana has access, Ben lost what he had."""
    return shared(project, olga)


def text(browser: Client, kind: str, query: str = "") -> str:
    answer = browser.post(f"{PAGE}?{query}", {"format": kind})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def lines(browser: Client, query: str = "", kind: str = "jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in text(browser, kind, query).splitlines()]


def told_of(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["change"], row["principal"]) for row in found]


def test_csv_and_json_lines_hold_the_same_changes(aurel: User, orders: Resource) -> None:
    browser = sign_in(aurel)
    table = list(csv.DictReader(io.StringIO(text(browser, "csv"))))
    found = lines(browser)
    assert told_of(found) == [("lost", BEN), ("gained", BEN), ("gained", ANA)]
    assert [{name: str(value) for name, value in row.items()} for row in found] == table
    events = {event.position: event for event in AuditEvent.objects.all()}
    for row in found:
        event = events[row["event"]]
        assert event.action == ("grant.activate" if row["change"] == "gained" else "grant.revoke")
        assert (row["grant"], row["resource"]) == (event.detail["grant"], orders.full_name)
        assert row["time"] == event.time.isoformat(timespec="seconds")


def test_each_change_is_user_access_management_for_a_siem(aurel: User, orders: Resource) -> None:
    found = lines(sign_in(aurel), kind="ocsf")
    for event in found:
        check(event)
        assert event["class_uid"] == 3005
    assert [event["activity_name"] for event in found] == [
        "Revoke Privileges",
        "Assign Privileges",
        "Assign Privileges",
    ]
    assert found[2]["user"]["uid"] == ANA
    assert found[2]["privileges"] == [CONNECTION_USER]
    assert found[2]["resources"][0]["name"] == orders.full_name
    assert len({event["metadata"]["uid"] for event in found}) == 3
    assert found[0]["unmapped"]["change"] == "lost"


def test_exactly_what_is_filtered(aurel: User, project: Project, orders: Resource) -> None:
    browser = sign_in(aurel)
    other = make_connection(project, "other").resource
    seen(other, EVE)
    assert told_of(lines(browser, f"resource={other.full_name}")) == [("gained", EVE)]
    assert told_of(lines(browser, "principal=BEN@example.com")) == [("lost", BEN), ("gained", BEN)]
    assert lines(browser, "role=connectionAdmin") == []
    grant = make_grant(other, "user:fay@example.com")
    told("grant.activate", grant, when=days_ago(10))
    told("grant.revoke", grant, observed="absent", when=days_ago(5))
    period = f"since={days_ago(9):%Y-%m-%d}&until={days_ago(5):%Y-%m-%d}&principal=fay@example.com"
    assert told_of(lines(browser, period)) == [("lost", "user:fay@example.com")]
    assert len(lines(browser, "before=3")) == 6, "the page that is looked at does not matter"


def test_a_long_export_comes_in_chunks_without_gaps(
    aurel: User, orders: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one event ends many: a binding that ended claims had left in place."""
    monkeypatch.setattr(changes_export, "_CHUNK", 3)
    for number in range(8):
        grant = seen(orders, EVE)
        grant.purpose = str(number)
        grant.desired = "absent"
        grant.save()
        told("grant.revoke", grant, observed="released")
        seen(orders, f"user:p{number}@example.com", ended=number % 2 == 0)
    last = seen(orders, EVE)
    told("grant.revoke", last, observed="absent")
    browser = sign_in(aurel)
    found = lines(browser)
    assert len(found) == len({(row["change"], row["grant"]) for row in found}) == 3 + 8 + 8 + 4 + 1 + 9
    assert [row["event"] for row in found] == sorted((row["event"] for row in found), reverse=True)
    assert [row["principal"] for row in found[:9]] == [EVE] * 9
    assert told_of(found) == told_of(lines(browser)), "and the same again"


def test_it_is_an_event_itself(aurel: User, orders: Resource) -> None:
    browser = sign_in(aurel)
    text(browser, "csv", "principal=ana@example.com")
    event = AuditEvent.objects.filter(action="changes.export").get()
    assert (event.actor, event.detail["format"]) == ("aurel@example.com", "csv")
    assert event.detail["filters"] == {"principal": "ana@example.com"}
    assert event.detail["until_event"] == event.position - 1


@pytest.mark.parametrize(
    ("query", "kind"),
    [("since=nonsense", "csv"), ("since=2026-02-02&until=2026-01-01", "jsonl"), ("", "pdf")],
)
def test_a_broken_export_is_refused_without_an_event(
    aurel: User, orders: Resource, query: str, kind: str
) -> None:
    assert sign_in(aurel).post(f"{PAGE}?{query}", {"format": kind}).status_code == 400
    assert not AuditEvent.objects.filter(action="changes.export").exists()


def test_a_cell_is_no_formula(aurel: User, project: Project) -> None:
    seen(make_connection(project).resource, "=cmd|'/C calc'!A1")
    assert "\"'=cmd" in text(sign_in(aurel), "csv")


def test_it_holds_no_more_than_the_page(ana: User, olga: User, project: Project, orders: Resource) -> None:
    other = make_connection(project, "other").resource
    seen(other, BEN)
    assert told_of(lines(sign_in(ana))) == [("gained", ANA)]
    assert lines(sign_in(olga)) == []
    assert len(lines(sign_in(olga), f"resource={orders.full_name}")) == 3
    assert lines(sign_in(olga), f"resource={other.full_name}") == []


def test_the_pages_offer_it(aurel: User, ana: User, orders: Resource) -> None:
    page = sign_in(aurel).get("/access/changes/?principal=ana@example.com").content.decode()
    assert f'action="{PAGE}?principal=ana%40example.com"' in page
    assert "Export as OCSF" in page
    state = sign_in(ana).get("/access/holdings/").content.decode()
    assert "OCSF describes events, not a state" in state
    assert "Export as OCSF" not in state
