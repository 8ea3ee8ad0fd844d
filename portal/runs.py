"""A run: one worker's hold on one operation, from claim to outcome.

Every write is fenced: it happens only while this run's token is the operation's newest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property

from portal import audit, clock
from portal.models import Operation, Step

T = TypeVar("T")


class SupersededError(Exception):
    """Another worker took the operation over; this one must stop and write nothing."""


class WaitError(Exception):
    """Not yet: try again later. `seconds` is the least time to wait, or None for the usual backoff."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class RefusedError(Exception):
    """It will not work by trying again.

    `remedy` says in a sentence what a person can do; `needs_credential` that the way on begins with
    entering the password anew.
    """

    def __init__(self, message: str, remedy: str = "", *, needs_credential: bool = False) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.needs_credential = needs_credential


class Run:
    """A claimed operation. `token` is the fencing token of the claim."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.token = operation.fencing_token
        self.current: Step | None = None

    @cached_property
    def _steps(self) -> dict[str, Step]:
        """The steps as they were at the claim: nobody but this run writes them."""
        return {step.name: step for step in self.operation.steps.all()}

    def renew(self) -> None:
        """Prolong the lease. Raises SupersededError when the operation is no longer this run's."""
        held = Operation.objects.filter(
            pk=self.operation.pk, fencing_token=self.token, state=Operation.State.RUNNING
        )
        if not held.update(lease_until=clock.later(settings.LEASE_SECONDS)):
            raise SupersededError

    @contextmanager
    def fenced(self, *, audited: bool = True) -> Iterator[None]:
        """A transaction that commits only if the operation is still this run's.

        `audited` says that events may be recorded in it; see audit.appending() for why that matters first.
        """
        with audit.appending() if audited else transaction.atomic():
            self.renew()
            yield

    def step(self, name: str, call: Callable[[], T], record: Callable[[T], str] = lambda _: "") -> None:
        """Do one step unless an earlier run finished it.

        `call` talks to Google, outside any transaction, and must be safe to repeat. `record` writes
        what came of it and returns the sentence that the page shows, in the transaction that marks
        the step as done. What `call` raises is for operations.settle().
        """
        step = self._steps[name]
        if step.state == Step.State.SUCCEEDED:
            return
        self.current = step
        row = Step.objects.filter(pk=step.pk)
        step.state, step.attempts = Step.State.RUNNING, step.attempts + 1
        with self.fenced(audited=False):
            started = Coalesce(F("started_at"), clock.Now())
            row.update(state=step.state, attempts=step.attempts, started_at=started)
        result = call()
        with self.fenced():
            message = record(result)
            row.update(state=Step.State.SUCCEEDED, message=message, remedy="", ended_at=clock.Now())
        self.current = None

    @contextmanager
    def outcome(self) -> Iterator[None]:
        """The transaction that ends the operation well; the caller writes its rows and audit event in it."""
        with self.fenced():
            yield
            self._end(Operation.State.SUCCEEDED, "")

    @contextmanager
    def failure(self, message: str, remedy: str) -> Iterator[None]:
        """The transaction that ends the operation badly, with a sentence that a person can act on."""
        with self.fenced():
            yield
            if self.current:
                self.current.state, self.current.ended_at = Step.State.FAILED, clock.now()
                self.current.message, self.current.remedy = message, remedy
                self.current.save(update_fields=["state", "ended_at", "message", "remedy"])
            self._end(Operation.State.FAILED, message)

    def postpone(self, message: str, seconds: float) -> None:
        """Give the operation back, to go on after `seconds`."""
        with self.fenced(audited=False):
            if self.current:
                self.current.state, self.current.message = Step.State.WAITING, message
                self.current.save(update_fields=["state", "message"])
            operation = self.operation
            operation.state = Operation.State.WAITING
            operation.error = message
            operation.run_after = clock.now() + timedelta(seconds=seconds)
            operation.lease_until = None
            operation.save(update_fields=["state", "error", "run_after", "lease_until"])

    def _end(self, state: Operation.State, error: str) -> None:
        operation = self.operation
        operation.state, operation.error = state, error
        operation.ended_at, operation.lease_until = clock.now(), None
        operation.save(update_fields=["state", "error", "ended_at", "lease_until"])
