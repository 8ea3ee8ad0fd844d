"""The audit trail: every event, newest first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import checkpoints
from portal.models import AuditHead
from portal.permissions import permitted
from portal.views import audit_filter, paging
from portal.views.operations import overseer

PAGE_SIZE = 50


@require_safe
@permitted(overseer)
def audit(request: HttpRequest) -> HttpResponse:
    """The events that the filters let through, and where the chain stands."""
    form, found = audit_filter.events(request.GET)
    before = request.GET.get(paging.KEY, "")
    if before.isdecimal() and len(before) < 19:
        found = found.filter(position__lt=int(before))
    page = paging.key_page(found, request.GET, size=PAGE_SIZE, key_of=lambda event: str(event.position))
    context = {
        "form": form,
        "filtered": bool(audit_filter.chosen(form)) or not form.is_valid(),
        "page": page,
        "head": AuditHead.objects.get(),
        "checkpoint": checkpoints.latest(),
        "query": request.GET.urlencode(),
    }
    return paging.with_short_address(request, render(request, "portal/audit/list.html", context))
