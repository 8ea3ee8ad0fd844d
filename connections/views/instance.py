"""The page of one database instance: can one log in with IAM, who does, and who lacks what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections.logins import lookup, page
from connections.models import DatabaseInstance
from portal.permissions import actor, permitted, signed_in


@require_safe
@permitted(signed_in, load=lookup.instance)
def instance(request: HttpRequest, shown: DatabaseInstance) -> HttpResponse:
    """Everyone sees what it is and their own login; the others' are for those who answer for it."""
    context = page.context(shown, actor(request), request.GET)
    return render(request, "connections/instance.html", context)
