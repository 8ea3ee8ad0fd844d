"""Replacing a connection's password."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from connections import change_commands
from connections.forms.life import PasswordForm
from connections.models import Connection
from connections.present import kind_of
from connections.rules import may_manage
from connections.services import rotate as service
from connections.views.asking import lead, load
from portal.permissions import actor, permitted, signed_in
from portal.recency import to_page

SEALED = "Sealed at once, sent to BigQuery once, then destroyed here."


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@sensitive_variables("password", "form")
@permitted(may_manage, load=load, visible_to=signed_in, recent_sign_in=True)
def rotate(request: HttpRequest, shown: Connection) -> HttpResponse:
    """Ask for the new password; a POST leads to the operation."""
    kind = kind_of(shown)
    if kind is None or not kind.secret_field:
        messages.warning(request, "This kind of connection has no password.")
        return to_page(request, shown.get_absolute_url())
    data = request.POST if request.method == "POST" else None
    form = PasswordForm(data, connection=shown, kind=kind, help_text=SEALED)
    if form.is_valid():
        password = form.cleaned_data["password"]
        by = actor(request)
        return lead(request, shown, lambda: service.request_rotate(shown, password, told=form.told, by=by))
    context = {
        "connection": shown,
        "kind": kind,
        "form": form,
        "username": shown.properties.get("username", ""),
        "act": change_commands.rotating(shown, kind),
    }
    return render(request, "connections/rotate.html", context, status=422 if form.is_bound else 200)
