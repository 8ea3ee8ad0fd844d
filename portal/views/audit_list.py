"""The audit trail: every event, newest first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import checkpoints
from portal.models import AuditHead, SavedFilter, Verification
from portal.permissions import actor, overseer, permitted
from portal.views import audit_filter, paging, saved_filters

PAGE_SIZE = 50


@require_safe
@permitted(overseer)
def audit(request: HttpRequest) -> HttpResponse:
    """The events that the filters let through, and where the chain stands."""
    form = audit_filter.AuditFilter(request.GET)
    found, stop = audit_filter.page(form, paging.before(request.GET), PAGE_SIZE + 1)
    page = paging.key_page(
        found, request.GET, size=PAGE_SIZE, key_of=lambda event: str(event.position), stop=stop
    )
    context = {
        "form": form,
        "filtered": bool(audit_filter.chosen(form)) or not form.is_valid(),
        "page": page,
        "walk": f"{audit_filter.WALK:,}",
        "summary": f"Newest first; looked back to event {stop + 1}" if page.further_url else "Newest first",
        "head": AuditHead.objects.get(),
        "checkpoint": checkpoints.latest(),
        "verification": Verification.objects.order_by("-ended_at", "-id").first(),
        "query": request.GET.urlencode(),
        **saved_filters.context(actor(request), SavedFilter.Page.AUDIT, request.GET),
    }
    return paging.with_short_address(request, render(request, "portal/audit/list.html", context))
