"""What a token reads: what its owner may see, page by page, by the filters of the pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from access.models import AccessRequest, Decision, Drift, Grant, Resource
from portal import audit, clock
from portal.models import AuditEvent, User
from tests.portal.api.calling import call, everything, token_of
from tests.portal.people import Cast
from tests.support.factories import make_grant, make_resource

pytestmark = pytest.mark.django_db
# A moment that is none in UTC.
OVERFLOWING = "0001-01-01T00:00:00+23:59~5f0c1b1e-8f4e-4f0e-9a51-0a8f6e1c2d3e"
NAME = "projects/acme-analytics/locations/us/connections/"


@pytest.fixture
def orders(cast: Cast) -> Resource:
    """The owner's connection."""
    return make_resource(NAME + "orders", owners=(cast.owner,))


@pytest.fixture
def billing(cast: Cast) -> Resource:
    """A connection of nobody in particular."""
    return make_resource(NAME + "billing")


def ask(resource: Resource, requester: User, **fields: Any) -> AccessRequest:
    values = {
        "created_at": clock.now(),
        "duration": timedelta(days=30),
        "principal": f"user:{requester.email}",
    }
    return AccessRequest.objects.create(
        resource=resource, requester=requester, role="roles/bigquery.connectionUser", **(values | fields)
    )


def event(actor: User | str, action: str = "grant.request", **fields: Any) -> AuditEvent:
    with transaction.atomic():
        return audit.record(
            action, by=actor, target=NAME + "orders", outcome=audit.Outcome.REQUESTED, **fields
        )


def test_grants_are_read_by_whom_they_concern(cast: Cast, orders: Resource, billing: Resource) -> None:
    own = make_grant(billing, "user:analyst@example.com")
    owned = make_grant(orders, "user:somebody@example.com")
    seen = {
        user: {item["id"] for item in everything(token_of(user), "grants")} for user in vars(cast).values()
    }
    assert seen[cast.admin] == seen[cast.auditor] == {own.pk, owned.pk}
    assert seen[cast.owner] == {owned.pk}
    assert seen[cast.analyst] == {own.pk}


def test_requests_are_read_by_whom_they_concern(cast: Cast, orders: Resource, billing: Resource) -> None:
    mine = ask(billing, cast.analyst)
    on_owned = ask(orders, cast.auditor)
    seen = {
        user: {item["id"] for item in everything(token_of(user), "requests")} for user in vars(cast).values()
    }
    assert seen[cast.admin] == {str(mine.pk), str(on_owned.pk)}
    assert seen[cast.owner] == {str(on_owned.pk)}
    assert seen[cast.analyst] == {str(mine.pk)}


def test_events_are_read_by_overseers_and_one_s_own_by_everybody(cast: Cast) -> None:
    event(cast.admin)
    event(cast.analyst)
    assert {item["actor"] for item in everything(token_of(cast.auditor), "events")} >= {
        "admin@example.com",
        "analyst@example.com",
    }
    token = token_of(cast.analyst)
    assert {item["actor"] for item in everything(token, "events")} == {"analyst@example.com"}
    assert call(token, "events", actor="admin@example.com").status_code == 403


def test_a_role_that_was_taken_away_is_not_the_token_s_any_more(cast: Cast, orders: Resource) -> None:
    make_grant(orders, "user:somebody@example.com")
    token = token_of(cast.auditor)
    assert everything(token, "grants")
    cast.auditor.groups.clear()
    assert everything(token, "grants") == []


def test_an_event_is_read_exactly_as_it_is_hashed(cast: Cast) -> None:
    made = event(cast.admin, reason="=1+1", detail={"principal": "user:ana@example.com"})
    item = next(
        item for item in everything(token_of(cast.auditor), "events") if item["position"] == made.position
    )
    fields = {name: value for name, value in item.items() if name != "hash"}
    fields["time"] = datetime.fromisoformat(item["time"])
    assert audit.content_hash(fields) == item["hash"] == made.hash


def test_pages_follow_each_other_without_gaps_or_repeats(cast: Cast, orders: Resource) -> None:
    for number in range(7):
        make_grant(orders, f"user:p{number}@example.com")
        ask(orders, cast.analyst, principal=f"user:p{number}@example.com")
        event(cast.admin)
    AccessRequest.objects.update(created_at=clock.now())  # the same moment: the id decides
    token = token_of(cast.auditor)
    for path, key in (("grants", "id"), ("requests", "id"), ("events", "position")):
        whole = [item[key] for item in call(token, path, limit=500).json()["items"]]
        pages = [item[key] for item in everything(token, path, limit=3)]
        assert pages == whole
        assert len(set(pages)) == len(pages) >= 7


