"""What is shown when something broke."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from portal.permissions import public


@public
def server_error(request: HttpRequest) -> HttpResponse:
    """Say so, and name the request as the log does. It asks no database: that may be what broke."""
    number = structlog.contextvars.get_contextvars().get("request_id", "")
    response = HttpResponse(render_to_string("500.html", {"request_id": number}), status=500)
    response["Cache-Control"] = "no-store"
    if number:
        response["X-Request-ID"] = number
    return response
