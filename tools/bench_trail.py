"""`make bench`: the pages that the audit trail tells, with 1,000 events and with 1,000,000, and its proof.

Each page is asked for as a signed-in person would, through all of Django; the long trail and the short one
take turns, so that what else the machine does falls on both. On PostgreSQL and on SQLite. Filling takes
minutes: with `--keep FOLDER` the databases stay there, and the next run asks them again.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

FEW, MANY = (1_000, 400), (1_000_000, 100_000)  # events, grants
ROUNDS, REPEATS = 6, 7
GOAL_RATIO, GOAL_QUERIES, GOAL_VERIFY = 1.3, 12, 15.0
HOT = "projects/acme-bench/locations/us/connections/hot"
# Filters and places in the trail; every page of the portal comes beside them, from the table of the sweep.
# {middle} and {early} are days of the trail, {position} an event in its middle, {grant} a grant.
PAGES = {
    "audit": "/audit/",
    "audit, from the middle": "/audit/?before={position}",
    "audit, words not found": "/audit/?q=nothinglikeit",
    "audit, words often found": "/audit/?q=report",
    "audit, whose access": "/audit/?principal=heavy@example.com",
    "audit, actor": "/audit/?actor=PERSON1@example.com",
    "audit, action": "/audit/?action=grant.activate",
    "audit, kind of action": "/audit/?action=connection",
    "audit, connection": f"/audit/?target={HOT}",
    "audit, failed": "/audit/?outcome=failed",
    "audit, a past week": "/audit/?since={early}&until={middle}",
    "audit, all at once": f"/audit/?target={HOT}&action=grant&outcome=succeeded&q=report&until={{middle}}",
    "one event": "/audit/{position}/",
    "verification": "/audit/verification/",
    "who has what now": "/access/holdings/",
    "of a connection": f"/access/holdings/?resource={HOT}",
    "of a person": "/access/holdings/?principal=heavy@example.com",
    "of a role": "/access/holdings/?role=connectionUser",
    "as of a past day": "/access/holdings/?on={middle}",
    "as of an early day": "/access/holdings/?on={early}",
    "of a connection then": f"/access/holdings/?resource={HOT}&on={{middle}}",
    "of a person then": "/access/holdings/?principal=heavy@example.com&on={middle}",
    "what changed": "/access/changes/",
    "changed, past days": "/access/changes/?since={early}&until={middle}",
    "changed, connection": f"/access/changes/?resource={HOT}&until={{middle}}",
    "changed, person": "/access/changes/?principal=heavy@example.com",
    "one grant": "/access/grants/{grant}/",
    "insights": "/access/insights/",
    "connection": "/connections/acme-bench/us/cold-1/",
    "approvals, all": "/access/queue/?show=all",
    "approvals, words": "/access/queue/?show=all&q=report",
    "approvals, not found": "/access/queue/?show=all&q=nothinglikeit",
    "approvals, all (owner)": "/access/queue/?show=all",
    "approvals, not found (owner)": "/access/queue/?show=all&q=nothinglikeit",
    "operations, the portal's": "/operations/?by=all",
    "leaver": "/access/leaver/?principal=person15@example.com",
    "drift, resolved too": "/access/outside/",
    "API: grants": "/api/v1/grants?limit=50",
    "API: grants of a person": "/api/v1/grants?principal=user:person1@example.com&limit=50",
    "API: grants of a connection": f"/api/v1/grants?resource={HOT}&limit=50",
    "API: requests": "/api/v1/requests?limit=50",
    "API: events": "/api/v1/events?limit=50",
    "API: events, filtered": f"/api/v1/events?target={HOT}&action=grant&limit=50",
}


def main() -> int:
    """Measure and print; the exit status says whether the goals were met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["postgresql", "sqlite", "both"], default="both")
    parser.add_argument("--scale", type=int, default=1, help="that much less of everything, for a quick look")
    parser.add_argument(
        "--only", default="", help="a regular expression that a page's name or address matches"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the databases there, and use them again"
    )
    parser.add_argument("--serve", nargs=2, type=int, metavar="NUMBER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(*options.serve)
    kinds = ["postgresql", "sqlite"] if options.database == "both" else [options.database]
    many = (MANY[0] // options.scale, MANY[1] // options.scale)
    with ExitStack() as stack:
        folder = options.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-"))
        )
        met = [compare(kind, many, re.compile(options.only), folder.resolve()) for kind in kinds]
    return 0 if all(met) else 1


def compare(kind: str, size: tuple[int, int], only: re.Pattern[str], folder: Path) -> bool:
    """Fill two databases of a kind, ask both for every page, and print; return whether the goals were met."""
    with ExitStack() as stack:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # PostgreSQL refuses to run as root: its own user must pass through
        few, many = (
            stack.enter_context(portal(kind, folder / f"{kind}-{one[0]}-{one[1]}", one))
            for one in (FEW, size)
        )
        print(f"\n{size[0]:,} audit events and {size[1]:,} grants, against {FEW[0]:,}: {kind}")
        print(f"{'':52}{'queries':>8}{'ms at few':>11}{'ms at many':>11}{'ratio':>7}")
        swept = few.ask("swept")["pages"]
        names = [name for name in (*PAGES, *swept) if only.search(name)]
        missed = [name for name in names if not _measured(name, few, many)]
        if missed:
            print("Once more, in case something else kept the machine busy just then:")
        missed = [name for name in missed if not _measured(name, few, many)]
        seconds = many.ask("verify")["seconds"]
        print(f"Verifying {size[0]:,} events: {seconds:.1f} s (goal: under {GOAL_VERIFY:.0f} s)")
    met = not missed and seconds < GOAL_VERIFY
    print(f"Goals: ratio under {GOAL_RATIO}, under {GOAL_QUERIES} queries: {'met' if met else 'missed'}")
    return met


def _measured(name: str, few: Portal, many: Portal) -> bool:
    """Measure one page in both portals and print it; return whether it met the goals."""
    asked: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for _ in range(ROUNDS):
        asked.append((few.ask(name), many.ask(name)))
        short, long = (min(answer[side]["ms"] for answer in asked) for side in (0, 1))
        if long / short < GOAL_RATIO / 1.1:
            break  # the machine's other work only ever adds: more rounds would say the same
    queries = max(answer["queries"] for answer in asked[0])
    good: bool = long / short < GOAL_RATIO and queries < GOAL_QUERIES
    print(
        f"{name[:51]:52}{queries:8}{short:11.1f}{long:11.1f}{long / short:7.2f}{'' if good else ' !'}",
        flush=True,
    )
    return good


class Portal:
    """A portal in a process of its own, over its own database; it answers line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, what: str) -> dict[str, Any]:
        """Have a page measured, or the chain verified."""
        assert self.process.stdin  # noqa: S101 (for the type checker)
        assert self.process.stdout  # noqa: S101 (it was opened with a pipe)
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the portal ended while it was asked for: {what}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def portal(kind: str, folder: Path, size: tuple[int, int]) -> Iterator[Portal]:
    """Start one and wait until its database is full; end it afterwards."""
    from tests.support.postgres import PostgresServer

    folder.mkdir(mode=0o711, exist_ok=True)
    with ExitStack() as stack:
        environment = os.environ | {"PORTAL_DATA_DIR": str(folder / "data"), "PYTHONWARNINGS": "ignore"}
        environment |= {"PORTAL_LOG_LEVEL": "ERROR", "DATABASE_URL": "", "REDIS_URL": "", "DEBUG": ""}
        if kind == "postgresql":
            server = PostgresServer(folder / "postgres")
            stack.callback(server.stop)
            server.start()
            environment["DATABASE_URL"] = server.url("postgres")
        command = [sys.executable, __file__, "--serve", *map(str, size)]
        process = subprocess.Popen(
            command, env=environment, cwd=REPOSITORY, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        stack.callback(process.wait, 30)
        stack.callback(process.kill)
        made = Portal(process)
        print(f"{kind}, {size[0]:,} events: filled in {made.ask('ready')['seconds']:.0f} s", flush=True)
        yield made


def serve(events: int, grants: int) -> int:
    """In the process of one portal: fill the database, then answer each line on standard input."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    import portal.urls  # noqa: F401 (all of the code, before it takes long)
    from tools.trail_measure import Measure, furnished

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    setup_test_environment()
    began = time.perf_counter()
    measure = Measure(furnished(events, grants))
    filled = time.perf_counter() - began
    for line in sys.stdin:
        what = line.strip()
        if what == "ready":
            answer: dict[str, Any] = {"seconds": filled}
        elif what == "verify":
            answer = measure.verification()
        elif what == "swept":
            answer = {"pages": list(measure.swept)}
        elif what in PAGES:
            looker = "owner" if what.endswith("(owner)") else "admin"
            answer = measure.page(looker, PAGES[what], REPEATS)
        else:
            answer = measure.page(*measure.swept[what], REPEATS)
        print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
