"""Audit events of requests, and the row under lock: what every service of requests begins and ends with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F

from access.models import AccessRequest
from portal import audit
from portal.models import Operation, User

State = AccessRequest.State


class OvertakenError(Exception):
    """Somebody else was first; the message says what happened to the request meanwhile."""


def locked(request: AccessRequest) -> AccessRequest:
    """Return the request as it is now, locked until the present transaction ends."""
    rows = AccessRequest.objects.select_for_update(of=("self",))
    return rows.select_related("resource", "requester", "policy__resource", "extends").get(pk=request.pk)


def change(request: AccessRequest, **values: Any) -> None:
    """Write `values` if nobody changed the request since it was read. Raises OvertakenError otherwise."""
    same = AccessRequest.objects.filter(pk=request.pk, revision=request.revision, state=request.state)
    if not same.update(revision=F("revision") + 1, **values):
        raise OvertakenError("Somebody else changed this request at the same moment.")
    request.revision += 1
    for name, value in values.items():
        setattr(request, name, value)


def facts(request: AccessRequest) -> dict[str, Any]:
    """Return what every audit event about a request tells of it."""
    return {
        "request": str(request.pk),
        "requester": str(request.requester),
        "principal": request.principal,
        "role": request.role,
        "duration_seconds": int(request.duration.total_seconds()),
        "starts_at": request.starts_at.isoformat() if request.starts_at else None,
        "extends": request.extends_id,
        "ticket": request.ticket,
        "policy_version": request.policy.version if request.policy else None,
        "policy_resource": request.policy.resource.full_name if request.policy else None,
    }


def record(
    action: str,
    request: AccessRequest,
    *,
    by: User | str | None,
    reason: str = "",
    outcome: audit.Outcome = audit.Outcome.SUCCEEDED,
    detail: Mapping[str, Any] | None = None,
    operation: Operation | None = None,
) -> None:
    """Append the event `request.<action>` with facts() and `detail`."""
    audit.record(
        f"request.{action}",
        by=by,
        target=request.resource.full_name,
        project=request.resource.project_id,
        outcome=outcome,
        reason=reason,
        detail=facts(request) | dict(detail or {}),
        operation=operation,
    )
