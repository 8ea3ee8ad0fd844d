"""Celery workers as processes that a test can hurt."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.forkserver import ManagedFork
from tests.support.processes import ManagedProcess


def celery_worker(
    name: str,
    *,
    folder: Path,
    concurrency: int = 1,
    env: Mapping[str, str] | None = None,
    start: type[ManagedProcess] = ManagedFork,
) -> ManagedProcess:
    """Return a worker (not started) on the test database, named `name@tests`.

    `env` may name another broker (REDIS_URL) or shorten times (PORTAL_LEASE_SECONDS). `start` is how:
    from what is loaded already, or, with ManagedProcess, by Celery's own command alone.
    """
    options = ["--pool", "prefork", "--concurrency", str(concurrency), "--hostname", f"{name}@tests"]
    options += ["--without-gossip", "--without-mingle"]  # as production has it: workers share a database
    return start(
        [sys.executable, "-m", "celery", "-A", "portal", "worker", "--loglevel", "INFO", *options],
        log=folder / f"{name}.log",
        env=env,
        ready=lambda process: f"{name}@tests ready" in process.output(),
        ready_seconds=60,
    )


def celery_beat(
    *, folder: Path, env: Mapping[str, str] | None = None, start: type[ManagedProcess] = ManagedFork
) -> ManagedProcess:
    """Return the schedule's process (not started); `start` as for a worker."""
    return start(
        [
            *(sys.executable, "-m", "celery", "-A", "portal", "beat", "--loglevel", "INFO"),
            *("--schedule", str(folder / "beat-schedule")),
        ],
        log=folder / "beat.log",
        env=env,
        ready=lambda process: "is starting" in process.output(),
        ready_seconds=60,
    )


def web_server(port: int, *, folder: Path, env: Mapping[str, str] | None = None) -> ManagedProcess:
    """Return the web server (not started), as production runs it, on this port."""
    return ManagedProcess(
        [
            *(sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--threads", "4", "--worker-class", "portal.slow_clients.Worker"),
        ],
        log=folder / f"web-{port}.log",
        env=env,
        ready=lambda process: "Listening at" in process.output() and "Booting worker" in process.output(),
        ready_seconds=60,
    )
