"""Joining by an invitation's link, without an account yet."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.people import services
from portal.people.forms import AcceptForm
from portal.permissions import public


@sensitive_post_parameters("password", "password_again")
@require_http_methods(["GET", "HEAD", "POST"])
@public
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a name and a password, make the account, and sign in the way that allauth does."""
    try:
        invitation = services.find_invitation(token)
        form = AcceptForm(request.POST or None, email=invitation.email)
        if request.method == "POST" and not request.user.is_authenticated and form.is_valid():
            password = form.cleaned_data["password"]
            user = services.accept(token, name=form.cleaned_data["name"], password=password)
            login = Login(user=user, redirect_url="/")
            answer: HttpResponse = perform_password_login(request, {"email": user.email}, login)
            return answer
    except services.InvalidInvitationError:
        return render(request, "portal/people/invitation_invalid.html", status=404)
    context = {"form": form, "invitation": invitation}
    return render(request, "portal/people/accept.html", context, status=422 if form.errors else 200)
