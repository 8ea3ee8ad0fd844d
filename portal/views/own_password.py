"""Giving oneself a first password, for people who sign in with Google."""

from __future__ import annotations

from allauth.account.views import password_set
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.permissions import permitted, signed_in


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@permitted(signed_in, recent_sign_in=True)
def own_password(request: HttpRequest) -> HttpResponse:
    """allauth's page, for those who have just signed in.

    A password is another way in, and what a recent sign-in is confirmed by: allauth asks for one before each
    other way in, but not before this.
    """
    answer: HttpResponse = password_set(request)
    return answer
