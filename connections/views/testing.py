"""Testing a connection: the page of the last test, with what mends the first broken cause."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from connections import life
from connections.models import Connection
from connections.present import kind_of
from connections.rules import may_manage
from connections.services import diagnose as service
from connections.services.living import NotNowError
from connections.views.asking import load
from portal.permissions import actor, permitted, signed_in


@require_http_methods(["GET", "POST"])
@permitted(may_manage, load=load, visible_to=signed_in, recent_sign_in=True)
def test(request: HttpRequest, shown: Connection) -> HttpResponse:
    """The last test and, while one runs, its progress; a POST starts one."""
    if request.method == "POST":
        try:
            service.request_test(shown, by=actor(request))
        except NotNowError as reason:
            messages.warning(request, str(reason))
            return redirect(shown)
        return redirect(request.path)
    context = {
        "connection": shown,
        "kind": kind_of(shown),
        "running": service.running(shown),
        **life.report(shown),
    }
    return render(request, "connections/test.html", context)
