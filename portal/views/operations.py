"""The list of operations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import audit
from portal.models import Operation, User
from portal.permissions import actor, overseer, permitted, signed_in
from portal.views import paging

PAGE_SIZE = 50
ORDER = ("-created_at", "id")
# How many operations a page looks through at most; the next page goes on where it stopped.
WALK = 2_000


class OperationFilter(forms.Form):
    """Search and filters of the list."""

    q = forms.CharField(
        label="Search",
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Title, target or person"}),
    )
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *Operation.State.choices])
    by = forms.ChoiceField(
        label="Requested by",
        required=False,
        choices=[("", "People"), ("all", "People and the portal itself")],
    )


@require_safe
@permitted(signed_in)
def operations(request: HttpRequest) -> HttpResponse:
    """Every operation for administrators and auditors, their own for others; newest first."""
    form = OperationFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    among = visible(actor(request))
    if chosen.get("by") != "all":
        among = among.exclude(requested_by=audit.SYSTEM)
    narrowed = bool(chosen.get("q") or chosen.get("state"))
    page = paging.ordered_page(
        _filtered(among, chosen),
        request.GET,
        *ORDER,
        size=PAGE_SIZE,
        walked=among if narrowed else None,
        most=WALK,
    )
    context = {"form": form, "filtered": any(chosen.values()), "page": page, "walk": f"{WALK:,}"}
    return paging.with_short_address(request, render(request, "portal/operations/list.html", context))


def visible(user: User) -> QuerySet[Operation]:
    """Return the operations that a person may look at, newest first."""
    found = Operation.objects.order_by(*ORDER)
    return found if overseer(user) else found.filter(requested_by=str(user))


def _filtered(found: QuerySet[Operation], chosen: dict[str, Any]) -> QuerySet[Operation]:
    if text := chosen.get("q"):
        found = found.filter(
            Q(title__icontains=text) | Q(target__icontains=text) | Q(requested_by__icontains=text)
        )
    if state := chosen.get("state"):
        found = found.filter(state=state)
    return found
