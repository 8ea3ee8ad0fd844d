"""What changed as a file: exactly the gains and losses that the page's filters let through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.views.decorators.http import require_POST

from access import asof
from access.views import holdings_filter
from access.views.holdings_export import plain
from portal import audit, exports, ocsf
from portal.permissions import actor, permitted, signed_in

# What a line tells of the grant, after what happened and when.
FIELDS = ("principal", "role", "resource", "project", "origin", "purpose", "grant", "request")
_CHUNK = 1000
Row = dict[str, Any]


@require_POST
@permitted(signed_in)
def changes_export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Stream the changes up to this moment. That somebody took them out is an event itself."""
    user = actor(request)
    form = holdings_filter.PeriodForm(request.GET)
    kind = request.POST.get("format", "")
    if not form.is_valid() or kind not in _RENDERERS:
        return HttpResponseBadRequest("The filters or the format are not valid.\n", content_type="text/plain")
    with audit.appending():
        size = audit.take_head().size
        after, until = form.positions()
        filters = holdings_filter.chosen(form)
        detail = {"format": kind, "filters": filters, "after_event": after, "until_event": until}
        audit.record(
            "changes.export", by=user, target="changes", outcome=audit.Outcome.SUCCEEDED, detail=detail
        )
    found = asof.every_change(holdings_filter.scope(form.cleaned_data, user), after, min(until, size), _CHUNK)
    response = StreamingHttpResponse(
        _RENDERERS[kind](map(_row, found)), content_type=exports.CONTENT_TYPES[kind]
    )
    response["Content-Disposition"] = f'attachment; filename="changes-{until}.{exports.ENDINGS[kind]}"'
    return response


def _row(change: asof.Change) -> Row:
    told = {"change": change.kind, "time": exports.seconds(change.time), "event": change.position}
    return told | {name: plain(change.holding, name) for name in FIELDS}


def _as_ocsf(rows: Iterator[Row]) -> Iterator[str]:
    return exports.json_lines(ocsf.access_change(row, gained=row["change"] == "gained") for row in rows)


_RENDERERS: dict[str, Callable[[Iterator[Row]], Iterator[str]]] = {
    "csv": partial(exports.table_csv, ("change", "time", "event", *FIELDS)),
    "jsonl": exports.json_lines,
    "ocsf": _as_ocsf,
}
