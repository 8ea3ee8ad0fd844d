"""Pages by key instead of by number: the thousandth page costs what the first one does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar
from urllib.parse import quote, unquote

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
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


def ordered_page(
    found: QuerySet[Row],
    query: QueryDict,
    *order: str,
    size: int,
    walked: QuerySet[Any] | None = None,
    most: int = 0,
    shows: Callable[[QuerySet[Row]], QuerySet[Row]] | None = None,
) -> KeyPage[Row]:
    """Return a page of `found` from the place that `?before=` names; the beginning if it names none.

    `order` are fields as order_by() takes them, related ones too, never null, which together tell any two
    rows apart. The search ends after `most` rows of `walked`, if that is given: what an index finds in this
    order, and `found` is taken from. With `shows`, which adds what a row shows, keys alone are sorted before.
    """
    place = _place(found, order, query.get(KEY, ""))
    rows, end = found.order_by(*order), None
    if place:
        rows = rows.filter(_beyond(order, place))
    if walked is not None:
        left = walked.filter(_beyond(order, place)) if place else walked
        names = [name.removeprefix("-") for name in order]
        end = left.order_by(*order).values_list(*names)[most - 1 : most].first()
    if end:
        rows = rows.filter(_beyond(order, end, back=True))
    rows = rows[: size + 1]
    if shows:
        rows = shows(found.model._default_manager.filter(pk__in=rows.values("pk"))).order_by(*order)
    shown = list(rows)
    more = len(shown) > size
    return KeyPage(
        shown[:size],
        newest_url=address(query, "") if query.get(KEY) else "",
        older_url=address(query, _key(_values(shown[size - 1], order))) if more else "",
        further_url=address(query, _key(end)) if end and not more else "",
    )


def _values(row: Model, order: Sequence[str]) -> list[Any]:
    return [attrgetter(name.removeprefix("-").replace(LOOKUP_SEP, "."))(row) for name in order]


def _key(place: Sequence[Any]) -> str:
    """What names a place in an address."""
    texts = (value.isoformat() if isinstance(value, datetime) else str(value) for value in place)
    return " ".join(quote(text, safe="@:/+") for text in texts)


def _place(found: QuerySet[Any], order: Sequence[str], key: str) -> list[Any] | None:
    """Return the values that a key names, or None if it names no place in this order."""
    texts = [unquote(text) for text in key.split(" ")]
    if len(texts) != len(order) or any("\0" in text for text in texts):
        return None
    try:
        return [_value(found, name.removeprefix("-"), text) for name, text in zip(order, texts, strict=True)]
    except (ValidationError, OverflowError):
        return None


def _value(found: QuerySet[Any], name: str, text: str) -> Any:
    named = found.query.annotations.get(name) or _field(found.model, name)
    field: Any = getattr(named, "output_field", named)
    value = field.to_python(text)
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValidationError("No place is named by a time of nowhere.")
    return value.astimezone(UTC)


def _field(model: Any, path: str) -> Any:
    for name in path.split(LOOKUP_SEP):
        field = model._meta.get_field(name)
        model = field.related_model
    return field


def _beyond(order: Sequence[str], place: Sequence[Any], *, back: bool = False) -> Q:
    """What comes after a place; with `back` what comes before it, and it itself.

    The first field is also compared by itself: by that an index finds where to begin.
    """
    further, same, bound = Q(), Q(), Q()
    for name, value in zip(order, place, strict=True):
        field = name.removeprefix("-")
        side = "lt" if name.startswith("-") != back else "gt"
        bound = bound or Q(**{f"{field}__{side}e": value})
        further |= same & Q(**{f"{field}__{side}": value})
        same &= Q(**{field: value})
    return bound & (further | same if back else further)


def before(query: QueryDict) -> int | None:
    """Return the whole-number key of `?before=`, or None."""
    text = query.get(KEY, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def address(query: QueryDict, key: str) -> str:
    """Return the page's address with another key to begin at; "" for the beginning."""
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
