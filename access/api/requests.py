"""GET /api/v1/requests: who asked for what, and what was decided."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from access.models import AccessRequest, Decision
from portal.api import schemas, security
from portal.models import ApiToken, User
from portal.permissions import overseer

router = Router(tags=["requests"], auth=security.Scoped(ApiToken.Scope.REQUESTS))


class RequestFilters(schemas.Filters):
    """Which requests."""

    state: Literal["", "pending", "approved", "denied", "withdrawn", "lapsed"] = ""
    requester: str = Field("", max_length=254, description="Who asked, by address.")
    principal: str = Field("", max_length=320, description="For whom: `user:ana@example.com`.")
    resource: str = Field("", max_length=500, description="Full name of a resource.")
    project: str = Field("", max_length=30, description="A project ID.")
    before: schemas.Key = ""
    limit: schemas.Limit = 100


class DecisionItem(Schema):
    """What one person, or the policy itself (null), decided at one step."""

    by: str | None
    verdict: str
    step: int
    reason: str
    decided_at: schemas.Moment


class RequestItem(Schema):
    """One request with its decisions."""

    id: str
    resource: str
    project: str
    requester: str
    principal: str
    role: str
    reason: str
    ticket: str
    duration_seconds: int
    state: str
    policy_version: int | None = Field(None, description="Null: the portal's own policy.")
    created_at: schemas.Moment
    starts_at: schemas.Moment | None
    decided_at: schemas.Moment | None
    decisions: list[DecisionItem]


class RequestPage(Schema):
    """Some requests, newest first."""

    items: list[RequestItem]
    next: str | None = Field(None, description="What to give as `before` for the next page; null at the end.")


@router.get(
    "requests", url_name="requests", response={200: RequestPage, **schemas.REFUSALS}, summary="Requests"
)
def list_requests(request: HttpRequest, filters: Query[RequestFilters]) -> dict[str, Any]:
    """Read requests, newest first: all as administrator or auditor, else yours and those on what you own."""
    found = _filtered(visible(security.reader(request)), filters)
    if filters.before:
        moment, pk = _key(filters.before)
        found = found.filter(Q(created_at__lt=moment) | Q(created_at=moment, pk__lt=pk))
    found = found.select_related("resource", "requester", "policy").prefetch_related("decisions__by")
    rows = list(found.order_by("-created_at", "-pk")[: filters.limit + 1])
    shown = rows[: filters.limit]
    following = (
        f"{schemas.moment(shown[-1].created_at)}~{shown[-1].pk}" if len(rows) > filters.limit else None
    )
    return {"items": [_item(row) for row in shown], "next": following}


def visible(user: User) -> QuerySet[AccessRequest]:
    """Return the requests that a person may see."""
    if overseer(user):
        return AccessRequest.objects.all()
    owned = user.owned_resources.values("pk")
    return AccessRequest.objects.filter(Q(requester=user) | Q(resource__in=owned))


def _filtered(found: QuerySet[AccessRequest], filters: RequestFilters) -> QuerySet[AccessRequest]:
    exact = {
        "state": filters.state,
        "requester__email": filters.requester.lower(),
        "principal": filters.principal,
        "resource__full_name": filters.resource,
        "resource__project_id": filters.project,
    }
    return found.filter(**{name: value for name, value in exact.items() if value})


def _key(text: str) -> tuple[datetime, uuid.UUID]:
    moment, _, key = text.partition("~")
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), uuid.UUID(key)
    except (ValueError, OverflowError):
        raise HttpError(422, "`before` is not the `next` of a page.") from None


def _item(row: AccessRequest) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ("principal", "role", "reason", "ticket", "state")},
        "id": str(row.pk),
        "resource": row.resource.full_name,
        "project": row.resource.project_id,
        "requester": row.requester.email,
        "duration_seconds": round(row.duration.total_seconds()),
        "policy_version": row.policy.version if row.policy else None,
        "created_at": schemas.moment(row.created_at),
        "starts_at": schemas.moment_or_none(row.starts_at),
        "decided_at": schemas.moment_or_none(row.decided_at),
        "decisions": [_decision(found) for found in sorted(row.decisions.all(), key=lambda each: each.pk)],
    }


def _decision(row: Decision) -> dict[str, Any]:
    return {
        "by": row.by.email if row.by else None,
        "verdict": row.verdict,
        "step": row.step,
        "reason": row.reason,
        "decided_at": schemas.moment(row.decided_at),
    }
