"""GET /api/v1/events: the audit trail, with the filters of its page."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest, QueryDict
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from portal.api import schemas, security
from portal.models import ApiToken, AuditEvent
from portal.permissions import overseer
from portal.views import audit_filter

router = Router(tags=["events"], auth=security.Scoped(ApiToken.Scope.EVENTS))
KEY_LENGTH = 19


class EventFilters(Schema):
    """The filters of the audit page."""

    q: str = Field("", max_length=500, description="Part of target, reason, actor or detail.")
    principal: str = Field("", max_length=500, description="Whose access: an address or an IAM principal.")
    actor: str = Field("", max_length=500, description="Who did it, by address.")
    action: str = Field("", max_length=500, description="`grant.end`, or `grant` for all that begin so.")
    target: str = Field("", max_length=500, description="A full name; what lies below it counts too.")
    project: str = Field("", max_length=500, description="A project ID.")
    outcome: Literal["", "requested", "succeeded", "failed", "refused"] = ""
    since: date | None = Field(None, description="The first day, in UTC.")
    until: date | None = Field(None, description="The last day, in UTC.")
    before: schemas.Key = ""
    limit: schemas.Limit = 100


class Event(Schema):
    """One event, every field exactly as it is hashed."""

    position: int
    time: schemas.Moment
    actor: str
    action: str
    outcome: str
    target: str
    project: str
    reason: str
    detail: dict[str, Any]
    operation: str
    previous_hash: str
    hash: str


class EventPage(Schema):
    """Some events, newest first. A page may hold fewer than `limit`, even none, and still have a `next`."""

    items: list[Event]
    next: str | None = Field(None, description="What to give as `before` for the next page; null at the end.")


@router.get(
    "events", url_name="events", response={200: EventPage, **schemas.REFUSALS}, summary="Audit events"
)
def list_events(request: HttpRequest, filters: Query[EventFilters]) -> dict[str, Any]:
    """Read the audit trail, newest first: everything as an administrator or auditor, else what you did."""
    form = audit_filter.AuditFilter(_query(request, filters))
    found, stop = audit_filter.page(form, _key(filters.before), filters.limit + 1)
    if not form.is_valid():
        raise HttpError(422, " ".join(str(error) for errors in form.errors.values() for error in errors))
    rows = list(found[: filters.limit + 1])
    shown = rows[: filters.limit]
    following = shown[-1].position if len(rows) > filters.limit else (stop + 1 if stop else None)
    return {"items": [_event(row) for row in shown], "next": str(following) if following else None}


def _query(request: HttpRequest, filters: EventFilters) -> QueryDict:
    """The filters as the page's form takes them; whoever may not see everything sees what they did."""
    query = QueryDict(mutable=True)
    given = filters.model_dump(exclude={"before", "limit"}, exclude_none=True)
    query.update({name: str(value) for name, value in given.items()})
    user = security.reader(request)
    if not overseer(user):
        if filters.actor and filters.actor.lower() != user.email.lower():
            raise HttpError(403, "You may read events of your own only.")
        query["actor"] = user.email
    return query


def _key(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < KEY_LENGTH):
        raise HttpError(422, "`before` is not the `next` of a page.")
    return int(text)


def _event(row: AuditEvent) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in Event.model_fields if name != "time"}
    return {**fields, "time": schemas.moment(row.time)}
