"""Withdraw a request of one's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from access.models import AccessRequest
from access.requests import conversing, rules
from access.requests.journal import OvertakenError
from access.views.request import load
from portal.permissions import actor, permitted
from portal.recency import to_page


@require_http_methods(["GET", "POST"])
@permitted(rules.requester, load=load, visible_to=rules.may_see)
def withdraw(request: HttpRequest, shown: AccessRequest) -> HttpResponse:
    """Ask whether they mean it; a POST withdraws."""
    if request.method != "POST":
        return render(request, "access/withdraw.html", {"shown": shown})
    try:
        conversing.withdraw(shown, by=actor(request))
    except OvertakenError as late:
        messages.warning(request, str(late))
    else:
        messages.success(request, "Withdrawn. Whoever was to decide sees it.")
    return to_page(request, shown.get_absolute_url())
