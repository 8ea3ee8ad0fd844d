"""How what somebody has is used: the query or the command to copy, by the kind of resource.

access does not know what stands behind a resource: connections registers how its own are used when the apps
are ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from access.models import Resource


@dataclass(frozen=True)
class Use:
    """Something to copy: `code` in `language`, and a note beside it."""

    code: str
    language: str
    note: str = ""


# Takes resources of its kind; returns what to copy by their primary keys, in a constant number of queries.
Describer = Callable[[list[Resource]], Mapping[int, Use]]

_DESCRIBERS: dict[str, Describer] = {}


def register(kind: Resource.Kind, describer: Describer) -> None:
    """Say who knows how resources of `kind` are used."""
    _DESCRIBERS[kind] = describer


def of(resources: Iterable[Resource]) -> dict[int, Use]:
    """How to use each of these, by primary key; those that nobody knows of are left out."""
    by_kind: dict[str, list[Resource]] = {}
    for resource in resources:
        by_kind.setdefault(resource.kind, []).append(resource)
    found: dict[int, Use] = {}
    for kind, of_kind in by_kind.items():
        if describe := _DESCRIBERS.get(kind):
            found |= describe(of_kind)
    return found
