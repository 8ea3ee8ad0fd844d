"""Everything that a principal has anywhere, and taking it all back."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from access import leaving
from access.forms_grants import LeaverForm, LookUpForm
from portal.permissions import actor, administrator, permitted


@require_http_methods(["GET", "POST"])
@permitted(administrator, recent_sign_in=True)
def leaver(request: HttpRequest) -> HttpResponse:
    """Show what the principal of the address has; a POST with a reason and its name takes it back."""
    look_up = LookUpForm(request.GET if "principal" in request.GET else None)
    principal = look_up.cleaned_data["principal"] if look_up.is_valid() else ""
    data = request.POST if request.method == "POST" else None
    form = LeaverForm(data, principal=principal) if principal else None
    if form and form.is_valid():
        try:
            begun = leaving.take_back_all(principal, by=actor(request), reason=form.cleaned_data["reason"])
        except ValueError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Everything is being taken back: {_operations(len(begun))}.")
            return redirect(f"{reverse('access:leaver')}?{urlencode({'principal': principal})}")
    context = {
        "look_up": look_up,
        "form": form,
        "principal": principal,
        "belongings": leaving.belongings(principal) if principal else None,
    }
    status = 422 if look_up.errors or (form and form.errors) else 200
    return render(request, "access/leaver.html", context, status=status)


def _operations(count: int) -> str:
    return "1 operation" if count == 1 else f"{count} operations"
