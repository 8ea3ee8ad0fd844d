"""What a policy would have made of the last requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from access.approval import dry_run, versions
from access.approval.document import BUILT_IN, PolicyDocument
from access.approval.dry_run import Replayed
from access.approval.parts import Approvers, Exempt, Next, Step
from access.claims import project_resource
from access.models import CONNECTION_ADMIN, AccessRequest, Resource
from portal import clock
from portal.models import Project, User
from tests.access.approval.documents import decided, make_request
from tests.support.factories import make_resource

AUDITORS = Approvers(groups=("auditor",))
OWNERS = Approvers(owners=True)


def made(orders: Resource, ana: User, state: str, *, days: float = 10, **fields: Any) -> AccessRequest:
    """A request of some days ago."""
    return make_request(orders, ana, state=state, created_at=clock.now() - timedelta(days=days), **fields)


def would(document: PolicyDocument, resource: Resource) -> Replayed:
    """What would have become of the only request."""
    (row,) = dry_run.replay(document, resource).rows
    return row


@pytest.fixture
def approved(orders: Resource, ana: User, olga: User) -> AccessRequest:
    """A request that Olga approved after a day."""
    request = made(orders, ana, "approved")
    decided(request, olga, decided_at=request.created_at + timedelta(days=1))
    return request


@pytest.mark.usefixtures("approved", "ada")
def test_the_same_policy_changes_nothing(orders: Resource) -> None:
    row = would(BUILT_IN, orders)
    assert (row.would, row.changed) == ("approved", False)


@pytest.mark.usefixtures("approved", "ada")
@pytest.mark.parametrize(
    ("changes", "outcome", "why"),
    [
        ({"longest": timedelta(days=5)}, "refused", "allows 5 days at most"),
        ({"roles": (CONNECTION_ADMIN,)}, "refused", "this role"),
        ({"ticket": "required"}, "refused", "wants a ticket number"),
        ({"steps": (Step(OWNERS, 2),)}, "waiting", "1 more approval."),
        ({"steps": (Step(OWNERS), Step(AUDITORS, 2))}, "waiting", "2 more approvals at step 2"),
        ({"steps": (Step(AUDITORS),)}, "waiting", "1 more approval"),
        ({"lapses_after": timedelta(hours=12), "asked_next": None}, "lapsed", "lapsed before"),
        ({"without_approval": Exempt(people=("ana@example.com",))}, "approved", "No approval needed"),
    ],
)
def test_what_another_policy_would_have_done(
    orders: Resource, changes: dict[str, object], outcome: str, why: str
) -> None:
    row = would(replace(BUILT_IN, **changes), orders)  # type: ignore[arg-type]
    assert row.would == outcome
    assert why in row.why
    assert row.changed is (outcome != "approved")


@pytest.mark.usefixtures("ada")
def test_those_asked_next_count_from_then_on(orders: Resource, ana: User, aurel: User) -> None:
    request = made(orders, ana, "approved")
    decided(request, aurel, decided_at=request.created_at + timedelta(days=3))
    early = replace(BUILT_IN, asked_next=Next(AUDITORS, timedelta(days=2)))
    late = replace(BUILT_IN, asked_next=Next(AUDITORS, timedelta(days=4)))
    assert would(early, orders).would == "approved"
    assert would(late, orders).would == "waiting"


@pytest.mark.usefixtures("ada")
def test_a_no_counts_if_they_may_say_it(orders: Resource, ana: User, olga: User) -> None:
    decided(made(orders, ana, "denied"), olga, "deny", decided_at=clock.now() - timedelta(days=9))
    assert would(BUILT_IN, orders).would == "denied"
    assert would(replace(BUILT_IN, steps=(Step(AUDITORS),)), orders).would == "waiting"


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("state", ["withdrawn", "lapsed", "pending"])
def test_what_nobody_decided_stays_so(orders: Resource, ana: User, state: str) -> None:
    made(orders, ana, state)
    assert (would(BUILT_IN, orders).would, would(BUILT_IN, orders).changed) == (state, False)
    quick = replace(BUILT_IN, without_approval=Exempt(under=timedelta(days=7)))
    assert would(quick, orders).would == state
    dev = replace(BUILT_IN, without_approval=Exempt(labels=(("environment", "dev"),)))
    Resource.objects.update(labels={"environment": "dev"})
    assert would(dev, orders).would == "approved"


@pytest.mark.usefixtures("ada")
def test_what_needed_no_approval_would_have_waited(orders: Resource, ana: User) -> None:
    request = made(orders, ana, "approved")
    request.decisions.create(verdict="approve", step=0, decided_at=request.created_at)
    assert would(BUILT_IN, orders).would == "waiting"


def test_the_last_hundred_in_few_queries(orders: Resource, ana: User, olga: User, ada: User) -> None:
    for number in range(101):
        request = made(orders, ana, "approved", days=number / 10, principal=f"user:p{number}@example.com")
        decided(request, olga, decided_at=request.created_at)
    with CaptureQueriesContext(database) as seen:
        found = dry_run.replay(BUILT_IN, orders)
    assert len(found.rows) == 100
    assert found.rows[0].request.principal == "user:p0@example.com"
    assert "user:p100@example.com" not in {row.request.principal for row in found.rows}
    assert len(seen) <= 6
    assert found.counts == [("approved", 100, 100)]
    assert found.changed == []


@pytest.mark.usefixtures("approved")
def test_a_default_is_tried_on_what_follows_it(
    orders: Resource, project: Project, ana: User, ada: User
) -> None:
    own = make_resource("projects/acme-analytics/locations/us/connections/own")
    elsewhere = make_resource("projects/acme-sandbox/locations/us/connections/x")
    versions.save_version(own, BUILT_IN, by=ada, comment="")
    back = make_resource("projects/acme-analytics/locations/us/connections/back")
    versions.save_version(back, BUILT_IN, by=ada, comment="")
    versions.save_version(back, None, by=ada, comment="")
    for resource in (own, elsewhere, back):
        made(resource, ana, "pending", days=1)
    found = dry_run.replay(replace(BUILT_IN, longest=timedelta(days=1)), project_resource(project))
    assert {row.request.resource for row in found.rows} == {orders, back}
    assert found.counts == [("approved", 1, 0), ("refused", 0, 2), ("pending", 1, 0)]
    assert len(found.changed) == 2
