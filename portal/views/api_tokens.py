"""Tokens of the API: mine, and for administrators everybody's."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from portal import clock
from portal.api import tokens
from portal.api.forms import TokenForm
from portal.models import ApiToken, User
from portal.permissions import actor, permitted, signed_in
from portal.recency import to_page

SHOWN = 100


def load_token(pk: str) -> ApiToken:
    """The token of an address, or 404."""
    try:
        return ApiToken.objects.select_related("owner").get(pk=pk)
    except ApiToken.DoesNotExist as error:
        raise Http404 from error


def holder(user: User, token: ApiToken) -> bool:
    """Whose a token is; administrators may end everybody's."""
    return token.owner_id == user.pk or user.is_administrator


@require_safe
@permitted(signed_in)
def api_tokens(request: HttpRequest) -> HttpResponse:
    """The tokens that work, and those that did."""
    rows = tokens.visible(actor(request))[:SHOWN]
    return render(request, "portal/api/tokens.html", {"tokens": rows, "now": clock.now()})


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(signed_in, recent_sign_in=True)
def make_api_token(request: HttpRequest) -> HttpResponse:
    """Ask what it is for; the answer shows the token, this once."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row, token = tokens.make(actor(request), **form.cleaned_data)
        return render(request, "portal/api/made.html", {"row": row, "token": token})
    return render(request, "portal/api/make.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(holder, load=load_token, visible_to=holder, recent_sign_in=True)
def revoke_api_token(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """End a token, after asking."""
    if request.method != "POST":
        return render(request, "portal/api/revoke.html", {"token": token})
    if tokens.revoke(token, by=actor(request)):
        messages.success(request, f"{token.prefix}… does not work any more.")
    return to_page(request, reverse("portal:api_tokens"))
