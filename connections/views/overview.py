"""The first page: what waits for this person, what they have, and what happened last."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import overview as access_overview
from connections import lookup
from connections.models import Connection
from portal import audit
from portal.permissions import actor, permitted, signed_in
from portal.views.operations import visible

OPERATIONS = 6


@require_safe
@permitted(signed_in)
def overview(request: HttpRequest) -> HttpResponse:
    """Each person's own; for administrators who begin, the first thing to do."""
    user = actor(request)
    connections = _connections()
    begins = user.is_administrator and not connections["total"]
    context = {
        "overview": access_overview.of(user),
        "connections": connections,
        "operations": visible(user).exclude(requested_by=audit.SYSTEM)[:OPERATIONS],
        "has_project": begins and bool(lookup.usable_projects()),
    }
    return render(request, "connections/overview.html", context)


def _connections() -> dict[str, int]:
    """How many there are, and how many of them need somebody."""
    return Connection.objects.exclude(state=Connection.State.DELETED).aggregate(
        total=Count("pk"),
        failed=Count("pk", filter=Q(state=Connection.State.FAILED)),
        changed=Count("pk", filter=~Q(drift="")),
    )
