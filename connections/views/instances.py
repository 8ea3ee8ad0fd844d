"""The list of database instances."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections.logins import catalogue
from portal.permissions import actor, permitted, signed_in
from portal.views import paging

PAGE_SIZE = 50


@require_safe
@permitted(signed_in)
def instances(request: HttpRequest) -> HttpResponse:
    """Every instance of the registered projects: is IAM authentication on, who logs in, and you."""
    asked = catalogue.InstanceFilter(request.GET)
    page = paging.ordered_page(asked.qs, request.GET, *catalogue.ORDER, size=PAGE_SIZE)
    catalogue.describe(page.rows, actor(request))
    context = {"form": asked.form, "page": page, "is_narrowed": asked.is_narrowed}
    return paging.with_short_address(request, render(request, "connections/instances.html", context))
