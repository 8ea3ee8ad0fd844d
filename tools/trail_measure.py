"""What bench_trail.py does inside of a portal: people and a long trail, and one page's cost."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connections.models import Connection
from portal import chain
from portal.models import AuditEvent, AuditHead, User
from tests.portal import addresses, people, things
from tests.portal.api.calling import token_of
from tests.portal.crowd import Crowd
from tools import trail_load, trail_mass

# Of everything that a page of the sweep lists there are as many in each portal, and more than fit on it.
ROWS = 60


@dataclass(frozen=True)
class Furnished:
    """Who looks, by key, what the addresses speak of, and what a token shows to the API."""

    people: dict[str, int]
    words: dict[str, str]
    objects: dict[str, Any]
    token: str


def furnished(events: int, grants: int) -> Furnished:
    """Fill an empty, migrated database; what is full already stays as it is."""
    note = settings.DATA_DIR / "furnished.json"
    if note.exists():
        return Furnished(**json.loads(note.read_text()))
    made = _furnish(events, grants)
    note.write_text(json.dumps(asdict(made)))
    return made


def _furnish(events: int, grants: int) -> Furnished:
    """Fill an empty, migrated database and sign people in.

    The long trail comes first; what the pages of the sweep show is as much in each portal.
    """
    cast = people.cast()
    project = things.project(trail_load.PROJECT)
    load = trail_load.fill(events, grants, cast.owner)
    trail_mass.fill(load)
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
    crowd = Crowd(cast)
    crowd.grow(ROWS)
    words = {
        "position": str(middle.position),
        "middle": f"{middle.time:%Y-%m-%d}",
        "early": f"{early.time:%Y-%m-%d}",
        "grant": str(grants // 2),
    }
    objects = {name: str(value) for name, value in crowd.objects.items()}
    return Furnished(
        {role: user.pk for role, user in vars(cast).items()}, words, objects, token_of(cast.admin)
    )


class Measure:
    """Asks for pages, and tells what they cost."""

    def __init__(self, furnished: Furnished) -> None:
        self.furnished = furnished
        self.browsers = {
            role: people.signed_in(User.objects.get(pk=pk)) for role, pk in furnished.people.items()
        }
        self.swept = {
            _name(route, role): (role, path) for route, role, path in addresses.named(furnished.objects)
        }

    def page(self, role: str, address: str, repeats: int) -> dict[str, Any]:
        """Return a page's queries, and its milliseconds at best: the machine's other work is not its own."""
        url = address.format(**self.furnished.words)
        browser = self.browsers[role]
        self._ask(browser, url)
        with CaptureQueriesContext(connection) as captured:
            self._ask(browser, url)
        queries = len(captured)  # at once: the next request begins a new log
        best = min(self._ask(browser, url) for _ in range(repeats))
        return {"queries": queries, "ms": best * 1000}

    def _ask(self, browser: Client, url: str) -> float:
        began = time.perf_counter()
        headers = {"Authorization": f"Bearer {self.furnished.token}"} if url.startswith("/api/v1/") else {}
        answer = browser.get(url, headers=headers)
        took = time.perf_counter() - began
        if answer.status_code >= 300 and url != "/":
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


def _name(route: str, role: str) -> str:
    return route if role == "admin" else f"{route} ({role})"
