"""The audit trail as a file: exactly the events that the page's filters let through."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.views.decorators.http import require_POST

from portal import audit, exports
from portal.models import AuditHead
from portal.permissions import actor, overseer, permitted
from portal.views import audit_filter


@require_POST
@permitted(overseer)
def audit_export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Stream the events up to this moment. That somebody took them out is an event itself."""
    form, found = audit_filter.events(request.GET)
    kind = request.POST.get("format", "")
    if not form.is_valid() or kind not in exports.CONTENT_TYPES:
        return HttpResponseBadRequest("The filters or the format are not valid.\n", content_type="text/plain")
    detail = {"format": kind, "filters": audit_filter.chosen(form)}
    with audit.appending():
        size = AuditHead.objects.get().size
        audit.record(
            "audit.export", by=actor(request), target="audit", outcome=audit.Outcome.SUCCEEDED, detail=detail
        )
    lines = exports.RENDERERS[kind](found.filter(position__lte=size))
    response = StreamingHttpResponse(lines, content_type=exports.CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="audit-{size}.{exports.ENDINGS[kind]}"'
    return response
