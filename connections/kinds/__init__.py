"""The kinds of connection: one module each, found by the KIND in it.

A kind is a value, not a subclass: labels, fields, rules and translations that the rest of the app asks
for. Adding one is adding a module to this package and a template fragment for its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from connections.kinds.base import Kind

# The order on the Add data page; a group that is not listed comes last.
GROUPS = (
    "Databases",
    "AI and remote functions",
    "Data lakes / BigQuery Omni",
    "Spark",
    "Business Applications",
)


def all_kinds() -> list[Kind]:
    """Return every kind, in the order of their labels."""
    return sorted(_found(tuple(__path__)).values(), key=lambda kind: kind.label)


def get(slug: str) -> Kind:
    """Return the kind called `slug`. Raises KeyError."""
    return _found(tuple(__path__))[slug]


def of(body: Mapping[str, Any]) -> Kind | None:
    """Return the kind of a connection as Google describes it, None for one that the portal does not know."""
    return next((kind for kind in all_kinds() if kind.wire.fits(body)), None)


def groups() -> list[str]:
    """Return the groups of the Add data page, in its order."""
    used = {kind.group for kind in all_kinds()}
    return [*(group for group in GROUPS if group in used), *sorted(used - set(GROUPS))]


@lru_cache(maxsize=8)
def _found(folders: tuple[str, ...]) -> dict[str, Kind]:
    """Import every module in the package's folders; those without a KIND are what kinds share."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(folders)]
    kinds: list[Kind] = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.slug: kind for kind in kinds}
