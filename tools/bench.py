"""`make bench`: how long the portal itself takes from the click on Create connection to the connection.

On Redis and PostgreSQL, with the real web server, worker and schedule, and the emulator without latency.
What the worker spent waiting for Google's API is subtracted; the worker's log says how much that was.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

if TYPE_CHECKING:
    import psycopg

    from tests.support.processes import ManagedProcess
    from tests.support.visitor import Visitor

GOAL_MILLISECONDS = 150
WARM_UP = 3
EMAIL, PORTAL_PASSWORD, DATABASE_PASSWORD = "admin@example.com", "portal-demo", "orders-demo-password"
GOOGLE_TOOK = re.compile(r"operation (\S+) \(connections\.create\) is (\w+), Google took (\d+) ms")


@dataclass(frozen=True)
class Installation:
    """A running portal."""

    url: str
    worker: ManagedProcess
    database: psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Measurement:
    """One creation, in milliseconds: from the click to the end, its parts, and Google's part of the last."""

    web: float  # until the answer, the operation's page
    way: float  # until a worker has taken the operation, counted from its row
    worker: float  # until the end
    whole: float
    google: float

    @property
    def own(self) -> float:
        """The portal's part."""
        return self.whole - self.google


def main() -> int:
    """Measure and print; the exit status says whether the goal was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creations", type=int, default=30, help="how many are measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o711)  # PostgreSQL refuses to run as root: its own user must pass through
        installation = stack.enter_context(installed(Path(folder)))
        results = measure(installation, options.creations)
    return report(results)


@contextmanager
def installed(folder: Path) -> Generator[Installation]:
    """Start everything, and end it afterwards."""
    import psycopg

    from tests.support.emulated import Emulator
    from tests.support.portal_processes import celery_beat, celery_worker, web_server
    from tests.support.ports import free_port
    from tests.support.postgres import PostgresServer
    from tests.support.redis import RedisServer

    postgres, redis = PostgresServer(folder / "postgres"), RedisServer(folder / "redis")
    port = free_port()
    os.environ |= {
        "PORTAL_DATA_DIR": str(folder / "data"),
        "PORTAL_DEMO": "1",
        "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
        "GOOGLE_CLOUD_EMULATOR": f"http://127.0.0.1:{free_port()}",
        "DATABASE_URL": postgres.url("postgres"),
        "REDIS_URL": redis.url,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONWARNINGS": "ignore",
    }
    with ExitStack() as stack:
        stack.callback(postgres.stop)
        postgres.start()
        stack.enter_context(redis.process)
        emulator = Emulator(folder)
        stack.enter_context(emulator.process)
        emulator.control.agent_delay(0)
        subprocess.run([sys.executable, "tools/prepare.py"], cwd=REPOSITORY, check=True)
        worker = stack.enter_context(celery_worker("bench", folder=folder, concurrency=2))
        stack.enter_context(celery_beat(folder=folder))
        stack.enter_context(web_server(port, folder=folder))
        database = stack.enter_context(psycopg.connect(postgres.url("postgres"), autocommit=True))
        yield Installation(f"http://127.0.0.1:{port}", worker, database)


def measure(installation: Installation, creations: int) -> list[Measurement]:
    """Create connections one after the other, as one person would."""
    from tests.support.visitor import DIALOG, Visitor

    _wait(installation, "SELECT number IS NOT NULL FROM portal_project", "the project is looked up")
    visitor = Visitor(installation.url)
    visitor.sign_in(EMAIL, PORTAL_PASSWORD)
    token = visitor.token(DIALOG)
    results = [_create(installation, visitor, token, number) for number in range(WARM_UP + creations)]
    return results[WARM_UP:]


def _create(installation: Installation, visitor: Visitor, token: str, number: int) -> Measurement:
    """Click once and wait for the end, which the database's clock tells: it is this machine's."""
    from tests.support.visitor import DIALOG, dialog

    filled = dialog(f"bench_{number}", DATABASE_PASSWORD)
    clicked = time.time()
    answer = visitor.send(DIALOG, filled, token)
    answered = time.time()
    if answer.status_code != 302:
        raise SystemExit(f"the dialog was refused: {answer.status_code}\n{answer.text[:2000]}")
    operation = answer.headers["Location"].strip("/").rpartition("/")[2]
    _wait(
        installation,
        "SELECT state IN ('succeeded', 'failed') FROM portal_operation ORDER BY created_at DESC LIMIT 1",
        "the connection is there",
    )
    row = installation.database.execute(
        "SELECT state, error, extract(epoch FROM created_at)::float, extract(epoch FROM started_at)::float,"
        " extract(epoch FROM ended_at)::float FROM portal_operation WHERE id = %s",
        [operation],
    ).fetchone()
    if row is None or row[0] != "succeeded":
        raise SystemExit(f"the creation failed: {row}")
    created, started, ended = (float(str(moment)) for moment in row[2:])
    return Measurement(
        web=(answered - clicked) * 1000,
        way=(started - created) * 1000,
        worker=(ended - started) * 1000,
        whole=(ended - clicked) * 1000,
        google=_google(installation, operation),
    )


def _google(installation: Installation, operation: str) -> float:
    """Return the milliseconds that the worker waited for Google for one operation."""
    from tests.support.processes import wait_until

    def attempts() -> list[tuple[str, str, str]]:
        return [found for found in GOOGLE_TOOK.findall(installation.worker.output()) if found[0] == operation]

    wait_until(
        lambda: any(state == "succeeded" for _, state, _ in attempts()), seconds=5, what="the log's line"
    )
    return float(sum(int(milliseconds) for _, _, milliseconds in attempts()))


def _wait(installation: Installation, question: str, what: str) -> None:
    """Ask the database until it says yes."""
    from tests.support.processes import wait_until

    def yes() -> bool:
        row = installation.database.execute(question).fetchone()
        return bool(row and row[0])

    wait_until(yes, seconds=60, what=what, every=0.02)


def report(results: list[Measurement]) -> int:
    """Print the figures; return 0 if the goal was met."""
    print(f"{len(results)} connections, from the click to active, on Redis and PostgreSQL (milliseconds)")
    print(f"{'':32}{'p50':>8}{'p95':>8}")
    rows = {
        "whole": [result.whole for result in results],
        "Google's API (emulator)": [result.google for result in results],
        "the portal's own part": [result.own for result in results],
        "of it: web, to its answer": [result.web for result in results],
        "of it: on its way to a worker": [result.way for result in results],
        "of it: worker without Google": [result.worker - result.google for result in results],
    }
    for name, values in rows.items():
        print(f"{name:32}{statistics.median(values):8.0f}{_p95(values):8.0f}")
    own = _p95(rows["the portal's own part"])
    met = own < GOAL_MILLISECONDS
    print(f"Goal: p95 of the portal's own part under {GOAL_MILLISECONDS} ms: {'met' if met else 'missed'}")
    return 0 if met else 1


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


if __name__ == "__main__":
    sys.exit(main())
