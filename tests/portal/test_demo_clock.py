"""The demo's clock, for now(), Now() and pages alike; outside of demo mode there is none."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from portal import clock
from portal.models import DemoClock, Operation

pytestmark = pytest.mark.django_db
DAY = 24 * 60 * 60
CLOSE = timedelta(seconds=5)


@pytest.fixture(autouse=True)
def looks_anew() -> None:
    """Nothing is known from an earlier test."""
    clock.forget_ahead()


def in_a_query() -> tuple[datetime, datetime]:
    """Return what Now() gives inside a query."""
    Operation.objects.create(
        task="x",
        title="x",
        target="x",
        run_after=clock.now(),
        patience_until=clock.now(),
        created_at=clock.now(),
    )
    Operation.objects.update(started_at=clock.Now(), ended_at=clock.later(60))
    row = Operation.objects.get()
    assert row.started_at
    assert row.ended_at
    return row.started_at, row.ended_at


def test_all_three_agree_when_it_is_moved(settings: Settings) -> None:
    settings.DEMO = True
    real = clock.now()
    DemoClock.objects.create(pk=1, ahead=3 * DAY)
    assert abs(clock.now() - real - timedelta(days=3)) < CLOSE
    assert abs(clock.shown() - real - timedelta(days=3)) < CLOSE
    started, ended = in_a_query()
    assert abs(started - real - timedelta(days=3)) < CLOSE
    assert abs(ended - started - timedelta(seconds=60)) < timedelta(seconds=1)


def test_outside_of_demo_mode_nobody_looks(settings: Settings) -> None:
    DemoClock.objects.create(pk=1, ahead=3 * DAY)
    real = clock.shown()
    with CaptureQueriesContext(connection) as captured:
        assert abs(clock.now() - real) < CLOSE
        clock.shown()
        list(Operation.objects.filter(models.Q(run_after__lt=clock.Now())))
    assert len(captured) == 2
    assert not any("democlock" in query["sql"] for query in captured)


def test_in_demo_mode_now_is_one_query_still(settings: Settings) -> None:
    settings.DEMO = True
    with CaptureQueriesContext(connection) as captured:
        clock.now()
        list(Operation.objects.filter(run_after__lt=clock.Now()))
        for _ in range(20):
            clock.shown()
    assert len(captured) == 3, "pages look at most once a second"
