"""Operations: the only writer of the outbox. enqueue, claim, step, settle, sweep.

A service enqueues inside its transaction; the message goes out on commit and only wakes a worker. The
worker claims the row by a conditional UPDATE with a lease and a fencing token; whoever holds an older
token can write nothing any more. What is lost (message, worker, broker) the sweep sends again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from portal import audit, clock, secrets
from portal.celery import wake
from portal.models import Operation, Step, User
from portal.runs import Run

State = Operation.State
PATIENCE = timedelta(minutes=30)
SWEEP_LIMIT = 200
LONGEST_TITLE = 200
REPLACED = "A newer attempt replaced this one."


def enqueue(
    task: str,
    *,
    title: str,
    target: str,
    by: User | str | None,
    steps: Sequence[tuple[str, str]],
    target_url: str = "",
    parameters: dict[str, Any] | None = None,
    lock: str = "",
    owners_may: bool = False,
) -> Operation:
    """Write the outbox row with its steps (name, title) and send it when the transaction commits.

    `task` is the Celery task that carries it out, `target` the full name of what it changes,
    `target_url` where "Go to" leads; `owners_may` says that the target's owners may ask for it, not only
    administrators. Who asked must still have the right when it is carried out.
    Raises TransactionManagementError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an operation belongs into its change's transaction")
    now = clock.now()
    operation = Operation.objects.create(
        task=task,
        title=title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…",
        target=target,
        target_url=target_url,
        parameters=parameters or {},
        lock=lock,
        run_after=now,
        patience_until=now + PATIENCE,
        requested_by=str(by) if by else audit.SYSTEM,
        on_behalf_of=by.pk if isinstance(by, User) else None,
        owners_may=owners_may,
        created_at=now,
    )
    Step.objects.bulk_create(
        Step(operation=operation, position=position, name=name, title=step_title)
        for position, (name, step_title) in enumerate(steps, start=1)
    )
    send_on_commit(operation)
    return operation


def send_on_commit(operation: Operation, delay_seconds: float = 0) -> None:
    """Send the waking message after commit. That it may be lost is the sweep's business."""
    transaction.on_commit(lambda: _send(operation, delay_seconds), robust=True)


def _send(operation: Operation, delay_seconds: float = 0) -> None:
    wake(operation.task, str(operation.pk), delay_seconds=delay_seconds)


def claim(operation_id: str) -> Run | None:
    """Take the operation for this worker if it is due and nobody holds it; else return None."""
    now = clock.now()
    due = Q(state__in=(State.PENDING, State.WAITING), run_after__lte=now)
    abandoned = Q(state=State.RUNNING, lease_until__lt=now)
    try:
        with transaction.atomic():
            claimed = (
                Operation.objects.filter(pk=operation_id)
                .filter(due | abandoned)
                .update(
                    state=State.RUNNING,
                    fencing_token=F("fencing_token") + 1,
                    lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
                    attempts=F("attempts") + 1,
                    started_at=Coalesce(F("started_at"), now),
                    error="",
                    wait_ends_at=None,
                )
            )
            if not claimed:
                return None
            operation = Operation.objects.get(pk=operation_id)
    except IntegrityError:  # another operation holds the lock; it wakes this one when it ends
        return None
    return Run(operation)


def wake_next(operation: Operation) -> None:
    """Send the oldest operation that waited for this one's lock."""
    if not operation.lock:
        return
    waiting = Operation.objects.filter(lock=operation.lock, state__in=(State.PENDING, State.WAITING))
    successor = waiting.exclude(pk=operation.pk).order_by("created_at").first()
    if successor:
        _send(successor)


def replace_earlier(operation: Operation) -> None:
    """Say that `operation` takes the place of all earlier ones of its task about the same target."""
    earlier = Operation.objects.filter(task=operation.task, target=operation.target, replaced_by="")
    earlier.exclude(pk=operation.pk).update(replaced_by=str(operation.pk))


def request_retry(operation: Operation, *, by: User, credential: str = "") -> None:
    """Start a failed operation again from the step that failed; `credential` replaces one that is gone.

    It goes on with the rights of `by`. Raises ValueError when the operation has not failed or a newer one
    took its place, CredentialGoneError when a credential is needed and none was given.
    """
    with audit.appending():
        locked = Operation.objects.select_for_update().get(pk=operation.pk)
        if locked.state != State.FAILED:
            raise ValueError("Only a failed operation can be retried.")
        if locked.replaced_by:
            raise ValueError(REPLACED)
        if locked.needs_credential and not credential:
            raise secrets.CredentialGoneError
        if locked.needs_credential:
            place = locked.parameters["credential"]
            secrets.seal(credential, operation=locked, **place)
        now = clock.now()
        locked.steps.exclude(state=Step.State.SUCCEEDED).update(
            state=Step.State.PENDING, message="", remedy="", ended_at=None
        )
        locked.state, locked.error, locked.ended_at = State.PENDING, "", None
        locked.run_after, locked.patience_until = now, now + PATIENCE
        locked.on_behalf_of = by.pk
        locked.save()
        audit.record(
            "operation.retry",
            by=by,
            target=locked.target,
            outcome=audit.Outcome.REQUESTED,
            detail={"title": locked.title},
            operation=locked,
        )
        send_on_commit(locked)


def sweep() -> int:
    """Send again what is due and was not taken: lost messages, dead workers. Return how many."""
    now = clock.now()
    gap = now - timedelta(seconds=settings.SWEEP_SECONDS * 2)
    due = Q(state__in=(State.PENDING, State.WAITING), run_after__lte=now - timedelta(seconds=1))
    abandoned = Q(state=State.RUNNING, lease_until__lt=now)
    found = list(
        Operation.objects.filter(due | abandoned)
        .filter(Q(sent_at__isnull=True) | Q(sent_at__lt=gap))
        .order_by("run_after")[:SWEEP_LIMIT]
    )
    Operation.objects.filter(pk__in=[operation.pk for operation in found]).update(sent_at=now)
    for operation in found:
        _send(operation)
    return len(found)
