"""The list of people and of open invitations."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.people import queries, services
from portal.people.forms import PeopleFilter
from portal.permissions import administrator, permitted
from portal.views import paging

PAGE_SIZE = 50
INVITATIONS_SHOWN = 100


@require_safe
@permitted(administrator)
def people(request: HttpRequest) -> HttpResponse:
    """Everyone who may sign in, and who was asked to."""
    form = PeopleFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    found = queries.filtered(
        queries.people(),
        text=chosen.get("q", ""),
        role=chosen.get("role", ""),
        state=chosen.get("state", ""),
    )
    context = {
        "form": form,
        "filtered": any(chosen.values()),
        "page": paging.ordered_page(found, request.GET, "email", size=PAGE_SIZE),
        "invitations": services.open_invitations()[:INVITATIONS_SHOWN],
    }
    return paging.with_short_address(request, render(request, "portal/people/list.html", context))
