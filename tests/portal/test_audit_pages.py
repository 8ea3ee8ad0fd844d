"""The audit trail's pages and exports: filters, paging, one event, and files that no spreadsheet executes."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from portal import audit, audit_guard, checkpoints, exports
from portal.models import AuditEvent
from portal.views import audit_filter
from tests.portal import people, things
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 (full width on purpose)


def positions(query: str) -> list[int]:
    _, found = audit_filter.events(QueryDict(query))
    return [event.position for event in found]


def read(answer: object) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_filters_narrow_down(db: None) -> None:
    things.event("grant.request", by="ana@example.com", target="projects/a", project="a", reason="for March")
    things.event(
        "grant.end", by="Bob@example.com", target="projects/a/locations/us/connections/x", project="a"
    )
    things.event(
        "person.roles",
        target="people/carl@example.com",
        outcome=audit.Outcome.REFUSED,
        detail={"after": ["auditor"]},
    )
    assert positions("") == [3, 2, 1]
    assert positions("q=march") == [1]
    assert positions("q=CARL") == [3]
    assert positions("q=auditor") == [3], "what the detail says is found too"
    assert positions("actor=bob@example.com") == [2]
    assert positions("actor=BOB@example.com") == [2], "the case of an address makes no difference"
    assert positions("action=grant") == [2, 1]
    assert positions("action=grant.end") == [2]
    assert positions("target=projects/a") == [2, 1], "and what lies below it"
    assert positions("target=projects/a/locations/us/connections/x") == [2]
    assert positions("project=a&outcome=succeeded") == [2, 1]
    assert positions("outcome=refused") == [3]
    assert positions("q=100%25") == [], "a percent sign is a percent sign"
    today = datetime.now(UTC).date().isoformat()
    assert positions(f"since={today}&until={today}") == [3, 2, 1]
    assert positions("until=2020-01-01") == []
    assert positions("since=2020-02-02&until=2020-01-01") == []


def test_events_about_a_principal_are_found_by_its_address(db: None) -> None:
    things.event("grant.request", detail={"principal": "user:Dora@example.com"})
    things.event("grant.request", detail={"principal": "group:dora@example.com"})
    things.event("grant.request", detail={"principal": "user:eve@example.com"}, reason="not dora@example.com")
    things.event("grant.request", by="dora@example.com", outcome=audit.Outcome.REFUSED)
    assert positions("principal=DORA@example.com") == [2, 1]
    assert positions("principal=user:dora@example.com") == [1]
    assert positions("principal=dora@example.com&outcome=refused") == []


def test_a_day_begins_with_its_first_event_and_ends_with_its_last(db: None) -> None:
    for _ in range(3):
        things.event()
    audit_guard.remove(connection)
    for position, day in ((1, "2026-03-01"), (2, "2026-03-02"), (3, "2026-03-04")):
        AuditEvent.objects.filter(position=position).update(time=f"{day}T23:59:59.999+00:00")
    assert positions("since=2026-03-02") == [3, 2]
    assert positions("until=2026-03-03") == [2, 1]
    assert positions("since=2026-03-02&until=2026-03-02") == [2]
    assert positions("since=2026-03-05") == []
    assert positions("until=2026-02-28") == []


@pytest.mark.parametrize(
    "query", ["q=needle", "action=rare", "principal=a@example.com&q=needle", "target=top"]
)
def test_a_page_looks_through_so_many_events_and_then_says_where_to_go_on(
    cast: people.Cast, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(audit_filter, "WALK", 20)
    detail = {"principal": "user:a@example.com"}
    wanted = {5, 33, 34, 70}
    for position in range(1, 91):
        if position in wanted:
            things.event("rare.event", reason="a needle", target="top/of/it", detail=detail)
        else:
            things.event(detail=detail)
    browser = people.signed_in(cast.auditor)
    url, pages, seen = f"/audit/?{query}", 0, []
    while url:
        html = browser.get(url).content.decode()
        seen += [int(found) for found in re.findall(r'cell-sub">#(\d+)<', html)]
        further = re.search(r'href="(\?[^"]*before=[^"]+)"', html)
        url = f"/audit/{further[1].replace('&amp;', '&')}" if further else ""
        pages += 1
    assert seen == sorted(wanted, reverse=True), "none is passed over, none comes twice"
    assert 4 <= pages <= 6
    assert "Look further back" in browser.get(f"/audit/?{query}&before=30").content.decode()


def test_the_pages_follow_each_other(cast: people.Cast) -> None:
    for _ in range(120):
        things.event()
    browser = people.signed_in(cast.auditor)
    seen: list[int] = []
    url = "/audit/?actor=ana@example.com"
    while url:
        html = browser.get(url).content.decode()
        seen += [int(found) for found in re.findall(r'cell-sub">#(\d+)<', html)]
        older = re.search(r'rel="next" href="([^"]+)"', html)
        url = f"/audit/{older[1].replace('&amp;', '&')}" if older else ""
    assert seen == list(range(120, 0, -1))


def test_the_page_says_where_the_chain_stands(cast: people.Cast) -> None:
    browser = people.signed_in(cast.auditor)
    event = things.event()
    checkpoints.write()
    assert "signed up to event 2" in browser.get("/audit/").content.decode()
    html = browser.get("/audit/verification/").content.decode()
    assert event.hash in html
    assert "<code>python manage.py audit_public_key &gt; audit.pem\npython manage.py verify_audit" in html


def test_no_matches_differs_from_nothing(cast: people.Cast) -> None:
    browser = Client()
    browser.force_login(cast.auditor)  # a sign-in is an event
    assert "No events" in browser.get("/audit/").content.decode()
    things.event()
    assert "No events match" in browser.get("/audit/?q=zzz").content.decode()
    assert "The end lies before" in browser.get("/audit/?since=2020-02-02&until=2020-01-01").content.decode()


def test_an_event_shows_everything_and_its_neighbours(cast: people.Cast) -> None:
    operation = things.operation(by=cast.admin)
    things.event()
    event = things.event(reason="because", detail={"role": "x", "<b>": "<i>"}, operation=operation)
    things.event()
    html = people.signed_in(cast.auditor).get("/audit/2/").content.decode()
    for text in ("because", event.hash, event.previous_hash, f"/operations/{operation.pk}/", "Holds"):
        assert text in html
    assert "<i>" not in html
    assert 'href="/audit/1/"' in html
    assert 'href="/audit/3/"' in html
    assert people.signed_in(cast.auditor).get("/audit/99/").status_code == 404


def test_details_are_words_and_not_a_programs(cast: people.Cast) -> None:
    things.event(
        detail={"roles": ["auditor", "administrator"], "none": [], "whole": True, "changes": {"tls": [1]}}
    )
    text = text_of(people.signed_in(cast.auditor).get("/audit/1/"))
    assert "Roles auditor, administrator" in text
    assert "None Not set" in text
    assert "Whole Yes" in text
    assert 'Changes {"tls": [1]}' in text


def test_an_altered_event_says_so(cast: people.Cast) -> None:
    for _ in range(3):
        things.event()
    audit_guard.remove(connection)
    AuditEvent.objects.filter(position=2).update(actor="nobody")
    browser = people.signed_in(cast.auditor)
    assert "was altered" in browser.get("/audit/2/").content.decode()
    AuditEvent.objects.filter(position=2).delete()
    assert "chain is broken here" in browser.get("/audit/3/").content.decode()


def export(browser: Client, kind: str, query: str = "") -> str:
    answer = browser.post(f"/audit/export/?{query}", {"format": kind})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return read(answer)


def test_the_export_holds_exactly_what_is_filtered_and_is_an_event_itself(cast: people.Cast) -> None:
    for number in range(4):
        things.event("grant.end" if number % 2 else "grant.request", reason=f"=cmd|'/C calc'!A{number}")
    browser = people.signed_in(cast.auditor)
    rows = list(csv.DictReader(io.StringIO(export(browser, "csv", "action=grant.end"))))
    assert [row["position"] for row in rows] == ["4", "2"]
    assert rows[0]["reason"] == "'=cmd|'/C calc'!A3"
    lines = [json.loads(line) for line in export(browser, "jsonl", "action=grant.end").splitlines()]
    assert [line["reason"] for line in lines] == ["=cmd|'/C calc'!A3", "=cmd|'/C calc'!A1"]
    events = list(AuditEvent.objects.filter(action="audit.export").order_by("position"))
    assert [event.detail["format"] for event in events] == ["csv", "jsonl"]
    assert events[0].detail["filters"] == {"action": "grant.end"}
    assert events[0].actor == "auditor@example.com"


def test_json_lines_can_be_verified_elsewhere(cast: people.Cast) -> None:
    for number in range(3):
        things.event(reason=f"ü{number}", detail={"n": number})
    lines = export(people.signed_in(cast.auditor), "jsonl").splitlines()
    assert len(lines) == 4, "with the sign-in"
    for line in lines:
        event = json.loads(line)
        stored = event.pop("hash")
        event["time"] = datetime.fromisoformat(event["time"])
        assert audit.content_hash(event) == stored


def test_a_long_export_comes_in_chunks_without_gaps(
    cast: people.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_CHUNK", 7)
    for _ in range(30):
        things.event()
    rows = list(csv.DictReader(io.StringIO(export(people.signed_in(cast.auditor), "csv", "action=test"))))
    assert [int(row["position"]) for row in rows] == list(range(30, 0, -1))


@pytest.mark.parametrize(
    ("query", "kind"), [("since=nonsense", "csv"), ("since=nonsense", "ocsf"), ("", "xlsx"), ("", "")]
)
def test_a_broken_export_is_refused_without_an_event(cast: people.Cast, query: str, kind: str) -> None:
    browser = people.signed_in(cast.auditor)
    assert browser.post(f"/audit/export/?{query}", {"format": kind}).status_code == 400
    assert not people.acts().exists()


@given(st.text(st.sampled_from([*FORMULA, ",", ";", "|", '"', "'", " ", "a", "1"]), max_size=12))
@example("=1+1")
@example("x,=1+1")
@example('";=1+1;"')
@example("a\r\n\t @x")
@example("  =1")
def test_no_cell_can_act_as_a_formula(cell: str) -> None:
    line = exports.csv_line([exports.neutral(cell), "x"])
    first, second = next(csv.reader(io.StringIO(line, newline="")))
    assert second == "x"
    assert not first.startswith(FORMULA)
    for piece in re.split(r"[,;|\t\r\n]", first):
        assert not piece.strip().startswith(FORMULA), piece
    assert first.replace("'", "") == cell.replace("'", ""), "nothing is lost but apostrophes are added"


@given(st.text("abc 019.:/@_", max_size=20).filter(lambda text: not text.strip().startswith("@")))
def test_what_is_harmless_stays_as_it_is(cell: str) -> None:
    assert exports.neutral(cell) == cell


def test_the_list_says_whose_access_an_event_is_about(cast: people.Cast) -> None:
    things.event(
        "grant.activate",
        target="projects/a",
        detail={"principal": "user:<b>ana</b>@example.com", "role": "roles/alloydb.client"},
    )
    html = people.signed_in(cast.auditor).get("/audit/?action=grant").content.decode().replace("<wbr>", "")
    assert "user:&lt;b&gt;ana&lt;/b&gt;@example.com · <code>roles/alloydb.client</code>" in html
