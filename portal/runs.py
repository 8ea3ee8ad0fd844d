"""A run: one worker's hold on one operation, from claim to outcome.

Every write is fenced: it happens only while this run's token is the operation's newest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
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
    """Not yet: try again later. `seconds` is the least time to wait, or None for the usual backoff.

    `until` is when trying again is of no use any more, where that is known; the message says it.
    """

    def __init__(self, message: str, seconds: float | None = None, *, until: datetime | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.until = until


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
        # Marks the last step as done, in the transaction that ends the operation.
        self._last: Callable[[], None] | None = None

    @cached_property
    def _steps(self) -> dict[str, Step]:
        """The steps in their order, as they were at the claim: nobody but this run writes them."""
        return {step.name: step for step in self.operation.steps.all()}

    def has(self, name: str) -> bool:
        """Whether the operation has a step of this name."""
        return name in self._steps

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
        the step as done and the next one as running; that of the last step is outcome(). What `call`
        raises is for execution.execute().
        """
        step = self._steps[name]
        if step.state == Step.State.SUCCEEDED:
            return
        if self.current is not step:
            with self.fenced(audited=self._last is not None):
                self.begin(name)
        result = call()
        following = next((other for other in self._steps.values() if _follows(other, step)), None)
        if following is None:
            self._last = lambda: self._mark_done(step, record(result))
            return
        with self.fenced():
            self._mark_done(step, record(result))
            self._mark_running(following)
        self.current = following

    def begin(self, name: str) -> None:
        """Mark a step as running, in the caller's fenced transaction, unless an earlier run finished it.

        step() does so by itself; who writes something just before it saves a transaction.
        """
        step = self._steps[name]
        if step.state != Step.State.SUCCEEDED:
            self._leave_current()
            self._mark_running(step)
            self.current, self._last = step, None

    def _mark_done(self, step: Step, message: str) -> None:
        step.state = Step.State.SUCCEEDED
        row = Step.objects.filter(pk=step.pk)
        row.update(state=step.state, message=message, remedy="", ended_at=clock.Now())

    def _mark_running(self, step: Step) -> None:
        step.state, step.attempts = Step.State.RUNNING, step.attempts + 1
        started = Coalesce(F("started_at"), clock.Now())
        Step.objects.filter(pk=step.pk).update(state=step.state, attempts=step.attempts, started_at=started)

    def _leave_current(self) -> None:
        """The step that was thought to come next is not done now; the last one's call is over."""
        if self._last:
            self._last()
        elif self.current:
            self.current.state, self.current.attempts = Step.State.PENDING, self.current.attempts - 1
            self.current.save(update_fields=["state", "attempts"])

    @contextmanager
    def outcome(self) -> Iterator[None]:
        """The transaction that ends the operation well; the caller writes its rows and audit event in it."""
        with self.fenced():
            self._leave_current()
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

    def postpone(self, message: str, seconds: float, until: datetime | None = None) -> None:
        """Give the operation back, to go on after `seconds`; `until` is as of WaitError."""
        with self.fenced(audited=False):
            if self.current:
                self.current.state, self.current.message = Step.State.WAITING, message
                self.current.save(update_fields=["state", "message"])
            operation = self.operation
            operation.state = Operation.State.WAITING
            operation.error = message
            operation.run_after = clock.now() + timedelta(seconds=seconds)
            operation.lease_until, operation.wait_ends_at = None, until
            operation.save(update_fields=["state", "error", "run_after", "lease_until", "wait_ends_at"])

    def _end(self, state: Operation.State, error: str) -> None:
        operation = self.operation
        operation.state, operation.error = state, error
        operation.ended_at, operation.lease_until = clock.now(), None
        operation.save(update_fields=["state", "error", "ended_at", "lease_until"])


def _follows(other: Step, step: Step) -> bool:
    return other.position > step.position and other.state != Step.State.SUCCEEDED
