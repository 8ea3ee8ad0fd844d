"""What requests do when the audit trail tells of their claims."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from access.models import AccessRequest
from access.requests import telling
from portal import audit
from portal.models import AuditEvent
from portal.signals import events_recorded


def connect() -> None:
    """Listen; once, when the apps are ready."""
    events_recorded.connect(tell_of_failures, dispatch_uid="access.requests.tell_of_failures")


def tell_of_failures(sender: Any, events: Iterable[AuditEvent], **_: Any) -> None:
    """Tell people when what was approved could not be given. Inside the transaction of the events."""
    failed = {
        str(event.detail["request"]): event.reason
        for event in events
        if event.action == "grant.activate"
        and event.outcome == audit.Outcome.FAILED
        and event.detail.get("request")
    }
    if failed:
        found = AccessRequest.objects.filter(pk__in=failed).select_related("resource", "requester")
        for request in found:
            telling.stopped(request, failed[str(request.pk)])
