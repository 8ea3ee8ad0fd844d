"""Pages by key instead of by number: the thousandth page costs what the first one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

Row = TypeVar("Row", bound=Model)
KEY = "before"


@dataclass(frozen=True)
class KeyPage(Generic[Row]):
    """Some rows, newest first. The addresses are empty where there is nothing to go to."""

    rows: list[Row]
    newest_url: str
    older_url: str


def key_page(
    found: QuerySet[Row], query: QueryDict, *, size: int, key_of: Callable[[Row], str]
) -> KeyPage[Row]:
    """Return a page of `found`, which is ordered and already begins after the key in `?before=`."""
    rows = list(found[: size + 1])
    shown = rows[:size]
    older = _address(query, key_of(shown[-1])) if len(rows) > size else ""
    newest = _address(query, "") if query.get(KEY) else ""
    return KeyPage(shown, newest, older)


def _address(query: QueryDict, key: str) -> str:
    changed = query.copy()
    changed.pop(KEY, None)
    if key:
        changed[KEY] = key
    return f"?{changed.urlencode()}"


def with_short_address(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Have htmx show the page's address without the filters that are not set."""
    if getattr(request, "htmx", False):
        query = request.GET.copy()
        for name in [name for name, value in query.items() if not value]:
            del query[name]
        response["HX-Push-Url"] = f"{request.path}?{query.urlencode()}" if query else request.path
    return response
