"""When access was last used, from BigQuery's audit logs; and a plain word where they cannot be read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access.models import Grant, Resource, UsageLook
from access.reviews import usage
from emulator.client import Control
from portal import clock
from portal.gcp import connections, projects, queries, services
from portal.models import Project
from tests.access.reviews.setting import under_review
from tests.contract.gateway.bodies import alloydb
from tests.support.emulated import Emulator
from tests.support.factories import NUMBER, PROJECT, make_grant, make_project

pytestmark = pytest.mark.django_db
AGENT = f"serviceAccount:{services.service_agent(NUMBER)}"


@pytest.fixture
def google(emulator: Emulator) -> Control:
    """The connection at Google, and a way to its database."""
    emulator.control.agent_delay(0)
    connections.create(PROJECT, "us", "orders", alloydb())
    policy = projects.get_policy(PROJECT)
    projects.set_policy(PROJECT, policy.with_members([("roles/alloydb.client", AGENT)]))
    return emulator.control


@pytest.fixture
def project(db: None) -> Project:
    """The project, which the portal looks after."""
    return make_project()


@pytest.fixture
def portal_grant(orders: Resource, google: Control) -> Grant:
    """The one who queries in these tests: the portal's own account."""
    policy = projects.get_policy(PROJECT)
    member = next(
        member
        for binding in policy.bindings
        for member in binding.members
        if binding.role == "roles/bigquery.jobUser" and member.startswith("serviceAccount:portal@")
    )
    return make_grant(orders, member)


def query() -> None:
    path = f"{PROJECT}.us.orders"
    queries.external_query(path, "SELECT 1", project=PROJECT, location="US", timeout_seconds=15)


def test_the_last_use_is_noted_for_whom_the_logs_call_by_name(
    orders: Resource, project: Project, portal_grant: Grant
) -> None:
    under_review(orders, "ana")
    group = make_grant(orders, "group:analysts@example.com")
    before = clock.now() - timedelta(seconds=5)
    query()
    assert usage.look_due() == 1
    portal_grant.refresh_from_db()
    group.refresh_from_db()
    ana = Grant.objects.get(principal="user:ana@example.com")
    assert portal_grant.last_used_at
    assert portal_grant.last_used_at > before
    assert (ana.last_used_at, ana.usage_checked_at is None) == (None, False)
    assert group.usage_checked_at is None, "logs do not tell who came through a group"
    look = UsageLook.objects.get()
    assert look.problem == ""
    assert timedelta(days=29) < look.looked_at - look.since <= usage.LOOK_BACK


def test_it_is_looked_at_once_a_day_and_an_earlier_use_is_kept(
    orders: Resource, project: Project, portal_grant: Grant
) -> None:
    under_review(orders, "ana")
    query()
    usage.look_due()
    assert usage.look_due() == 0
    used = Grant.objects.get(pk=portal_grant.pk).last_used_at
    day = timedelta(hours=25)
    earlier = UsageLook.objects.get()
    UsageLook.objects.update(looked_at=earlier.looked_at - day, since=earlier.since - day)
    assert usage.look_due() == 1
    assert Grant.objects.get(pk=portal_grant.pk).last_used_at == used
    assert UsageLook.objects.get().since == earlier.since - day, "the logs were read without a gap"


def test_where_the_logs_may_not_be_read_it_says_so(
    orders: Resource, project: Project, google: Control
) -> None:
    policy = projects.get_policy(PROJECT)
    role = "roles/logging.privateLogViewer"
    holders = [(role, member) for found in policy.bindings if found.role == role for member in found.members]
    projects.set_policy(PROJECT, policy.changed(removals=holders))
    under_review(orders, "ana")
    usage.look_due()
    assert role in UsageLook.objects.get().problem


def test_where_logging_is_off_it_says_so(orders: Resource, project: Project, google: Control) -> None:
    google.service(PROJECT, "logging.googleapis.com", enabled=False)
    under_review(orders, "ana")
    usage.look_due()
    assert "Cloud Logging API" in UsageLook.objects.get().problem


def test_what_is_not_under_review_is_not_looked_at(orders: Resource, project: Project) -> None:
    make_grant(orders, "user:ana@example.com")
    assert usage.look_due() == 0
