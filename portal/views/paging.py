"""Pages by key instead of by number: the thousandth page costs what the first one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

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
    # Where a search goes on that ended before the last row, because it had looked through enough.
    further_url: str = ""


def key_page(
    found: QuerySet[Row], query: QueryDict, *, size: int, key_of: Callable[[Row], str], stop: int = 0
) -> KeyPage[Row]:
    """Return a page of `found`, which is ordered and already begins after the key in `?before=`.

    `stop` is the whole-number key at which `found` ends although there may be more: 0 if it does not.
    """
    rows = list(found[: size + 1])
    shown = rows[:size]
    older = address(query, key_of(shown[-1])) if len(rows) > size else ""
    newest = address(query, "") if query.get(KEY) else ""
    further = address(query, str(stop + 1)) if stop and not older else ""
    return KeyPage(shown, newest, older, further)


def stop(walked: QuerySet[Any], key: str, most: int) -> int:
    """Return the whole-number key at which a search stops after `most` rows of `walked`; 0: there are fewer.

    `walked` must be what one index finds in the order of `key`: it is walked, and nothing else is read.
    """
    return walked.order_by(f"-{key}").values_list(key, flat=True)[most : most + 1].first() or 0


def before(query: QueryDict) -> int | None:
    """Return the whole-number key of `?before=`, or None."""
    text = query.get(KEY, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def address(query: QueryDict, key: str) -> str:
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
