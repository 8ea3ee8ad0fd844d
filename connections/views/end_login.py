"""The dialog that ends a database login."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from access.models import Grant
from access.rules import may_see_access
from connections.forms.logins import EndLoginForm
from connections.logins import lookup
from connections.logins.ending import request_end_of
from connections.logins.page import consequences
from connections.rules import may_manage
from portal.permissions import actor, permitted
from portal.recency import to_page


@require_http_methods(["GET", "POST"])
@permitted(may_manage, load=lookup.login, visible_to=may_see_access, recent_sign_in=True)
def end_login(request: HttpRequest, grant: Grant) -> HttpResponse:
    """Ask whether to end it, and why; a POST leads to the operation that takes back what it gave."""
    form = EndLoginForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        operation = request_end_of(grant, by=actor(request), reason=form.cleaned_data["reason"])
        return to_page(request, operation.get_absolute_url() if operation else grant.resource.url)
    context = {
        "grant": grant,
        "instance": grant.resource.database_instance,
        "form": form,
        "consequences": consequences(grant),
    }
    status = 422 if form.is_bound else 200
    return render(request, "connections/end_login.html", context, status=status)
