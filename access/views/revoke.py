"""Revoking one grant or many on a connection."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from access import claims, services
from access.forms_grants import RevokeForm
from access.models import Grant, Resource
from access.rules import may_share
from access.services import Sharing
from access.views.share import load
from portal.permissions import actor, permitted, signed_in
from portal.recency import to_page


@require_http_methods(["GET", "POST"])
@permitted(may_share, load=load, visible_to=signed_in, recent_sign_in=True)
def revoke(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Show who has access, with the chosen ones marked; a POST takes it from them."""
    grants = list(claims.live(resource).filter(desired=Grant.Presence.PRESENT))
    data = request.POST if request.method == "POST" else None
    form = RevokeForm(data, grants=grants, chosen=request.GET.getlist("grant"))
    if form.is_valid():
        sharing = Sharing(remove=form.cleaned_data["grants"], reason=form.cleaned_data["reason"])
        operation = services.request_share(resource, sharing, by=actor(request))
        return to_page(request, operation.get_absolute_url())
    context = {"resource": resource, "form": form}
    return render(request, "access/revoke.html", context, status=422 if form.is_bound else 200)
