"""Going on after a change: from a dialog, or from a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect


def lead(request: HttpRequest, url: str) -> HttpResponse:
    """Lead to an address of the portal."""
    return HttpResponseClientRedirect(url) if getattr(request, "htmx", False) else redirect(url)
