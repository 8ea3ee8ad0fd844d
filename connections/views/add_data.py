"""Add data: the sources that a connection can be made to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections import kinds, lookup
from portal.permissions import administrator, permitted


@require_safe
@permitted(administrator)
def add_data(request: HttpRequest) -> HttpResponse:
    """Source cards with a search; without a project there is only the way to register one."""
    words = request.GET.get("q", "").strip()[:200]
    context = {
        "words": words,
        "kinds": [kind for kind in kinds.all_kinds() if kind.matches(words)],
        "all_kinds": kinds.all_kinds(),
        "projects": lookup.usable_projects(),
    }
    return render(request, "connections/add_data.html", context)
