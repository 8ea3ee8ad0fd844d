"""Acts that change access ask for a recent sign-in, and where settings.REQUIRE_MFA for a second factor.

Not allauth's decorator: that one stores a POST in the session to repeat it later, and a POST here may
hold a password.
"""

from __future__ import annotations

import time
from urllib.parse import urlencode, urlsplit

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.csrf import csrf_failure
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from portal.models import User

STOP_POLLING = 286  # htmx's own status


def is_recent(request: HttpRequest, user: User) -> bool:
    """Whether `user` proved in this session who they are within ACCOUNT_REAUTHENTICATION_TIMEOUT seconds."""
    records = get_authentication_records(request, user)
    last = max((record.get("at", 0) for record in records), default=0)
    return bool(time.time() - last < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def is_good(request: HttpRequest, user: User) -> bool:
    """Whether the sign-in is as recent and as strong as acts that change access want it."""
    return is_recent(request, user) and (not settings.REQUIRE_MFA or is_mfa_enabled(user))


def demand(request: HttpRequest, user: User) -> HttpResponse | None:
    """Return where to send somebody whose sign-in is too old or too weak, or None if it is good."""
    if settings.REQUIRE_MFA and not is_mfa_enabled(user):
        messages.warning(request, "Set up a second factor first: acts that change access need it.")
        return to_page(request, reverse("mfa_index"))
    if is_recent(request, user):
        return None
    if request.method == "GET":
        return to_page(request, _confirm_url(user, request.get_full_path()))
    context = {"confirm_url": _confirm_url(user, reverse("portal:confirmed"))}
    if not getattr(request, "htmx", False):
        return render(request, "portal/confirm_it_is_you_page.html", context, status=403)
    return _beside_what_was_typed(request, "portal/confirm_it_is_you.html", context)


def signed_out(request: HttpRequest) -> HttpResponse:
    """Tell somebody whose session ended while they filled a form in where to sign in."""
    url = redirect_to_login(reverse("portal:confirmed")).url
    return _beside_what_was_typed(request, "portal/signed_out.html", {"sign_in_url": url})


def is_unsaved(request: HttpRequest) -> bool:
    """Whether the page that asks holds what somebody typed and has not sent (static/js/dialog.js says so)."""
    return "Unsaved" in request.headers


def is_unattended(request: HttpRequest) -> bool:
    """Whether an open page asks by itself (hx-headers in its template), and no person did."""
    return "Unattended" in request.headers


def follows_no_more(request: HttpRequest) -> HttpResponse:
    """Tell a page that followed something that the session ended, once: who types there is not led away."""
    url = redirect_to_login(reverse("portal:confirmed")).url
    response = _beside_what_was_typed(request, "portal/follows_no_more.html", {"sign_in_url": url})
    response.status_code = STOP_POLLING
    return response


def came_from(request: HttpRequest) -> str:
    """Return the path of the portal's own page that a form was sent from, "/" where that is not known."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(referer)
    return parts.path + (f"?{parts.query}" if parts.query else "") or "/"


def current_path(request: HttpRequest) -> str:
    """Return the path of the page that a fragment was asked for from, "" where that is not known."""
    try:
        return urlsplit(request.headers.get("HX-Current-URL", "")).path
    except ValueError:  # no browser's address
        return ""


def stale_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form whose token against forged requests is not this session's (settings.CSRF_FAILURE_VIEW).

    Signing in anew, in another tab too, gives a new one. A page that is open learns it from the answer, which
    no other site's page can read, so that what was typed there can be sent once more.
    """
    if not getattr(request, "htmx", False):
        return csrf_failure(request, reason)
    response = _beside_what_was_typed(request, "portal/send_again.html", {})
    return trigger_client_event(response, "csrf-token", {"token": get_token(request)})


def _beside_what_was_typed(request: HttpRequest, template: str, context: dict[str, str]) -> HttpResponse:
    """What was typed stays in the page: the answer goes beside it, and what there is to do into a new tab."""
    # 422, because pages swap in no other error (htmx-config in templates/document.html).
    response = render(request, template, context, status=422)
    response["HX-Retarget"] = "[data-toasts]"
    response["HX-Reswap"] = "beforeend"
    response["HX-Reselect"] = "[data-toast]"
    return response


def to_page(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect the whole page, also from inside a fragment."""
    if getattr(request, "htmx", False):
        current = current_path(request)
        if request.method == "GET" and current and "next=" in url:
            url = url.partition("?")[0] + "?" + urlencode({"next": current})
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url)


def _confirm_url(user: User, following: str) -> str:
    """Where a person confirms who they are: by password or second factor, else by signing in again."""
    flows = [flow["id"] for flow in get_reauthentication_flows(user)]
    page = {"reauthenticate": "account_reauthenticate", "mfa_reauthenticate": "mfa_reauthenticate"}
    name = page[flows[0]] if flows else "portal:sign_in_again"
    return f"{reverse(name)}?{urlencode({'next': following})}"
