"""Every list shows each row on one of its pages, in its order, and leads from page to page by key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from access.models import CONNECTION_USER, Drift, Resource, Review
from connections.models import FoundConnection
from portal import clock
from tests.portal import people, things
from tests.support.factories import make_instance, make_resource

pytestmark = pytest.mark.django_db


def make_projects() -> list[str]:
    return [things.project(f"acme-{number}", number=number).project_id for number in range(1, 6)]


def make_people() -> list[str]:
    names = ["a~b@example.com", "a+b@example.com", "zoe@example.com"]
    present = ["admin@example.com", "analyst@example.com", "auditor@example.com", "owner@example.com"]
    return sorted([people.person(name).email for name in names] + present)


def make_instances() -> list[str]:
    project = things.project()
    return [make_instance(project, f"db{number}").instance_id for number in range(5)]


def make_found() -> list[str]:
    project = things.project()
    for number in range(5):
        place = "eu" if number % 2 else "us"
        FoundConnection.objects.create(
            project=project, location=place, connection_id=f"c{number}", kind="alloydb", seen_at=clock.now()
        )
    return ["c1", "c3", "c0", "c2", "c4"]


def resources() -> list[Resource]:
    names = [f"projects/other/locations/us/connections/c{number}" for number in range(5)]
    return [make_resource(name) for name in names]


def make_reviews() -> list[int]:
    """What is overdue first, then what is open, then what is done; of each what is due first."""
    made, now = {}, clock.now()
    states = [
        Review.State.DONE,
        Review.State.OPEN,
        Review.State.OVERDUE,
        Review.State.OPEN,
        Review.State.DONE,
    ]
    for number, (resource, state) in enumerate(zip(resources(), states, strict=True)):
        due = now - timedelta(days=number)
        made[number] = Review.objects.create(resource=resource, state=state, started_at=now, due_at=due)
    return [made[number].pk for number in (2, 3, 1, 4, 0)]


def make_drifts() -> list[str]:
    """Those with most to decide first."""
    now, made = clock.now(), resources()
    for number, resource in enumerate(made):
        for count in range(1 + number % 3):
            Drift.objects.create(
                resource=resource,
                kind=Drift.Kind.FOREIGN,
                role=CONNECTION_USER,
                principal=f"user:p{count}@example.com",
                found_at=now,
                seen_at=now,
            )
    return [made[number].full_name for number in (2, 1, 4, 0, 3)]


@pytest.mark.parametrize(
    ("address", "view", "make", "name"),
    [
        ("/projects/", "portal.views.projects", make_projects, "project_id"),
        ("/people/", "portal.views.people", make_people, "email"),
        ("/databases/", "connections.views.instances", make_instances, "instance_id"),
        ("/projects/acme-analytics/connections/", "connections.views.adopt", make_found, "connection_id"),
        ("/reviews/", "access.views.reviews", make_reviews, "pk"),
        ("/access/outside/", "access.views.drift", make_drifts, "full_name"),
    ],
)
def test_the_pages_follow_each_other(
    cast: people.Cast,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    view: str,
    make: Callable[[], list[Any]],
    name: str,
) -> None:
    monkeypatch.setattr(f"{view}.PAGE_SIZE", 2)
    wanted, seen, query = make(), [], "?"
    browser = people.signed_in(cast.admin)
    for number in range((len(wanted) + 1) // 2):
        answer = browser.get(f"{address}{query}")
        page = answer.context["page"]
        html = answer.content.decode()
        assert ('rel="prev"' in html) == (number > 0)
        assert ('rel="next"' in html) == bool(page.older_url)
        assert len(page.rows) <= 2
        seen += [getattr(row, name) for row in page.rows]
        query = page.older_url
    assert seen == wanted
    assert not query, "that was the last page"
