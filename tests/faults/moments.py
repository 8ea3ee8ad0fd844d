"""The moments at which a worker is killed: Google's stand-in holds the call, or the test the database."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.client import Control
from portal.models import Operation
from tests.faults.locks import held
from tests.support.google_side import answered
from tests.support.processes import ManagedProcess, wait_until

ARRIVES = "arrives"  # Google has the call and has done nothing yet
APPLIED = "applied"  # Google has done it, the answer is under way
ANSWERED = "answered"  # the worker has the answer and could not commit it yet


@dataclass(frozen=True)
class Moment:
    """A call to Google, and how far it has come."""

    method: str
    stage: str

    def hold(self, google: Control) -> None:
        """Order the call to be held."""
        google.fault(self.method, hang=True, when="before" if self.stage == ARRIVES else "after")

    def wait(self, google: Control) -> None:
        """Wait until the call is there."""
        wait_until(lambda: google.calls(self.method), seconds=20, what=f"{self.method} is called")
        if self.stage != ARRIVES:
            wait_until(lambda: self._has_run(google), seconds=30, what=f"{self.method} was done")

    def kill(self, worker: ManagedProcess, google: Control, operation: Operation) -> None:
        """End the worker at this moment."""
        if self.stage != ANSWERED:
            worker.kill()
            return
        with held(operation):
            google.release(self.method)
            wait_until(lambda: answered(google, self.method), seconds=30, what="the answer is out")
            worker.kill()

    def _has_run(self, google: Control) -> bool:
        calls = google.calls(self.method)
        return bool(calls) and (calls[0]["applied"] or bool(calls[0]["caller"]))
