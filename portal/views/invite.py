"""Inviting somebody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from portal.people import services
from portal.people.forms import InviteForm
from portal.permissions import actor, administrator, permitted


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(administrator, recent_sign_in=True)
def invite(request: HttpRequest) -> HttpResponse:
    """Ask for an address and roles; the answer shows the link, this once."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, link = services.invite(
                form.cleaned_data["email"], form.cleaned_data["roles"], by=actor(request)
            )
        except services.RefusedChangeError as error:
            form.add_error("email", str(error))
        else:
            return render(request, "portal/people/invited.html", {"invitation": invitation, "link": link})
    status = 422 if form.errors else 200
    return render(request, "portal/people/invite.html", {"form": form}, status=status)
