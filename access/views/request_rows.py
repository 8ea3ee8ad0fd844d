"""Requests as rows of a table: filtered, and paged by key. For the views that list them."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import QueryDict

from access.drift import missing
from access.models import AccessRequest, Grant
from portal.views import paging

KEY_SIZE = 50
# How many requests a page looks through at most for words; the next page goes on where it stopped.
WALK = 1_000
ORDER = ("-created_at", "id")


def page(
    among: QuerySet[AccessRequest],
    found: QuerySet[AccessRequest],
    chosen: dict[str, Any],
    query: QueryDict,
    *,
    bounded: bool = False,
) -> paging.KeyPage[AccessRequest]:
    """Return those of `found` that the filters let through, the newest first, with what a row shows.

    `among` is what an index finds and `found` is taken from: of those so many are looked through for words,
    and with `bounded` for anything.
    """
    if state := chosen.get("state"):
        among, found = among.filter(state=state), found.filter(state=state)
    text = chosen.get("q")
    return paging.ordered_page(
        _mentioning(found, text) if text else found,
        query,
        *ORDER,
        size=KEY_SIZE,
        walked=among if text or bounded else None,
        most=WALK,
        shows=_shown,
    )


def _shown(rows: QuerySet[AccessRequest]) -> QuerySet[AccessRequest]:
    grants = Prefetch("grants", missing.noted(Grant.objects.all()))
    rows = rows.select_related("resource", "requester").prefetch_related(grants, "decisions__by")
    return rows.defer("policy_document")


def _mentioning(found: QuerySet[AccessRequest], text: str) -> QuerySet[AccessRequest]:
    return found.filter(
        Q(resource__title__icontains=text)
        | Q(resource__full_name__icontains=text)
        | Q(principal__icontains=text)
        | Q(requester__email__icontains=text)
        | Q(reason__icontains=text)
        | Q(ticket__icontains=text)
    )
