"""What bench_trail.py does inside of a portal: people and a long trail, and one page's cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connections.models import Connection
from portal import chain
from portal.models import AuditEvent, AuditHead
from tests.portal import people, things
from tools import trail_load


@dataclass(frozen=True)
class Furnished:
    """Who looks, and what the addresses speak of."""

    overseer: Client
    analyst: Client
    words: dict[str, str]


def furnish(events: int, grants: int) -> Furnished:
    """Fill an empty, migrated database and sign two people in."""
    cast = people.cast()
    project = things.project(trail_load.PROJECT)
    load = trail_load.fill(events, grants, cast.owner)
    Connection.objects.create(
        project=project,
        resource=load.resources[1],
        location="us",
        connection_id="cold-1",
        kind="alloydb",
        state=Connection.State.ACTIVE,
        created_by=str(cast.owner),
        created_at=trail_load.BEGAN,
    )
    size = AuditHead.objects.get().size
    middle = AuditEvent.objects.get(position=size // 2)
    early = AuditEvent.objects.get(position=size // 5)
    words = {
        "position": str(middle.position),
        "middle": f"{middle.time:%Y-%m-%d}",
        "early": f"{early.time:%Y-%m-%d}",
        "grant": str(grants // 2),
    }
    return Furnished(people.signed_in(cast.admin), people.signed_in(cast.analyst), words)


class Measure:
    """Asks for pages, and tells what they cost."""

    def __init__(self, furnished: Furnished) -> None:
        self.furnished = furnished

    def page(self, address: str, repeats: int) -> dict[str, Any]:
        """Return a page's queries, and its milliseconds at best: the machine's other work is not its own."""
        url = address.format(**self.furnished.words)
        browser = self.furnished.analyst if url == "/access/" else self.furnished.overseer
        self._ask(browser, url)
        with CaptureQueriesContext(connection) as captured:
            self._ask(browser, url)
        queries = len(captured)  # at once: the next request begins a new log
        best = min(self._ask(browser, url) for _ in range(repeats))
        return {"queries": queries, "ms": best * 1000}

    def _ask(self, browser: Client, url: str) -> float:
        began = time.perf_counter()
        answer = browser.get(url)
        took = time.perf_counter() - began
        if answer.status_code != 200:
            raise SystemExit(f"{url} answered {answer.status_code}")
        return took

    def verification(self) -> dict[str, Any]:
        """Walk the whole chain; the seconds that it took."""
        began = time.perf_counter()
        found = chain.verify()
        took = time.perf_counter() - began
        if not found.holds:
            raise SystemExit(f"event {found.bad_position}: {found.problem}")
        return {"seconds": took, "size": found.size}
