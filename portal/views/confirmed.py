"""The small pages around a confirmed sign-in."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from portal.permissions import permitted, signed_in


@require_safe
@permitted(signed_in)
def confirmed(request: HttpRequest) -> HttpResponse:
    """Say that the other tab can go on."""
    return render(request, "portal/confirmed.html")


@require_http_methods(["GET", "POST"])
@permitted(signed_in)
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """For people without a password here: sign out and in again, then go on to `next`."""
    following = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(following, allowed_hosts=None):
        following = "/"
    if request.method == "POST":
        logout(request)
        return redirect(f"{reverse('account_login')}?{urlencode({'next': following})}")
    return render(request, "portal/sign_in_again.html", {"next": following})
