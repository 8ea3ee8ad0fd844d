"""The list of database instances."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.rules import person
from connections.logins import catalogue
from portal.permissions import permitted, signed_in
from portal.views.paging import with_short_address

PAGE_SIZE = 50


@require_safe
@permitted(signed_in)
def instances(request: HttpRequest) -> HttpResponse:
    """Every instance of the registered projects: is IAM authentication on, who logs in, and you."""
    asked = catalogue.InstanceFilter(request.GET)
    page = Paginator(asked.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    catalogue.describe(page, person(request))
    context = {"form": asked.form, "page": page, "is_narrowed": asked.is_narrowed}
    return with_short_address(request, render(request, "connections/instances.html", context))
