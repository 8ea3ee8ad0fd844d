"""What the views of changes have in common: find the connection, ask a service, lead to the operation."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse

from connections import lookup
from connections.models import Connection
from connections.services.living import NotNowError
from portal.models import Operation
from portal.recency import to_page


def load(project_id: str, location: str, connection_id: str) -> Connection:
    """Return the connection at this address unless it was deleted. Raises Http404."""
    found = lookup.connection(project_id, location, connection_id)
    if found.state == Connection.State.DELETED:
        raise Http404
    return found


def lead(request: HttpRequest, connection: Connection, ask: Callable[[], Operation]) -> HttpResponse:
    """Ask for an operation and lead to it; back to the connection with the reason if it cannot be now."""
    try:
        operation = ask()
    except NotNowError as reason:
        messages.warning(request, str(reason))
        return to_page(request, connection.get_absolute_url())
    return to_page(request, operation.get_absolute_url())
