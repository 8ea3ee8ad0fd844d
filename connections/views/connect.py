"""How to connect to a database instance: every way, filled in for one person and one database."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections.forms.connecting import ConnectForm
from connections.logins import lookup
from connections.logins.connecting import Surroundings
from connections.models import DatabaseInstance
from portal.permissions import actor, permitted, signed_in


@require_safe
@permitted(signed_in, load=lookup.instance)
def connect(request: HttpRequest, shown: DatabaseInstance) -> HttpResponse:
    """The ways; what they are filled in with stands in the address."""
    form = ConnectForm(request.GET, Surroundings(shown), actor(request).email)
    ways = form.ways()
    opened = request.GET.get("way", "")
    context = {
        "instance": shown,
        "form": form,
        "login": form.login,
        "ways": ways,
        "opened": next((way.name for way in ways if way.name == opened), ways[0].name if ways else ""),
    }
    return render(request, "connections/connect.html", context)
