"""Which version counts, and making the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from access.approval.document import BUILT_IN
from access.approval.versions import OutdatedError, current, current_of, history, save_version
from access.claims import project_resource
from access.models import Resource
from portal.models import AuditEvent, Project, User
from tests.support.factories import make_resource

SHORT = replace(BUILT_IN, longest=timedelta(days=5))
LONG = replace(BUILT_IN, longest=timedelta(days=500))


def test_the_portals_own_where_nobody_said_anything(orders: Resource) -> None:
    assert (current(orders).document, current(orders).version) == (BUILT_IN, None)
    assert current(orders).source == "portal"


def test_the_projects_default_then_the_connections_own(orders: Resource, project: Project, ada: User) -> None:
    default = save_version(project_resource(project), LONG, by=ada, comment="")
    assert (current(orders).document, current(orders).version) == (LONG, default)
    assert current(orders).source == "project"
    own = save_version(orders, SHORT, by=ada, comment="")
    assert (current(orders).document, current(orders).version) == (SHORT, own)
    assert current(orders).source == "own"


def test_back_to_the_default(orders: Resource, project: Project, ada: User) -> None:
    save_version(orders, SHORT, by=ada, comment="")
    save_version(orders, None, by=ada, comment="as the others")
    assert current(orders).document == BUILT_IN
    default = project_resource(project)
    save_version(default, LONG, by=ada, comment="")
    assert current(orders).document == LONG
    save_version(default, None, by=ada, comment="")
    assert current(orders).document == BUILT_IN
    assert [version.version for version in history(orders)] == [2, 1]


def test_another_projects_default_is_not_ours(orders: Resource, ada: User) -> None:
    other = make_resource("projects/acme-sandbox", kind=Resource.Kind.PROJECT)
    save_version(other, LONG, by=ada, comment="")
    assert current(orders).document == BUILT_IN
    assert current(other).document == LONG


def test_many_at_once_cost_two_queries(
    orders: Resource, ada: User, django_assert_num_queries: object
) -> None:
    more = [make_resource(f"projects/acme-analytics/locations/us/connections/c{n}") for n in range(5)]
    for resource in more:
        save_version(resource, SHORT, by=ada, comment="")
    with django_assert_num_queries(2):  # type: ignore[operator]
        found = current_of([orders, *more])
    assert [found[resource.pk].source for resource in (orders, *more)] == ["portal", *["own"] * 5]


def test_a_change_is_in_the_trail(orders: Resource, ada: User) -> None:
    version = save_version(orders, SHORT, by=ada, comment="Shorter")
    event = AuditEvent.objects.get(action="approval_policy.change")
    assert (event.actor, event.target, event.reason) == ("ada@example.com", orders.full_name, "Shorter")
    assert event.detail == {"version": 1, "document": SHORT.to_dict()}
    assert (version.made_by, version.comment) == ("ada@example.com", "Shorter")
    assert version.made_at == event.time or abs(version.made_at - event.time) < timedelta(seconds=5)


def test_of_two_that_change_it_at_once_the_second_is_told(orders: Resource, ada: User) -> None:
    save_version(orders, SHORT, by=ada, comment="", seen=0)
    with pytest.raises(OutdatedError):
        save_version(orders, LONG, by=ada, comment="", seen=0)
    assert current(orders).document == SHORT
    save_version(orders, LONG, by=ada, comment="", seen=1)
    assert current(orders).document == LONG
