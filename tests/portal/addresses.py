"""Every page of the portal as an address, with who looks at it: for tests and for `make bench`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.portal.sweep_table import ALLAUTH, ROUTES

# Who sees most, and who sees least: where neither may come in, whoever may.
LOOKERS = ("admin", "analyst", "owner", "auditor")
# Rows of the sweep that are nobody's page: they are switched off, or an invitation that is over.
NO_PAGES = {"portal:accept_invitation", "metrics", "portal:demo_clock"}
Page = tuple[str, str]


def pages(objects: Mapping[str, Any]) -> Iterator[Page]:
    """Yield who looks and the address; `objects` is what stands in the addresses of sweep_table."""
    return ((role, path) for _, role, path in named(objects))


def named(objects: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the same with the route's address as the table writes it, which names a page in every portal."""
    for route in ROUTES:
        allowed = [role for role in LOOKERS if route.rule[role] == "yes"]
        if route.method != "GET" or route in ALLAUTH or route.name in NO_PAGES or not allowed:
            continue
        query = "&".join(f"{name}={value}" for name, value in route.data.items())
        path = route.path.format(**objects) + (f"?{query}" if query else "")
        lookers = [role for role in LOOKERS[:2] if role in allowed]
        yield from ((route.path, role, path) for role in lookers or allowed[:1])
