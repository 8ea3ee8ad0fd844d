"""Requests as tests make them: one call to ask, one to decide, one to let time pass."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F

from access.approval import versions
from access.approval.document import BUILT_IN, parse
from access.models import CONNECTION_USER, AccessRequest, Decision, Resource
from access.requests import asking, deciding
from access.requests.asking import NewRequest
from access.requests.deciding import Verdicted
from portal.models import AuditEvent, Notice, User

WEEK = timedelta(days=7)
APPROVE, DENY = Decision.Verdict.APPROVE, Decision.Verdict.DENY


def ask(resource: Resource, by: User, **values: Any) -> AccessRequest:
    """`by` asks for a week of use for themselves, unless `values` say otherwise."""
    usual: dict[str, Any] = {
        "principal": f"user:{by.email}",
        "role": CONNECTION_USER,
        "duration": WEEK,
        "reason": "Monthly report",
    }
    return asking.ask(NewRequest(resource=resource, **(usual | values)), by=by)


def decide(
    request: AccessRequest, by: User, verdict: Decision.Verdict = APPROVE, **values: Any
) -> AccessRequest:
    """`by` decides what they see now."""
    request.refresh_from_db()
    revision = values.pop("revision", request.revision)
    usual = {"reason": "No need." if verdict == DENY else ""}
    return deciding.decide(request, Verdicted(verdict, **(usual | values)), by=by, revision=revision)


def set_policy(resource: Resource, by: User, **changes: Any) -> None:
    """Make a version of the resource's own policy: the portal's own with `changes` of its plain data."""
    document = parse(BUILT_IN.to_dict() | changes)
    versions.save_version(resource, document, by=by, comment="For a test")


def grow_older(request: AccessRequest, by: timedelta) -> None:
    """Let the request have been made that much earlier."""
    AccessRequest.objects.filter(pk=request.pk).update(
        created_at=F("created_at") - by, lapses_at=F("lapses_at") - by
    )


def actions() -> list[str]:
    """What the trail says of requests and claims, in its order."""
    found = AuditEvent.objects.filter(action__regex=r"^(request|grant)\.").order_by("position")
    return list(found.values_list("action", flat=True))


def told() -> list[tuple[str, str]]:
    """Who was told what, as (kind, address), in the order of the notices."""
    rows = Notice.objects.order_by("pk").values_list("kind", "deliveries__person__email")
    return sorted((kind, email) for kind, email in rows if email)
