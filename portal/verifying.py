"""Verifying the audit chain: request_verification from the web, apply_verification in the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from portal import audit, checkpoints, clock, operations
from portal.chain import GENESIS, verify
from portal.chain import Verification as Found
from portal.execution import Failure
from portal.models import Operation, Step, User, Verification
from portal.runs import RefusedError, Run

TASK = "portal.verify_audit"
TARGET = "audit"
WALK = "walk"
REMEDY = (
    "Do not write to the database any more than you must. Compare with a backup and with the copies of the "
    "signed checkpoints, and find out who could write to the database."
)


def auditor_may(user: User, operation: Operation) -> bool:
    """Auditors have the chain verified too, not only administrators."""
    return operation.task == TASK and user.is_auditor


def latest() -> Verification | None:
    """Return the newest verification."""
    return _newest().first()


def request_verification(*, whole: bool, by: User) -> Operation:
    """Have a worker walk the chain: all of it, or what was appended since it was last seen to hold."""
    with audit.appending():
        last = None if whole else _newest().first()
        after = (last.size, last.hash) if last and last.holds else (0, GENESIS)
        operation = operations.enqueue(
            TASK,
            title="Verify the audit chain",
            target=TARGET,
            target_url=reverse("portal:verification"),
            parameters={"after": after[0], "hash": after[1]},
            lock="verify audit",
            by=by,
            steps=[(WALK, "Walk along the chain and compare it with the signed checkpoints")],
        )
        audit.record(
            "audit.verify",
            by=by,
            target=TARGET,
            outcome=audit.Outcome.REQUESTED,
            detail={"after": after[0]},
            operation=operation,
        )
        return operation


def apply_verification(run: Run) -> None:
    """Walk, and keep what was found. Raises RefusedError when the chain does not hold."""
    run.step(WALK, lambda: _walk(run), lambda walk: _keep(run, walk))
    with run.outcome():
        _record(run, audit.Outcome.SUCCEEDED)


def verification_failed(run: Run, failure: Failure) -> None:
    """Record that the chain does not hold, or could not be walked."""
    _record(run, audit.Outcome.FAILED, failure.message)


@dataclass(frozen=True)
class _Walk:
    """A walk that came to an end, whatever it found."""

    found: Found
    known: dict[int, str]
    started: datetime


def _walk(run: Run) -> _Walk:
    parameters, started = run.operation.parameters, clock.now()
    try:
        known = own_checkpoints()
    except checkpoints.BadCheckpointError as error:
        raise RefusedError(f"A checkpoint cannot be trusted: {error}.", REMEDY) from error
    row = Step.objects.filter(operation=run.operation, name=WALK)

    def progress(done: int, size: int) -> None:
        run.renew()
        row.update(message=f"{done:,} of {size:,} events hold so far.")

    found = verify(known, after=(parameters["after"], parameters["hash"]), progress=progress)
    walk = _Walk(found, known, started)
    if not found.holds:
        with run.fenced():
            _keep(run, walk)
        raise RefusedError(f"Event {found.bad_position}: {found.problem}.", REMEDY)
    return walk


def own_checkpoints() -> dict[int, str]:
    """Return the portal's own signed checkpoints. Raises BadCheckpointError."""
    path = settings.CHECKPOINT_FILE
    return checkpoints.read(path.read_text().splitlines()) if path.exists() else {}


def _keep(run: Run, walk: _Walk) -> str:
    """Write down what was found; return the sentence for the step."""
    found, after = walk.found, run.operation.parameters["after"]
    agreeing = [size for size in walk.known if after <= size <= found.size]
    Verification.objects.create(
        operation=str(run.operation.pk),
        requested_by=run.operation.requested_by,
        began_after=after,
        size=found.size,
        hash=found.hash,
        bad_position=found.bad_position,
        problem=found.problem,
        checkpoints=len(agreeing),
        last_checkpoint=max(agreeing, default=0),
        started_at=walk.started,
        ended_at=clock.now(),
    )
    return f"Events {after + 1:,} to {found.size:,} hold; {len(agreeing)} signed checkpoints agree."


def _newest() -> QuerySet[Verification]:
    return Verification.objects.order_by("-ended_at", "-id")


def _record(run: Run, outcome: audit.Outcome, reason: str = "") -> None:
    kept = _newest().filter(operation=str(run.operation.pk)).first()
    names = ("began_after", "size", "hash", "bad_position", "checkpoints")
    audit.record(
        "audit.verify",
        by=run.operation.requested_by,
        target=TARGET,
        outcome=outcome,
        reason=reason,
        detail={name: getattr(kept, name) for name in names} if kept else {},
        operation=run.operation,
    )
