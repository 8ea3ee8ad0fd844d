"""Figures for monitoring: only for who shows the token that the settings name."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from portal import metrics as figures
from portal.permissions import public


@require_safe
@public
def metrics(request: HttpRequest) -> HttpResponse:
    """Tell the figures in Prometheus' text format; without the right token there is no such page."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not constant_time_compare(
        request.headers.get("Authorization", ""), expected
    ):
        raise Http404
    return HttpResponse(figures.text(), content_type="text/plain; version=0.0.4")
