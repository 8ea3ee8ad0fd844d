"""What changed between two days: who got access, and who lost it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import asof
from access.rules import person
from access.views import holdings_filter
from portal.models import SavedFilter, User
from portal.permissions import permitted, signed_in
from portal.views import paging, saved_filters

PAGE_SIZE = 50


@require_safe
@permitted(signed_in)
def changes(request: HttpRequest) -> HttpResponse:
    """Gains and losses, newest first; each leads to its event and to its grant."""
    user = person(request)
    form = holdings_filter.PeriodForm(request.GET)
    found = _found(form, request.GET, user) if form.is_valid() else []
    shown = _whole_moments(found)
    context = {
        "form": form,
        "filtered": bool(holdings_filter.chosen(form)),
        "changes": shown,
        "older_url": paging.address(request.GET, str(shown[-1].position)) if len(shown) < len(found) else "",
        "newest_url": paging.address(request.GET, "") if paging.before(request.GET) else "",
        "sees_all": holdings_filter.overseer(user, None),
        "query": request.GET.urlencode(),
        **saved_filters.context(user, SavedFilter.Page.CHANGES, request.GET),
    }
    return paging.with_short_address(request, render(request, "access/changes.html", context))


def _found(form: holdings_filter.PeriodForm, query: QueryDict, user: User) -> list[asof.Change]:
    after, until = form.positions()
    before = paging.before(query)
    if before is not None:
        until = min(until, before - 1)
    return asof.changes(holdings_filter.scope(form.cleaned_data, user), after, until, PAGE_SIZE + 1)


def _whole_moments(found: list[asof.Change]) -> list[asof.Change]:
    """A page of them that does not end between two changes of one event."""
    if len(found) <= PAGE_SIZE:
        return found
    whole = [change for change in found if change.position > found[-1].position]
    return whole or found[:PAGE_SIZE]
