"""Who has what, as of any moment."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.models import Holding
from access.views import holdings_filter
from portal.models import AuditHead, SavedFilter
from portal.permissions import actor, overseer, permitted, signed_in
from portal.views import paging, saved_filters

PAGE_SIZE = 50


@require_safe
@permitted(signed_in)
def holdings(request: HttpRequest) -> HttpResponse:
    """The table of a moment: everybody's for overseers, their resources' for owners, else one's own."""
    user = actor(request)
    asked = holdings_filter.at_moment(request.GET, user)
    found, stop = _bounded(asked, paging.before(request.GET))
    page = paging.key_page(
        found, request.GET, size=PAGE_SIZE, key_of=lambda held: str(held.started_event), stop=stop
    )
    position = AuditHead.objects.get().size if asked.position is None else asked.position
    context = {
        "form": asked.form,
        "filtered": bool(holdings_filter.chosen(asked.form)),
        "page": page,
        "rows": [
            (held, held.status_at(position), held.end_at(position), held.gone_since(position))
            for held in page.rows
        ],
        "walk": f"{holdings_filter.WALK:,}",
        "moment": asked.moment,
        "position": position,
        "sees_all": overseer(user),
        "query": request.GET.urlencode(),
        **saved_filters.context(user, SavedFilter.Page.HOLDINGS, request.GET),
    }
    return paging.with_short_address(request, render(request, "access/holdings.html", context))


def _bounded(asked: holdings_filter.Moment, before: int | None) -> tuple[QuerySet[Holding], int]:
    """What is found from `before` on, and where the page stops looking through what began until the moment.

    Now, what is held has an index of its own; of a day long past, much that began until then is gone.
    """
    found, walked = asked.found, asked.scope
    if before is not None:
        found, walked = found.filter(started_event__lt=before), walked.filter(started_event__lt=before)
    if asked.position is None:
        return found, 0
    walked = walked.filter(started_event__lte=asked.position)
    stop = paging.stop(walked, "started_event", holdings_filter.WALK)
    return (found.filter(started_event__gt=stop) if stop else found), stop
