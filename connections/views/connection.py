"""A connection's page, and the box that explains BigQuery's errors."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from access.context import alarms_of
from access.rules import may_see_access, may_share
from connections import about, commands, explaining, life, lookup, requesting
from connections.models import Connection
from connections.present import kind_of
from connections.rules import may_manage
from connections.services.create import TASK as CREATE_TASK
from portal.gcp import regions
from portal.gcp.diagnosis import diagnose
from portal.models import User
from portal.permissions import actor, overseer, permitted, signed_in

LONGEST_ERROR = 20_000


@require_safe
@permitted(signed_in, load=lookup.connection)
def connection(request: HttpRequest, shown: Connection) -> HttpResponse:
    """Everyone sees what it is; who has access and what happened is for those who answer for it.

    A page that shows it under way asks again with `while`, the state that it shows.
    """
    user = actor(request)
    if getattr(request, "htmx", False) and request.GET.get("while") == shown.state:
        return HttpResponse(status=204)
    if shown.state == Connection.State.DELETED:
        return _deleted(request, shown)
    access = about.access(shown) if may_see_access(user, shown) else None
    own_access = access.of(user) if access else about.own_access(shown, user)
    context = {
        "connection": shown,
        "kind": kind_of(shown),
        "facts": about.facts(shown),
        "other_properties": about.other_properties(shown),
        "instructions": about.instructions(shown),
        "location": regions.find(shown.location),
        "query": commands.querying(shown),
        "database": about.database(shown),
        "own_access": own_access,
        "my_request": requesting.waiting([shown.resource_id], user).get(shown.resource_id),
        "i_own_it": user in shown.resource.owners.all(),
        "may_share": may_share(user, shown),
    }
    if access:
        context |= life.context(shown, user)
        context |= _for_the_responsible(shown, user, access)
    return render(request, "connections/connection.html", context)


@require_POST
@permitted(signed_in)
def diagnosis(request: HttpRequest) -> HttpResponse:
    """Say what a pasted message means, for the connection on whose page it was. Nothing of it is kept."""
    message = request.POST.get("message", "")[:LONGEST_ERROR]
    context: dict[str, Any] = {"message": message, "diagnosis": diagnose(message)}
    if shown := _meant(request.POST.get("connection", "")):
        context |= {"connection": shown, "may_mend": may_manage(actor(request), shown)}
        if found := context["diagnosis"]:
            told = explaining.explain(found, shown)
            context |= {"diagnosis": told.diagnosis, "action": told.action}
        context["can_test"] = context["may_mend"] and life.report(shown)["can_test"]
    template = "answer" if getattr(request, "htmx", False) else "page"
    return render(request, f"connections/diagnosis_{template}.html", context)


def _meant(key: str) -> Connection | None:
    """The connection whose page asks, if there is one; all of them may be seen by whoever is signed in."""
    if not (key.isdecimal() and key.isascii() and len(key) < 19):
        return None
    rows = Connection.objects.select_related("project", "resource").prefetch_related("resource__owners")
    return rows.filter(pk=int(key), state=Connection.State.ACTIVE).first()


def _deleted(request: HttpRequest, shown: Connection) -> HttpResponse:
    """What became of a connection that is no more; a page that waited for it is loaded anew."""
    if getattr(request, "htmx", False) and "while" in request.GET:
        return HttpResponseClientRefresh()
    context = {"connection": shown, "kind": kind_of(shown), "facts": about.facts(shown)}
    return render(request, "connections/deleted.html", context, status=410)


def _for_the_responsible(shown: Connection, user: User, access: about.Access) -> dict[str, Any]:
    operations = about.operations(shown)
    creation = next((operation for operation in operations if operation.task == CREATE_TASK), None)
    return {
        "sees_access": True,
        "alarms": alarms_of(user, shown.resource),
        "grants": access.given,
        "agent_grants": access.agents,
        "acts": commands.acts(shown, access.given, access.agents),
        "events": about.events(shown),
        "operations": operations,
        "creation": creation,
        "not_passed": about.not_passed(shown, operations),
        "passed_since": bool(creation) and about.passed_since(shown, creation),
        "sees_audit": overseer(user),
    }
