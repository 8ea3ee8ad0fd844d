"""Filters that people keep under a name."""

from __future__ import annotations

from portal import audit
from portal.models import SavedFilter, User

MOST = 30


class TooManyFiltersError(Exception):
    """One must be removed before another is kept."""

    def __init__(self) -> None:
        super().__init__(f"Only {MOST} filters are kept for a page. Remove one first.")


def save(owner: User, page: SavedFilter.Page, name: str, query: str) -> SavedFilter:
    """Keep `query`, as it stands in the page's address; the same name again replaces it.

    Raises TooManyFiltersError.
    """
    mine = SavedFilter.objects.filter(owner=owner, page=page)
    with audit.appending():  # takes turns, so that two at once do not both find room
        if mine.exclude(name=name).count() >= MOST:
            raise TooManyFiltersError
        saved, _ = mine.update_or_create(owner=owner, page=page, name=name, defaults={"query": query})
        return saved


def remove(saved: SavedFilter) -> None:
    """Forget a filter."""
    saved.delete()
