"""What changed between two days: who got access, and who lost it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import asof
from access.views import holdings_filter
from portal.models import SavedFilter, User
from portal.permissions import actor, overseer, permitted, signed_in
from portal.views import paging, saved_filters

PAGE_SIZE = 50


@require_safe
@permitted(signed_in)
def changes(request: HttpRequest) -> HttpResponse:
    """Gains and losses, newest first; each leads to its event and to its grant."""
    user = actor(request)
    form = holdings_filter.PeriodForm(request.GET)
    shown, more = _found(form, request.GET, user) if form.is_valid() else ([], False)
    context = {
        "form": form,
        "filtered": bool(holdings_filter.chosen(form)),
        "changes": shown,
        "older_url": paging.address(request.GET, str(shown[-1].position)) if more else "",
        "newest_url": paging.address(request.GET, "") if paging.before(request.GET) else "",
        "sees_all": overseer(user),
        "query": request.GET.urlencode(),
        **saved_filters.context(user, SavedFilter.Page.CHANGES, request.GET),
    }
    return paging.with_short_address(request, render(request, "access/changes.html", context))


def _found(form: holdings_filter.PeriodForm, query: QueryDict, user: User) -> tuple[list[asof.Change], bool]:
    """A page of changes, and whether there are more. It does not end between two changes of one event."""
    after, until = form.positions()
    before = paging.before(query)
    if before is not None:
        until = min(until, before - 1)
    scope = holdings_filter.scope(form.cleaned_data, user)
    found = asof.changes(scope, after, until, PAGE_SIZE + 1)
    if len(found) <= PAGE_SIZE:
        return found, False
    whole = [change for change in found if change.position > found[-1].position]
    if whole:
        return whole, True
    only = found[0].position  # one event ended more than a page of them
    return asof.changes(scope, only - 1, only, holdings_filter.WALK), True