@pytest.mark.parametrize("path", ["grants", "requests"])
@pytest.mark.parametrize("name", ["principal", "resource", "project"])
def test_what_no_database_takes_is_refused(cast: Cast, path: str, name: str) -> None:
    answer = call(token_of(cast.auditor), path, **{name: "a\x00b"})
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["grants", "requests", "events"])
@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 501},
        {"limit": "x"},
        {"before": "x"},
        {"before": "9" * 70},
        {"before": OVERFLOWING},
    ],
)
def test_what_cannot_be_is_refused(cast: Cast, path: str, query: dict[str, object]) -> None:
    answer = call(token_of(cast.admin), path, **query)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_grants_are_filtered(cast: Cast, orders: Resource, billing: Resource) -> None:
    active = make_grant(orders, "user:ana@example.com")
    pending = make_grant(billing, "user:bo@example.com", "roles/bigquery.connectionAdmin", seen=False)
    token = token_of(cast.admin)

    def found(**query: object) -> list[int]:
        return [item["id"] for item in everything(token, "grants", **query)]

    assert found(principal="user:ana@example.com") == [active.pk]
    assert found(resource=billing.full_name) == [pending.pk]
    assert found(role="roles/bigquery.connectionAdmin") == [pending.pk]
    assert found(project="acme-analytics") == [pending.pk, active.pk]
    assert found(project="other") == []
    assert found(status="active") == [active.pk]
    assert found(status="pending") == [pending.pk]


def test_what_is_gone_at_google_is_not_called_active(cast: Cast, orders: Resource) -> None:
    here, gone = (make_grant(orders, f"user:{who}@example.com") for who in ("ana", "bo"))
    same = {"resource": orders, "principal": gone.principal, "role": gone.role}
    Drift.objects.create(kind=Drift.Kind.GONE, found_at=clock.now(), seen_at=clock.now(), **same)
    token = token_of(cast.admin)
    assert [item["id"] for item in everything(token, "grants", status="active")] == [here.pk]
    assert [item["id"] for item in everything(token, "grants", status="gone")] == [gone.pk]
    first, second = everything(token, "grants")
    assert (first["status"], second["status"]) == ("gone", "active")
    assert first["gone_since"]
    assert second["gone_since"] is None


def test_every_status_is_the_page_s_word(cast: Cast, orders: Resource) -> None:
    number = 0
    for desired in Grant.Presence.values:
        for observed in Grant.Presence.values:
            for error in ("", "refused"):
                number += 1
                make_grant(
                    orders, f"user:p{number}@example.com", desired=desired, observed=observed, error=error
                )
    Grant.objects.filter(desired__in=("unknown", "released")).delete()
    token = token_of(cast.admin)
    found = [
        (item["id"], status)
        for status in ("active", "pending", "revoking", "revoked", "failed")
        for item in everything(token, "grants", status=status)
    ]
    assert sorted(found) == sorted((grant.pk, grant.status) for grant in Grant.objects.all())


def test_requests_are_filtered_and_carry_their_decisions(cast: Cast, orders: Resource) -> None:
    denied = ask(orders, cast.analyst, state="denied", reason="report", ticket="OPS-1")
    Decision.objects.create(
        request=denied, by=cast.owner, verdict="deny", step=0, reason="no", decided_at=clock.now()
    )
    ask(orders, cast.auditor)
    token = token_of(cast.admin)
    item = everything(token, "requests", state="denied", requester="Analyst@example.com")[0]
    assert item["duration_seconds"] == 30 * 86400
    assert [(d["by"], d["verdict"], d["reason"]) for d in item["decisions"]] == [
        ("owner@example.com", "deny", "no")
    ]
    assert everything(token, "requests", state="lapsed") == []


def test_events_are_filtered_as_on_the_page(cast: Cast) -> None:
    event(cast.admin, "grant.end", reason="leaver")
    event(cast.admin, "drift.adopt")
    token = token_of(cast.auditor)
    assert [item["action"] for item in everything(token, "events", action="grant")] == ["grant.end"]
    assert [item["action"] for item in everything(token, "events", q="leaver")] == ["grant.end"]
    assert everything(token, "events", until="2001-01-01") == []
    assert call(token, "events", since="2026-01-02", until="2026-01-01").status_code == 422
    assert call(token, "events", since="yesterday").status_code == 422
    assert call(token, "events", outcome="great").status_code == 422


def test_many_rows_cost_what_few_do(
    cast: Cast, orders: Resource, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        make_grant(orders, f"user:p{number}@example.com")
        request = ask(orders, cast.analyst, principal=f"user:p{number}@example.com")
        Decision.objects.create(
            request=request, by=cast.owner, verdict="approve", step=0, decided_at=clock.now()
        )
        event(cast.admin)
    token = token_of(cast.owner)
    for path in ("grants", "requests", "events"):
        with django_assert_max_num_queries(10):
            assert call(token, path, limit=50).status_code == 200
