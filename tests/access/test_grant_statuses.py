"""A grant's status by every way in which it can stand: the word on pages, in the API's filters, in alarms."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product

import pytest

from access.api.grants import STATUSES
from access.drift import missing
from access.models import ENDING, OVERDUE, Drift, Grant, Resource, overdue
from portal import clock
from tests.support.factories import make_resource

pytestmark = pytest.mark.django_db
Presence = Grant.Presence
LATE, SOON = -2 * OVERDUE, timedelta(hours=1)
# Since, or until, when: never; long over, which is late; a moment ago; not yet.
ENDS = (None, LATE, timedelta(seconds=-1), SOON)


@pytest.fixture
def every() -> Resource:
    """A resource with a claim for each combination of what pages look at."""
    resource, now = make_resource("projects/acme-analytics/locations/us/connections/orders"), clock.now()
    ways = product(
        (Presence.PRESENT, Presence.ABSENT), Presence, ("", "Google said no."), ENDS, ENDS[:3], (0, 1)
    )
    made = [
        Grant(
            resource=resource,
            principal=f"user:p{number}@example.com",
            role="roles/bigquery.connectionUser",
            origin=Grant.Origin.SHARE,
            desired=desired,
            observed=observed,
            error=error,
            granted_at=now,
            expires_at=now + ends if ends else None,
            revoked_at=now + revoked if revoked and desired == Presence.ABSENT else None,
            reason="gone" if is_gone else "",
        )
        for number, (desired, observed, error, ends, revoked, is_gone) in enumerate(ways)
    ]
    Grant.objects.bulk_create(made)
    Drift.objects.bulk_create(
        Drift(
            resource=resource,
            kind=Drift.Kind.GONE,
            role=grant.role,
            principal=grant.principal,
            found_at=now,
            seen_at=now,
        )
        for grant in made
        if grant.reason
    )
    return resource


def test_each_is_found_by_one_status_of_the_api(every: Resource) -> None:
    noted = missing.noted(every.grants.all())
    found = [noted.filter(wanted).values_list("pk", flat=True) for wanted in STATUSES.values()]
    times = Counter(key for keys in found for key in keys)
    assert set(times) == set(every.grants.values_list("pk", flat=True))
    assert set(times.values()) == {1}


def test_the_api_finds_each_by_the_word_that_it_tells(every: Resource) -> None:
    """But for what is overdue: that is a louder word for what is being revoked, or should be."""
    noted = missing.noted(every.grants.all())
    for status, wanted in STATUSES.items():
        words = {grant.status for grant in noted.filter(wanted)} - {"overdue"}
        assert words == {status}


def test_what_is_said_loudly_is_what_pages_call_overdue(every: Resource) -> None:
    loud = set(Grant.objects.filter(overdue(clock.now())).values_list("pk", flat=True))
    called = {grant.pk for grant in missing.noted(every.grants.all()) if grant.status == "overdue"}
    assert loud == called


def test_what_is_ending_is_revoking_or_overdue(every: Resource) -> None:
    ending = set(every.grants.filter(ENDING).values_list("pk", flat=True))
    words = {grant.status for grant in every.grants.filter(pk__in=ending)}
    assert words == {"revoking", "overdue"}
    others = {grant.status for grant in every.grants.exclude(pk__in=ending)}
    assert "revoking" not in others
