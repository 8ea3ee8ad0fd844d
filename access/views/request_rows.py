"""Requests as rows of a table: filtered, and paged by key. For the views that list them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict

from access.models import AccessRequest
from portal.views import paging

KEY_SIZE = 50


def rows(found: QuerySet[AccessRequest], chosen: dict[str, Any]) -> QuerySet[AccessRequest]:
    """Those that the filters let through, the newest first, with what a row shows."""
    if text := chosen.get("q"):
        found = found.filter(
            Q(resource__title__icontains=text)
            | Q(resource__full_name__icontains=text)
            | Q(principal__icontains=text)
            | Q(requester__email__icontains=text)
            | Q(reason__icontains=text)
            | Q(ticket__icontains=text)
        )
    if state := chosen.get("state"):
        found = found.filter(state=state)
    found = found.select_related("resource", "requester").prefetch_related("grants", "decisions__by")
    return found.defer("policy_document").order_by("-created_at", "pk")


def key_of(request: AccessRequest) -> str:
    """What names the place of a row."""
    return f"{request.created_at.isoformat()}_{request.pk}"


def until(found: QuerySet[AccessRequest], query: QueryDict) -> QuerySet[AccessRequest]:
    """What comes after the row that the address names; everything if it names none."""
    created, _, key = query.get(paging.KEY, "").partition("_")
    try:
        given, identity = datetime.fromisoformat(created), UUID(key)
        moment = given.astimezone(UTC)
    except (ValueError, OverflowError):
        return found
    if given.tzinfo is None:
        return found
    return found.filter(Q(created_at__lt=moment) | Q(created_at=moment, pk__gt=identity))
