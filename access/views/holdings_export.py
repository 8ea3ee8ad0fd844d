"""The table of a moment as a file: exactly what the page's filters let through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.views.decorators.http import require_POST

from access.models import Holding
from access.views import holdings_filter
from portal import audit, exports
from portal.permissions import actor, permitted, signed_in

# As of the moment, and what is known of it now; docs/security.md explains each.
TOLD = ("status", "gone_since", "ends_at")
FIELDS = (
    "principal",
    "role",
    "resource",
    "project",
    "origin",
    "purpose",
    "grant",
    "request",
    "started_at",
    "started_event",
    "ended_at",
    "ended_event",
    "gone_at",
    "gone_event",
)
_CHUNK = 1000
Row = dict[str, Any]


@require_POST
@permitted(signed_in)
def holdings_export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Stream the table. That somebody took it out is an event itself."""
    user = actor(request)
    asked = holdings_filter.at_moment(request.GET, user)
    kind = request.POST.get("format", "")
    if not asked.form.is_valid() or kind not in _RENDERERS:
        return HttpResponseBadRequest("The filters or the format are not valid.\n", content_type="text/plain")
    with audit.appending():
        position = audit.take_head().size if asked.position is None else asked.position
        detail = {"format": kind, "filters": holdings_filter.chosen(asked.form), "as_of_event": position}
        audit.record(
            "holdings.export", by=user, target="holdings", outcome=audit.Outcome.SUCCEEDED, detail=detail
        )
    # As of that event also for "now": what changes while one downloads changes nothing in the file.
    found = holdings_filter.Moment(asked.form, asked.scope, position, asked.moment).found
    response = StreamingHttpResponse(
        _RENDERERS[kind](_rows(found, position)), content_type=exports.CONTENT_TYPES[kind]
    )
    response["Content-Disposition"] = f'attachment; filename="holdings-{position}.{kind}"'
    return response


def _rows(found: QuerySet[Holding], position: int) -> Iterator[Row]:
    """Yield the table newest first, a chunk a query, so that no transaction stays open meanwhile."""
    chunk = list(found[:_CHUNK])
    while chunk:
        for held in chunk:
            yield _told(held, position) | {name: plain(held, name) for name in FIELDS}
        chunk = list(found.filter(started_event__lt=chunk[-1].started_event)[:_CHUNK])


def _told(held: Holding, position: int) -> Row:
    """What the trail up to that event says of it; TOLD names it."""
    moments = (held.gone_since(position), held.end_at(position))
    return dict(zip(TOLD, (held.status_at(position), *map(exports.seconds, moments)), strict=True))


def plain(held: Holding, name: str) -> Any:
    """Return a field of a holding as CSV and JSON hold it."""
    value = getattr(held, name)
    return exports.seconds(value) if isinstance(value, datetime) else value


_RENDERERS: dict[str, Callable[[Iterator[Row]], Iterator[str]]] = {
    "csv": partial(exports.table_csv, (*TOLD, *FIELDS)),
    "jsonl": exports.json_lines,
}
