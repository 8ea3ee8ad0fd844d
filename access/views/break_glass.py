"""Emergency access."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from access import glass
from access.forms_grants import BreakGlassForm
from access.models import Resource
from access.views.share import load
from portal.permissions import actor, administrator, permitted, signed_in
from portal.recency import to_page


@require_http_methods(["GET", "POST"])
@permitted(administrator, load=load, visible_to=signed_in, recent_sign_in=True)
def break_glass(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Ask who needs access at once, and why; a POST gives it and leads to the operation."""
    user = actor(request)
    data = request.POST if request.method == "POST" else None
    form = BreakGlassForm(data, resource=resource, initial={"principal": user.member})
    if form.is_valid():
        values = form.cleaned_data
        try:
            operation = glass.request_break_glass(
                resource,
                values["principal"],
                values["role"],
                duration=form.duration,
                reason=values["reason"],
                by=user,
            )
        except ValueError as error:
            form.add_error(None, str(error))
        else:
            return to_page(request, operation.get_absolute_url())
    context = {"resource": resource, "form": form}
    return render(request, "access/break_glass.html", context, status=422 if form.is_bound else 200)
