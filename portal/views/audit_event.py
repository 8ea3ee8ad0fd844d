"""One event of the audit trail."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from portal.audit import content_hash
from portal.exports import FIELDS
from portal.models import AuditEvent
from portal.permissions import overseer, permitted


def load_event(position: int) -> AuditEvent:
    """The event of an address, or 404."""
    return get_object_or_404(AuditEvent, position=position)


def _in_words(value: Any) -> str:
    """A value of the detail as a person reads it: what is a list of words is one, what is deeper is JSON."""
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


@require_safe
@permitted(overseer, load=load_event)
def audit_event(request: HttpRequest, event: AuditEvent) -> HttpResponse:
    """Every field, whether its content fits its hash, and the way to its neighbours."""
    fields: dict[str, Any] = {name: getattr(event, name) for name in FIELDS if name != "hash"}
    neighbours = AuditEvent.objects.filter(position__in=(event.position - 1, event.position + 1))
    by_position = {other.position: other for other in neighbours}
    previous = by_position.get(event.position - 1)
    context = {
        "event": event,
        "detail": [(name, _in_words(value)) for name, value in event.detail.items()],
        "previous": previous,
        "next": by_position.get(event.position + 1),
        "holds": content_hash(fields) == event.hash,
        "follows": event.position == 1 or (previous is not None and previous.hash == event.previous_hash),
    }
    return render(request, "portal/audit/event.html", context)
