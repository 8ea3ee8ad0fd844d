"""Figures for monitoring, in Prometheus' text format: apps register what they count when they are ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from portal import checkpoints, clock
from portal.models import Delivery, Operation

# A mail server that is away for a moment is nothing that somebody has to look at.
NOTICE_PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Gauge:
    """One figure: its name, what it says, and how it is counted."""

    name: str
    text: str
    count: Callable[[], float]


def _late_operations() -> int:
    return Operation.objects.filter(state__in=Operation.UNFINISHED, patience_until__lt=clock.now()).count()


def _unfinished_operations() -> int:
    return Operation.objects.filter(state__in=Operation.UNFINISHED).count()


def _waiting_notices() -> int:
    unfinished = (Delivery.State.PENDING, Delivery.State.CLAIMED, Delivery.State.SENDING)
    return Delivery.objects.filter(
        state__in=unfinished,
        created_at__lt=clock.now() - NOTICE_PATIENCE,
    ).count()


GAUGES: dict[str, Gauge] = {}


def register(name: str, text: str, count: Callable[[], float]) -> None:
    """Have `portal_NAME` be told; `count` may ask the database."""
    GAUGES[name] = Gauge(f"portal_{name}", text, count)


register("operations_unfinished", "Operations that are not over.", _unfinished_operations)
register("operations_late", "Operations that should be over by now.", _late_operations)
register("notices_waiting", "Notices that have waited to be sent for over ten minutes.", _waiting_notices)
register(
    "audit_unsigned_seconds",
    "How long the oldest audit event that no checkpoint covers has waited.",
    checkpoints.unsigned_seconds,
)


def text() -> str:
    """Return all figures as they are now."""
    lines = []
    for _, gauge in sorted(GAUGES.items()):
        lines += [f"# HELP {gauge.name} {gauge.text}", f"# TYPE {gauge.name} gauge"]
        lines.append(f"{gauge.name} {gauge.count():g}")
    return "\n".join(lines) + "\n"
