"""Workers in readiness: one works, the next is loaded beside it and waits until it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path

from tests.support.portal_processes import celery_worker
from tests.support.processes import ManagedProcess, wait_until
from tests.support.standby import STANDING_BY


class Crew:
    """Real workers for tests that kill them; `env` is the environment of each."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = env
        self._numbers = count(1)
        self._hired: list[ManagedProcess] = []
        self._office = ThreadPoolExecutor(max_workers=1)
        self._next: Future[ManagedProcess] | None = None
        self._working: ManagedProcess | None = None

    def worker(self) -> ManagedProcess:
        """Return the worker that works, a new one if a test has ended the last; begin to start the next."""
        if self._working is None or not self._working.running:
            self._working = self._take()
        self._next = self._next or self._office.submit(self._hire)
        return self._working

    def successor(self) -> ManagedProcess:
        """Let the next worker begin; the one before it is the test's business."""
        self._working = self._take()
        return self._working

    def dismiss(self) -> None:
        """End every worker."""
        if self._next:
            self._next.result()
        self._office.shutdown()
        for process in self._hired:
            process.stop(seconds=0)

    def _take(self) -> ManagedProcess:
        process = self._next.result() if self._next else self._hire()
        self._next = None

        def works() -> bool:
            process.resume()
            return " ready." in process.output()

        wait_until(works, seconds=30, what="the next worker is ready")
        return process

    def _hire(self) -> ManagedProcess:
        process = celery_worker(f"worker{next(self._numbers)}", folder=self.folder, env=self.env)
        process.command[1:5] = ["-m", "tests.support.standby"]  # in the place of -m celery -A portal
        process.ready = lambda process: STANDING_BY in process.output()
        process.start()
        self._hired.append(process)
        return process
