"""Carry out a claimed operation: keep its lease alive, and settle what went wrong.

A retryable error backs off with jitter and goes on; a permanent one fails the operation with a sentence
that a person can act on; a worker that was superseded stops without a word.
"""

from __future__ import annotations

import logging
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from portal import authority, clock, operations, secrets
from portal.gcp import transport
from portal.gcp.errors import ApiDisabled, CredentialsMissing, GoogleError, PermissionDenied
from portal.models import Project
from portal.runs import RefusedError, Run, SupersededError, WaitError

logger = logging.getLogger(__name__)

_IN_PROJECT = re.compile(r"\bin project ([0-9]{1,18})\b")
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
ASK_AGAIN = "The password is kept for 15 minutes at most and is gone by now. Enter it again to go on."


@dataclass(frozen=True)
class Failure:
    """Why an operation failed: `message` says what happened, `remedy` what a person can do."""

    message: str
    remedy: str = ""
    needs_credential: bool = False


def execute(operation_id: str, apply: Callable[[Run], None], failed: Callable[[Run, Failure], None]) -> None:
    """Claim the operation and `apply` it; on a permanent failure call `failed` in the failing transaction.

    Does nothing when the operation is not due, is over, or is in another worker's hands.
    """
    run = operations.claim(operation_id)
    if run is None:
        return
    waited = transport.seconds_spent()
    try:
        with _lease_kept(run):
            try:
                authority.check(run.operation)
                apply(run)
            except SupersededError:
                raise
            except DatabaseError as error:
                if _is_patient(run):
                    raise  # nothing was written: the lease ends and the sweep tries again
                _settle(run, error, failed)
            except Exception as error:
                _settle(run, error, failed)
    except SupersededError:
        logger.info("operation %s was taken over by another worker", operation_id)
        return
    # tools/bench.py reads this line.
    google = round((transport.seconds_spent() - waited) * 1000)
    operation = run.operation
    logger.info(
        "operation %s (%s) is %s, Google took %d ms", operation_id, operation.task, operation.state, google
    )
    operations.wake_next(run.operation)


def _is_patient(run: Run) -> bool:
    """Whether a failing database still has time to recover. Raises DatabaseError if it cannot be asked."""
    return clock.now() < run.operation.patience_until


def _settle(run: Run, error: Exception, failed: Callable[[Run, Failure], None]) -> None:
    seconds = _wait_before_retry(run, error)
    if seconds is not None and _is_patient(run):
        run.postpone(_sentence(error), seconds, error.until if isinstance(error, WaitError) else None)
        operations.send_on_commit(run.operation, seconds)
        return
    failure = _failure(error)
    with run.failure(failure.message, failure.remedy):
        secrets.destroy(run.operation)
        if failure.needs_credential:
            run.operation.needs_credential = True
            run.operation.save(update_fields=["needs_credential"])
        failed(run, failure)


def _wait_before_retry(run: Run, error: Exception) -> float | None:
    """Return the seconds to wait, or None if trying again is no use. Exponential, with full jitter."""
    if isinstance(error, WaitError):
        asked = error.seconds
    elif isinstance(error, GoogleError) and error.retryable:
        asked = error.retry_after
    else:
        return None
    attempts = run.current.attempts if run.current else run.operation.attempts
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 10))
    backoff = random.uniform(ceiling / 2, ceiling)  # noqa: S311 (spreads load, keeps no secret)
    return max(backoff, asked or 0.0) if not isinstance(error, WaitError) else (asked or backoff)


def _failure(error: Exception) -> Failure:
    if isinstance(error, RefusedError):
        return Failure(str(error), error.remedy, error.needs_credential)
    if isinstance(error, secrets.CredentialGoneError):
        return Failure("The password is no longer kept.", ASK_AGAIN, needs_credential=True)
    if isinstance(error, GoogleError | WaitError):
        return Failure(_sentence(error), _remedy(error))
    logger.exception("an operation met an error that nobody foresaw")
    return Failure(
        f"The portal met an error that nobody foresaw ({type(error).__name__}).",
        "Retry once; if it comes again, the worker's log has the details.",
    )


def _remedy(error: GoogleError | WaitError) -> str:
    if isinstance(error, ApiDisabled):
        project = _named_project(error.message)
        command = f"gcloud services enable {error.service or 'SERVICE'} --project={project}"
        return f"Switch the API on in the project that Google names, then retry: {command}"
    if isinstance(error, PermissionDenied):
        return (
            "Give the portal's service account the permission that is missing, then retry."
            " Check again, on the project's page, names what is missing and the command that grants it."
        )
    if isinstance(error, CredentialsMissing):
        return "Give the portal valid Google credentials, then retry."
    if isinstance(error, WaitError) or error.retryable:
        return "The portal tried again and again for half an hour. Retry when Google is well."
    return "Mend what Google complains of, then retry."


def _named_project(message: str) -> str:
    """The ID of the project that Google names by its number; PROJECT if nobody knows it here."""
    named = _IN_PROJECT.search(message)
    found = Project.objects.filter(number=named[1]).first() if named else None
    return found.project_id if found else "PROJECT"


def _sentence(error: Exception) -> str:
    return error.message if isinstance(error, GoogleError) else str(error)


@contextmanager
def _lease_kept(run: Run) -> Iterator[None]:
    """Renew the lease from a thread while a call to Google takes its time."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(run, over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep(run: Run, over: threading.Event) -> None:
    try:
        while not over.wait(settings.LEASE_SECONDS / 3):
            try:
                run.renew()
            except SupersededError:
                return  # the next fenced write of the run's own thread finds out too
            except DatabaseError:
                logger.warning("operation %s: the lease could not be renewed", run.operation.pk)
                connection.close()
    finally:
        connection.close()
