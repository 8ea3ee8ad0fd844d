"""What I have asked for."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.models import AccessRequest
from access.views import request_rows
from portal.permissions import actor, permitted, signed_in
from portal.views import paging


class MyRequestsFilter(forms.Form):
    """Search and state."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Connection, principal or reason"}),
    )
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *AccessRequest.State.choices])


@require_safe
@permitted(signed_in)
def my_requests(request: HttpRequest) -> HttpResponse:
    """The requests of whoever is signed in, the newest first."""
    form = MyRequestsFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    own = AccessRequest.objects.filter(requester=actor(request))
    context = {
        "form": form,
        "filtered": any(chosen.values()),
        "page": request_rows.page(own, own, chosen, request.GET),
        "walk": f"{request_rows.WALK:,}",
        "tab": "requests",
    }
    return paging.with_short_address(request, render(request, "access/my_requests.html", context))
