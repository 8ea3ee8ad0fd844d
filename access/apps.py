"""The access app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Tells Django about the access app."""

    name = "access"

    def ready(self) -> None:
        """Connect what listens, and have approvals asked about again before they are carried out."""
        from access.requests import authority, receivers

        authority.connect()
        receivers.connect()
        self._follow_the_trail()
        self._count()

    def _count(self) -> None:
        """Tell monitoring what needs a person."""
        from access import gauges
        from portal import metrics

        metrics.register(
            "grants_overdue", "Access that should have ended and is still there.", gauges.overdue
        )
        metrics.register("drift_open", "Differences at Google that nobody decided about.", gauges.differences)

    def _follow_the_trail(self) -> None:
        """Have holdings follow the audit trail."""
        from portal.signals import events_recorded

        events_recorded.connect(_note_holdings, dispatch_uid="access.holdings")


def _note_holdings(sender: Any, events: Any, **_: Any) -> None:
    from access import holdings

    holdings.note(events)
