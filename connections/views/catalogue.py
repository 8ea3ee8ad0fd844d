"""The list of connections."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.drift import missing
from connections import lookup, requesting, search
from connections.models import Connection
from connections.present import editable_kind
from portal.models import User
from portal.permissions import actor, permitted, signed_in
from portal.views import paging

PAGE_SIZE = 50


@require_safe
@permitted(signed_in)
def connections(request: HttpRequest) -> HttpResponse:
    """Every connection, searched, filtered and sorted as the address says."""
    user = actor(request)
    asked = search.ConnectionFilter(request.GET, user=user)
    page = asked.page(PAGE_SIZE)
    _describe(page.rows, user)
    nothing_at_all = not (page.rows or page.newest_url or asked.is_narrowed)
    context = {
        "form": asked.form,
        "page": page,
        "summary": _summary(asked.count if page.newest_url or page.older_url else len(page.rows)),
        "is_narrowed": asked.is_narrowed,
        "nothing_at_all": nothing_at_all,
        "has_project": bool(nothing_at_all and lookup.usable_projects()),
    }
    return paging.with_short_address(request, render(request, "connections/list.html", context))


def _summary(count: int) -> str:
    if count > search.MOST_COUNTED:
        return f"More than {search.MOST_COUNTED:,} connections"
    return "1 connection" if count == 1 else f"{count:,} connections"


def _describe(page: list[Connection], user: User) -> None:
    """Tell each row what it is called and what this person has on it, and waits for, in two queries."""
    own = search.grants_of(user).filter(resource__in=[row.resource_id for row in page])
    mine = missing.noted(own).order_by("role")
    grants: dict[int, list[object]] = {}
    for grant in mine:
        grants.setdefault(grant.resource_id, []).append(grant)
    pending = requesting.waiting([row.resource_id for row in page], user)
    for row in page:
        kind = editable_kind(row)
        row.kind_label = kind.name  # type: ignore[attr-defined]  # for the template
        row.source, row.source_place = kind.source(row.properties)  # type: ignore[attr-defined]
        row.my_grants = grants.get(row.resource_id, [])  # type: ignore[attr-defined]
        row.my_request = pending.get(row.resource_id)  # type: ignore[attr-defined]
        row.i_own_it = user in row.resource.owners.all()  # type: ignore[attr-defined]
