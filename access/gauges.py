"""What monitoring is told about access."""

from __future__ import annotations

from access import models
from access.models import Drift, Grant
from portal import clock


def overdue() -> int:
    """How much access should have ended and is still there."""
    return Grant.objects.filter(models.overdue(clock.now())).count()


def differences() -> int:
    """How many differences between Google and the portal nobody has decided about."""
    return Drift.objects.filter(state=Drift.State.OPEN).count()
