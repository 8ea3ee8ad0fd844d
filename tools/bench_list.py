"""`make bench`: the list of connections, its search and its filters, with 100 and with 10,000 rows.

Each page is asked for as a signed-in person would, through all of Django, on PostgreSQL (or SQLite).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

if TYPE_CHECKING:
    from django.test import Client

FEW, MANY = 100, 10_000
RARE = 40
REPEATS = 15
GOAL_QUERIES, GOAL_RATIO = 12, 1.5
PERSON = "analyst@example.com"
RARE_OWNER, COMMON_OWNER = "rare@example.com", "common@example.com"
PAGES = {
    "list": "",
    "from the middle": "sort=name&before=care+0",
    "by name": "sort=name",
    "by type": "sort=kind",
    "by location": "sort=-location",
    "by project": "sort=project",
    "by state": "sort=state",
    "search, many found": "q=department",
    "search, one found": "q=c00042+department",
    "search, none found": "q=nothinglikeit",
    "search, an owner": "q=rare@",
    "a rare type": "kind=spanner",
    "a common type": "kind=alloydb",
    "a rare location": "location=eu",
    "a common state": "state=active",
    "a rare project": "project=acme-bench",
    "owned by me": "mine=owned",
    "I have access": "mine=access",
    "all at once": "q=shop&kind=spanner&location=eu&state=active&mine=access&sort=name",
}


@dataclass(frozen=True)
class Figures:
    """What one page costs: queries, and milliseconds at best: the machine's other work is not its own."""

    queries: int
    milliseconds: float


def main() -> int:
    """Measure and print; the exit status says whether the goals were met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o711)  # PostgreSQL refuses to run as root: its own user must pass through
        stack.enter_context(database(options.database, Path(folder)))
        client = prepare()
        grow(0, FEW)
        few = measure(client)
        grow(FEW, MANY)
        many = measure(client)
    return report(few, many)


@contextmanager
def database(vendor: str, folder: Path) -> Iterator[None]:
    """Have Django use an empty database of its own."""
    from tests.support.postgres import PostgresServer

    os.environ |= {"PORTAL_DATA_DIR": str(folder / "data"), "PORTAL_LOG_LEVEL": "ERROR"}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": "", "DEBUG": ""}
    with ExitStack() as stack:
        if vendor == "postgresql":
            server = PostgresServer(folder / "postgres")
            os.environ["DATABASE_URL"] = server.url("postgres")
            stack.callback(server.stop)
            server.start()
        import django

        django.setup()
        yield
        from django.db import connections

        connections.close_all()


def prepare() -> Client:
    """Make the tables, the people and the project; return the analyst's browser."""
    from django.core.management import call_command
    from django.test import Client

    from portal import clock
    from portal.models import Project, User

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    for email in (RARE_OWNER, COMMON_OWNER):
        User.objects.create_user(email)
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_user(PERSON))
    project = {"registered_by": PERSON, "registered_at": clock.now()}
    for name in ("acme-analytics", "acme-bench"):
        Project.objects.create(project_id=name, number=len(name), **project)
    return client


def grow(first: int, until: int) -> None:
    """Add connections. What is rare is among the first RARE: a page shows as many rows before and after."""
    from access.models import CONNECTION_USER, Grant, Resource
    from connections.models import Connection
    from portal import clock
    from portal.models import Project, User

    rare, common = Project.objects.order_by("-project_id")
    people = {user.email: user for user in User.objects.all()}
    now = clock.now()
    rows = [_row(number, rare if number < RARE else common, now) for number in range(first, until)]
    for row in rows:
        row.search_text = row.searched(_owners(row))
        names = {"project_id": row.project.project_id, "title": row.connection_id}
        row.resource = Resource(kind="connection", full_name=row.full_name, **names)
    Resource.objects.bulk_create([row.resource for row in rows], batch_size=1000)
    Connection.objects.bulk_create(rows, batch_size=500)
    own = Resource.owners.through
    owners = [(row, owner) for row in rows for owner in _owners(row)]
    own.objects.bulk_create(
        (own(resource_id=row.resource.pk, user_id=people[owner].pk) for row, owner in owners), batch_size=1000
    )
    fields: dict[str, Any] = {"role": CONNECTION_USER, "origin": "share", "observed": "present"}
    Grant.objects.bulk_create(
        (
            Grant(resource=row.resource, principal=f"user:{who}", granted_by="x", granted_at=now, **fields)
            for row in rows
            for who in (PERSON, "somebody@example.com")
        ),
        batch_size=1000,
    )
    from django.db import connection

    with connection.cursor() as cursor:  # as autovacuum does after so many rows
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _owners(row: Any) -> list[str]:
    return [PERSON, RARE_OWNER] if row.kind == "spanner" else [COMMON_OWNER]


def _row(number: int, project: Any, now: Any) -> Any:
    from connections.models import Connection

    is_rare = number < RARE
    instance = f"//alloydb.googleapis.com/projects/p/locations/us/clusters/c{number}/instances/main"
    return Connection(
        project=project,
        connection_id=f"c{number:05}",
        location="eu" if is_rare else ("us", "us-central1", "europe-west1")[number % 3],
        kind="spanner" if is_rare else "alloydb",
        friendly_name=f"{('Shop', 'Billing', 'Fleet', 'Care')[number % 4]} {number}",
        description="What the department reads every morning. " * 3,
        properties={"database": "orders", "username": "bq_reader", "instance": instance},
        body={"name": f"c{number}", "configuration": {"asset": {"database": "orders"}}},
        state="active",
        created_by=PERSON,
        created_at=now - timedelta(minutes=number),
    )


def measure(client: Client) -> dict[str, Figures]:
    """Ask for every page, many times."""
    return {name: _page(client, query) for name, query in PAGES.items()}


def _page(client: Client, query: str) -> Figures:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    address = f"/connections/?{query}"
    with CaptureQueriesContext(connection) as queries:
        client.get(address)  # the first page of a session also writes the session
        before = len(queries)
        answer = client.get(address)
        count = len(queries) - before
    if answer.status_code != 200:
        raise SystemExit(f"{address} was answered with {answer.status_code}")
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        client.get(address)
        took.append((time.perf_counter() - began) * 1000)
    return Figures(count, min(took))


def report(few: dict[str, Figures], many: dict[str, Figures]) -> int:
    """Print the figures; return 0 if the goals were met."""
    print(f"The list of connections with {FEW} and with {MANY} rows (milliseconds, the best of {REPEATS})")
    print(f"{'':24}{'queries':>8}{FEW:>8}{MANY:>8}{'ratio':>8}")
    met = True
    for name, before in few.items():
        after = many[name]
        ratio = after.milliseconds / before.milliseconds
        met = met and after.queries < GOAL_QUERIES and ratio < GOAL_RATIO
        print(
            f"{name:24}{after.queries:8}{before.milliseconds:8.0f}{after.milliseconds:8.0f}{ratio:8.2f}",
            "" if after.queries == before.queries else f"(with {FEW}: {before.queries} queries)",
        )
    goal = f"Goal: under {GOAL_QUERIES} queries, and less than {GOAL_RATIO:g} times as long"
    print(f"{goal}: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
