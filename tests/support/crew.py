"""Workers in readiness: one works, and where a test has ended it another begins."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

from tests.support.portal_processes import celery_worker
from tests.support.processes import ManagedProcess


class Crew:
    """Real workers for tests that kill them; `env` is the environment of each."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = env
        self._hired: list[ManagedProcess] = []
        self._numbers = count(1)

    def worker(self) -> ManagedProcess:
        """Return the worker that works, a new one if a test has ended the last."""
        if not self._hired or not self._hired[-1].running:
            self.successor()
        return self._hired[-1]

    def successor(self) -> ManagedProcess:
        """Let the next worker begin; the one before it is the test's business."""
        process = celery_worker(f"worker{next(self._numbers)}", folder=self.folder, env=self.env)
        process.start()
        self._hired.append(process)
        return process

    def dismiss(self) -> None:
        """End every worker."""
        for process in self._hired:
            process.stop(seconds=0)
