"""Troubleshoot: what a message means, and the instance's newest refused logins."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST

from access.rules import may_see_access
from connections.logins import alerts, log_query, lookup
from connections.logins.troubles import recognise, without_tokens
from connections.models import DatabaseInstance, LoginAlerts
from portal.permissions import actor, permitted, signed_in

LONGEST_MESSAGE = 20_000


@require_http_methods(["GET", "POST"])
@permitted(signed_in, load=lookup.instance)
def troubleshoot(request: HttpRequest, shown: DatabaseInstance) -> HttpResponse:
    """Explain what is pasted; nothing of it is kept. The log is for those who answer for the instance."""
    message = without_tokens(request.POST.get("message", "")[:LONGEST_MESSAGE])
    context = {
        "instance": shown,
        "message": message,
        "trouble": recognise(message) if message.strip() else None,
        "query": log_query.refused_logins(shown),
        "explorer": log_query.explorer(shown),
        "sees_alerts": may_see_access(actor(request), shown),
    }
    if getattr(request, "htmx", False) and request.method == "POST":
        return render(request, "connections/trouble_answer.html", context)
    if context["sees_alerts"]:
        context |= _alerts(shown)
    return render(request, "connections/troubleshoot.html", context)


@require_POST
@permitted(may_see_access, load=lookup.instance, visible_to=signed_in)
def read_alerts(request: HttpRequest, shown: DatabaseInstance) -> HttpResponse:
    """Have a worker read the log."""
    alerts.request_alerts(shown, by=actor(request))
    here = reverse("connections:troubleshoot", args=[shown.resource.full_name])
    return redirect(f"{here}#alerts")


def _alerts(shown: DatabaseInstance) -> dict[str, Any]:
    kept = LoginAlerts.objects.filter(instance=shown).first()
    rows = [
        {
            "at": parse_datetime(entry["at"]) if entry["at"] else None,
            "severity": entry["severity"],
            "text": entry["text"],
            "trouble": recognise(entry["text"]),
        }
        for entry in (kept.entries if kept else [])
    ]
    return {"kept": kept, "alerts": rows, "reading": alerts.running(shown)}
