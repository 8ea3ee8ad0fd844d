"""GET /api/v1/grants: who holds, or held, which role on which resource, why and until when."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from access.drift import missing
from access.models import ENDING_SEEN, Grant, Resource
from portal.api import schemas, security
from portal.models import ApiToken, User
from portal.permissions import overseer

router = Router(tags=["grants"], auth=security.Scoped(ApiToken.Scope.GRANTS))
Presence = Grant.Presence
STATUSES: dict[str, Q] = {
    "active": Q(desired=Presence.PRESENT, observed=Presence.PRESENT, found_gone_at=None),
    "gone": Q(desired=Presence.PRESENT, observed=Presence.PRESENT, found_gone_at__isnull=False),
    "pending": Q(desired=Presence.PRESENT) & ~Q(observed=Presence.PRESENT),
    "revoking": Q(desired=Presence.ABSENT, observed__in=ENDING_SEEN),
    "revoked": Q(desired=Presence.ABSENT, error="") & ~Q(observed__in=ENDING_SEEN),
    "failed": Q(desired=Presence.ABSENT) & ~Q(error="") & ~Q(observed__in=ENDING_SEEN),
}


class GrantFilters(schemas.Filters):
    """Which grants."""

    principal: str = Field("", max_length=320, description="An IAM principal: `user:ana@example.com`.")
    resource: str = Field("", max_length=500, description="Full name of a resource.")
    project: str = Field("", max_length=30, description="A project ID.")
    role: str = Field("", max_length=200)
    status: Literal["", "active", "gone", "pending", "revoking", "revoked", "failed"] = Field(
        "",
        description="`revoking` holds those that are overdue too; `gone` was taken away outside the portal.",
    )
    before: schemas.Key = ""
    limit: schemas.Limit = 100


class GrantItem(Schema):
    """One grant; `active`, `gone` and `revoked` mean seen at Google."""

    id: int
    resource: str
    project: str
    principal: str
    role: str
    origin: str
    purpose: str
    reason: str
    status: str
    granted_by: str
    granted_at: schemas.Moment
    expires_at: schemas.Moment | None
    revoked_by: str
    revoked_at: schemas.Moment | None
    observed_at: schemas.Moment | None
    gone_since: schemas.Moment | None = Field(None, description="When it was found gone at Google.")
    last_used_at: schemas.Moment | None
    request: str | None = Field(None, description="The id of the request behind it.")
    error: str


class GrantPage(Schema):
    """Some grants, newest first."""

    items: list[GrantItem]
    next: str | None = Field(None, description="What to give as `before` for the next page; null at the end.")


@router.get("grants", url_name="grants", response={200: GrantPage, **schemas.REFUSALS}, summary="Grants")
def list_grants(request: HttpRequest, filters: Query[GrantFilters]) -> dict[str, Any]:
    """Read grants, newest first: all as administrator or auditor, else yours and those on what you own."""
    found = _filtered(missing.noted(visible(security.reader(request))), filters)
    if filters.before:
        found = found.filter(pk__lt=_key(filters.before))
    rows = list(found.select_related("resource").order_by("-pk")[: filters.limit + 1])
    shown = rows[: filters.limit]
    following = str(shown[-1].pk) if len(rows) > filters.limit else None
    return {"items": [_item(row) for row in shown], "next": following}


def visible(user: User) -> QuerySet[Grant]:
    """Return the grants that a person may see."""
    if overseer(user):
        return Grant.objects.all()
    own = Q(principal=user.member) | Q(request__requester=user)
    owned = user.owned_resources.values("pk")
    return Grant.objects.filter(own | Q(resource__in=owned))


def _filtered(found: QuerySet[Grant], filters: GrantFilters) -> QuerySet[Grant]:
    exact = {
        "principal": filters.principal,
        "resource__project_id": filters.project,
        "role": filters.role,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if filters.resource:
        # By its key: of that a database knows how many grants it has, and goes through them in order.
        keys = Resource.objects.filter(full_name=filters.resource).values_list("pk", flat=True)
        found = found.filter(resource=keys.first())
    return found.filter(STATUSES[filters.status]) if filters.status else found


def _key(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise HttpError(422, "`before` is not the `next` of a page.")
    return int(text)


def _item(row: Grant) -> dict[str, Any]:
    plain = (
        "id",
        "principal",
        "role",
        "origin",
        "purpose",
        "reason",
        "status",
        "granted_by",
        "revoked_by",
        "error",
    )
    times = ("expires_at", "revoked_at", "observed_at", "gone_since", "last_used_at")
    return {
        **{name: getattr(row, name) for name in plain},
        **{name: schemas.moment_or_none(getattr(row, name)) for name in times},
        "granted_at": schemas.moment(row.granted_at),
        "resource": row.resource.full_name,
        "project": row.resource.project_id,
        "request": str(row.request_id) if row.request_id else None,
    }
