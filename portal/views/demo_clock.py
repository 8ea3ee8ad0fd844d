"""Moving the demo's clock."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal import clock, demo
from portal.permissions import actor, permitted, signed_in
from portal.templatetags.times import exact

HOURS = {"1": "1 hour", "8": "8 hours", "24": "1 day", "168": "7 days", "720": "30 days", "2160": "90 days"}


class ClockForm(forms.Form):
    """How far the clock is moved."""

    hours = forms.TypedChoiceField(
        label="Move it forward by", choices=list(HOURS.items()), coerce=int, initial="24"
    )


@require_http_methods(["GET", "POST"])
@permitted(signed_in)
def demo_clock(request: HttpRequest) -> HttpResponse:
    """Show the portal's time; a POST moves it forward. Outside of demo mode there is no such page."""
    if not settings.DEMO:
        raise Http404
    form = ClockForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            demo.move_clock(timedelta(hours=form.cleaned_data["hours"]), person=actor(request))
        except ValueError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, f"It is {exact(clock.now())} now. What is due happens in the next seconds."
            )
            return redirect("portal:demo_clock")
    context = {"form": form, "now": clock.now()}
    return render(request, "portal/demo_clock.html", context, status=422 if form.is_bound else 200)
