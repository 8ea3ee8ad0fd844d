"""Where allauth would let people change their e-mail addresses."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from portal.permissions import actor, permitted, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(signed_in)
def own_address(request: HttpRequest) -> HttpResponse:
    """Say that the address stays: the audit trail and the grants at Google know people by it."""
    said = f"You are {actor(request).email} here, and that stays. Have a new address invited anew."
    messages.info(request, said)
    return redirect("home")
