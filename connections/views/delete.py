"""Deleting a connection, after showing what will be lost."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from connections import about, change_commands
from connections.forms.life import DeleteForm
from connections.models import Connection
from connections.rules import may_manage
from connections.services import delete as service
from connections.views.asking import lead, load
from portal.permissions import actor, permitted, signed_in
from portal.templatetags.times import exact

NAMED = 8


@require_http_methods(["GET", "POST"])
@permitted(may_manage, load=load, visible_to=signed_in, recent_sign_in=True)
def delete(request: HttpRequest, shown: Connection) -> HttpResponse:
    """Ask for the connection's ID; a POST with it leads to the operation."""
    data = request.POST if request.method == "POST" else None
    form = DeleteForm(data, connection_id=shown.connection_id)
    if form.is_valid():
        by = actor(request)
        return lead(request, shown, lambda: service.request_delete(shown, by=by))
    context = {
        "connection": shown,
        "form": form,
        "consequences": consequences(shown),
        "act": change_commands.deleting(shown),
    }
    return render(request, "connections/delete.html", context, status=422 if form.is_bound else 200)


def consequences(shown: Connection) -> list[str]:
    """What will be lost, a sentence each."""
    if shown.state == Connection.State.FAILED:
        return ["Google never made it: only the portal forgets it."]
    holders = list(dict.fromkeys(grant.principal for grant in about.access(shown).given if not grant.error))
    lines = [f"Queries that use {shown.path} fail from then on."]
    if holders:
        others = len(holders) - NAMED
        named = ", ".join(holders[:NAMED]) + (f" and {others} more" if others > 0 else "")
        lines.append(f"These lose their access: {named}.")
    else:
        lines.append("Nobody was given access here; others may have it by a role on the project.")
    for grant in service.roles_elsewhere(shown):
        lines.append(
            f"{grant.principal} loses {grant.role} on {grant.resource.title}, unless another connection"
            " needs it or somebody else gave it."
        )
    tested = f"{exact(shown.tested_at)}" if shown.tested_at else "never"
    return [*lines, f"Last passed a test: {tested}. {_last_use(shown)}"]


def _last_use(shown: Connection) -> str:
    used = shown.resource.grants.filter(last_used_at__isnull=False).order_by("-last_used_at").first()
    if used is None or used.last_used_at is None:
        return "When it was last used, the portal does not know."
    return f"Last used on {exact(used.last_used_at)} by {used.principal}, as Google's audit logs tell."
