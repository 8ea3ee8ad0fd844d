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
    """Source cards by group, with a search; without a project there is only the way to register one."""
    words, groups = request.GET.get("q", "").strip()[:200], kinds.groups()
    chosen = next((group for group in groups if group == request.GET.get("group")), "")
    found = [kind for kind in kinds.all_kinds() if kind.matches(words)]
    by_group = [(group, [kind for kind in found if kind.group == group]) for group in groups]
    context = {
        "words": words,
        "chosen": chosen,
        "groups": [(group, len(of_group)) for group, of_group in by_group],
        "count": len(found),
        "shown": [(group, of_group) for group, of_group in by_group if of_group and chosen in {"", group}],
        "projects": lookup.usable_projects(),
    }
    return render(request, "connections/add_data.html", context)
