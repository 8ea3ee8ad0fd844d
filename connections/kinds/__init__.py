"""The kinds of connection: one module each, found by what it registers here.

A kind is a value, not a subclass: labels, fields, rules and translations that the rest of the app asks
for. Adding one is adding a module to this package and a template fragment for its fields.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from connections.kinds.base import Kind

_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known under its slug."""
    _kinds[kind.slug] = kind
    return kind


def all_kinds() -> list[Kind]:
    """Return every kind, in the order of their labels."""
    _load()
    return sorted(_kinds.values(), key=lambda kind: kind.label)


def get(slug: str) -> Kind:
    """Return the kind called `slug`. Raises KeyError."""
    _load()
    return _kinds[slug]


def _load() -> None:
    for module in iter_modules(__path__):
        if module.name != "base":
            loaded = import_module(f"{__name__}.{module.name}")
            register(loaded.KIND)
