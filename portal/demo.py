"""The demo's clock: moved forward so that a visitor can watch an expiry. Never back, and only in a demo."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from portal import audit, clock
from portal.celery import wake
from portal.models import DemoClock, Operation, SealedCredential, User

FURTHEST = timedelta(days=3660)


def move_clock(by: timedelta, *, person: User) -> None:
    """Move the portal's clock forward, and wake whatever is due then.

    What is under way goes on as if no time had passed: leases, the patience of operations and the passwords
    that they wait with move along. A lease that is prolonged at the same moment may be over all the same:
    then another worker takes the operation, and the fencing token keeps the first from writing.
    Raises ValueError outside of demo mode, for a move back, and for one beyond FURTHEST.
    """
    if not settings.DEMO:
        raise ValueError("Only a demo's clock can be moved.")
    if by <= timedelta(0):
        raise ValueError("The clock goes forward only.")
    with audit.appending():
        row, _ = DemoClock.objects.select_for_update().get_or_create(pk=1)
        if timedelta(seconds=row.ahead) + by > FURTHEST:
            raise ValueError("That is too far away: reset the demo to begin anew.")
        before = clock.now()
        unfinished = Operation.objects.filter(state__in=Operation.UNFINISHED)
        unfinished.update(lease_until=F("lease_until") + by, patience_until=F("patience_until") + by)
        SealedCredential.objects.update(expires_at=F("expires_at") + by)
        DemoClock.objects.filter(pk=1).update(ahead=F("ahead") + int(by.total_seconds()))
        audit.record(
            "demo.move_clock",
            by=person,
            target="demo/clock",
            outcome=audit.Outcome.SUCCEEDED,
            detail={"from": before.isoformat(), "to": (before + by).isoformat()},
        )
        transaction.on_commit(clock.forget_ahead)
        transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    """Have workers look at once for what is due: the schedule itself goes by the machine's clock."""
    all(wake(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values())  # to the first that fails
