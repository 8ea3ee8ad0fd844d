"""Operations: claimed once, taken over when abandoned, fenced, sent again when lost, retried on request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from portal import audit, clock, execution, operations, secrets
from portal.celery import app
from portal.gcp.errors import ApiDisabled, GoogleError, PermissionDenied, Unavailable
from portal.models import AuditEvent, Operation, SealedCredential, Step
from portal.runs import RefusedError, Run, SupersededError, WaitError
from tests.portal import people, things
from tests.portal.threads import at_once

State = Operation.State


def expire_lease(operation: Operation) -> None:
    Operation.objects.filter(pk=operation.pk).update(lease_until=clock.now() - timedelta(seconds=1))


def carry_out(operation: Operation, apply: Callable[[Run], None]) -> list[execution.Failure]:
    """Execute in process; return the failures that the service was told of."""
    told: list[execution.Failure] = []
    execution.execute(str(operation.pk), apply, lambda run, failure: told.append(failure))
    operation.refresh_from_db()
    return told


def do_both_steps(run: Run) -> None:
    for name in ("step1", "step2"):
        run.step(name, lambda: "done", lambda said: said)
    with run.outcome():
        pass


def test_many_workers_claim_an_operation_once(transactional_db: None) -> None:
    operation = things.operation()
    runs = at_once(8, lambda _: operations.claim(str(operation.pk)))
    assert sum(run is not None for run in runs) == 1
    operation.refresh_from_db()
    assert (operation.fencing_token, operation.attempts) == (1, 1)


def test_of_operations_with_one_lock_one_runs(transactional_db: None) -> None:
    waiting = [things.operation(lock="projects/acme") for _ in range(4)]
    runs = at_once(4, lambda number: operations.claim(str(waiting[number].pk)))
    assert sum(run is not None for run in runs) == 1
    assert Operation.objects.filter(state=State.RUNNING).count() == 1


@pytest.mark.django_db
def test_an_operation_whose_time_has_not_come_is_not_claimed() -> None:
    later = things.operation(run_after=clock.now() + timedelta(minutes=1))
    assert operations.claim(str(later.pk)) is None


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED])
def test_what_is_over_is_not_claimed(state: str) -> None:
    assert operations.claim(str(things.operation(state=state).pk)) is None


@pytest.mark.django_db
def test_an_expired_lease_is_taken_over_and_the_old_run_can_write_nothing() -> None:
    operation = things.operation()
    old = operations.claim(str(operation.pk))
    assert old is not None
    assert operations.claim(str(operation.pk)) is None
    expire_lease(operation)
    new = operations.claim(str(operation.pk))
    assert new is not None
    assert new.token == old.token + 1

    with pytest.raises(SupersededError):
        old.renew()
    with pytest.raises(SupersededError):
        old.step("step1", lambda: None)
    with pytest.raises(SupersededError), old.outcome():
        pytest.fail("an old run came in")
    with pytest.raises(SupersededError), old.failure("no", ""):
        pytest.fail("an old run came in")
    with pytest.raises(SupersededError):
        old.postpone("later", 1)
    assert set(operation.steps.values_list("state", flat=True)) == {Step.State.PENDING}
    new.renew()


@pytest.mark.django_db
def test_a_run_superseded_during_its_call_records_nothing() -> None:
    operation = things.operation()

    def apply(run: Run) -> None:
        def call() -> str:
            expire_lease(operation)
            assert operations.claim(str(operation.pk)) is not None
            return "too late"

        run.step("step1", call, lambda said: said)

    assert carry_out(operation, apply) == []
    step = operation.steps.get(name="step1")
    assert (operation.state, step.state, step.message) == (State.RUNNING, Step.State.RUNNING, "")


@pytest.mark.django_db
def test_steps_that_are_done_are_not_done_again() -> None:
    operation = things.operation()
    done: list[str] = []

    def apply(run: Run) -> None:
        run.step("step1", lambda: done.append("first"))
        run.step("step2", fail_once)
        with run.outcome():
            pass

    def fail_once() -> None:
        done.append("second")
        if done.count("second") == 1:
            raise Unavailable("Google is busy.", retryable=True)

    carry_out(operation, apply)
    assert operation.state == State.WAITING
    assert operation.steps.get(name="step2").message == "Google is busy."
    Operation.objects.update(run_after=clock.now())
    carry_out(operation, apply)
    assert operation.state == State.SUCCEEDED
    assert done == ["first", "second", "second"]


@pytest.mark.django_db
def test_patience_ends() -> None:
    operation = things.operation(patience_until=clock.now())

    def apply(run: Run) -> None:
        run.step("step1", lambda: wait("Google is still making it."))

    failures = carry_out(operation, apply)
    assert operation.state == State.FAILED
    assert [failure.message for failure in failures] == ["Google is still making it."]
    assert operation.steps.get(name="step1").state == Step.State.FAILED


@pytest.mark.django_db
def test_a_database_that_never_takes_it_fails_the_operation_when_patience_ends() -> None:
    def refuse(run: Run) -> None:
        raise IntegrityError("this row is not to be had")

    patient = things.operation()
    with pytest.raises(IntegrityError):
        carry_out(patient, refuse)
    impatient = things.operation(patience_until=clock.now() - timedelta(seconds=1))
    assert carry_out(impatient, refuse)
    impatient.refresh_from_db()
    assert impatient.state == Operation.State.FAILED


def wait(message: str, until: datetime | None = None) -> None:
    raise WaitError(message, until=until)


@pytest.mark.django_db
def test_a_wait_with_an_end_of_its_own_keeps_it_until_the_next_try() -> None:
    operation, end = things.operation(), clock.now() + timedelta(minutes=7)
    carry_out(operation, lambda run: run.step("step1", lambda: wait("A role begins to act.", end)))
    assert (operation.state, operation.wait_ends_at) == (State.WAITING, end)
    Operation.objects.update(run_after=clock.now())
    carry_out(operation, lambda run: run.step("step1", lambda: wait("Somebody else writes.")))
    assert (operation.state, operation.wait_ends_at) == (State.WAITING, None)


@pytest.mark.django_db
def test_a_refusal_fails_at_once_destroys_the_credential_and_says_what_to_do() -> None:
    operation = things.operation()
    things.seal(operation)

    def refuse() -> None:
        raise RefusedError("It is taken.", "Choose another.", needs_credential=True)

    carry_out(operation, lambda run: run.step("step1", refuse))
    step = operation.steps.get(name="step1")
    assert (step.message, step.remedy) == ("It is taken.", "Choose another.")
    assert operation.needs_credential
    assert not SealedCredential.objects.exists()


def refusals() -> list[tuple[GoogleError, str]]:
    """What Google refuses for good, with what a person is told to do about it."""
    off = ApiDisabled("It is off in project 42.")
    off.service = "alloydb.googleapis.com"
    return [
        (off, "gcloud services enable alloydb.googleapis.com --project=PROJECT"),
        (PermissionDenied("You may not."), "Check again, on the project's page, names what is missing"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "remedy"), refusals(), ids=["API off", "permission missing"])
def test_what_is_missing_comes_with_the_way_to_the_command(error: GoogleError, remedy: str) -> None:
    operation = things.operation()

    def refuse() -> None:
        raise error

    carry_out(operation, lambda run: run.step("step1", refuse))
    assert remedy in operation.steps.get(name="step1").remedy


@pytest.mark.django_db
def test_an_error_that_nobody_foresaw_shows_no_more_than_its_kind() -> None:
    operation = things.operation()

    def surprise() -> None:
        raise KeyError("canary-password")

    carry_out(operation, lambda run: run.step("step1", surprise))
    assert operation.state == State.FAILED
    assert "KeyError" in operation.error
    assert "canary" not in operation.error


@given(attempts=st.integers(1, 200), asked=st.none() | st.floats(0, 300))
def test_the_backoff_has_bounds(attempts: int, asked: float | None) -> None:
    run = Run(Operation(attempts=attempts))
    error: GoogleError = Unavailable("busy", retryable=True, retry_after=asked)
    seconds = execution._wait_before_retry(run, error)
    assert seconds is not None
    ceiling = min(execution.LONGEST_WAIT, execution.FIRST_WAIT * 2 ** (attempts - 1))
    assert max(ceiling / 2, asked or 0) <= seconds <= max(ceiling, asked or 0)
    assert execution._wait_before_retry(run, Unavailable("no", retryable=False)) is None


@pytest.mark.django_db
def test_the_sweep_sends_what_was_lost_and_nothing_else() -> None:
    past = clock.now() - timedelta(minutes=1)
    lost = things.operation(run_after=past)
    waiting = things.operation(state=State.WAITING, run_after=past)
    abandoned = things.operation(state=State.RUNNING, lease_until=past)
    things.operation(state=State.RUNNING, lease_until=clock.now() + timedelta(minutes=1))
    things.operation(run_after=clock.now() + timedelta(minutes=1))
    things.operation(state=State.SUCCEEDED, run_after=past)
    assert operations.sweep() == 3
    sent = set(Operation.objects.exclude(sent_at=None).values_list("pk", flat=True))
    assert sent == {lost.pk, waiting.pk, abandoned.pk}
    assert operations.sweep() == 0, "not again in the same moment"


@pytest.mark.django_db
def test_a_retry_goes_on_with_what_failed(cast: people.Cast) -> None:
    operation = things.failed_operation(by=cast.admin)
    operation.steps.filter(position=2).update(state=Step.State.SUCCEEDED)
    Operation.objects.update(patience_until=clock.now(), on_behalf_of=cast.owner.pk)
    operations.request_retry(operation, by=cast.admin)
    operation.refresh_from_db()
    assert operation.patience_until > clock.now() + timedelta(minutes=20), "as long as for a new one"
    assert operation.on_behalf_of == cast.admin.pk, "whoever retries it has to have the right"
    assert (operation.state, operation.error, operation.ended_at) == (State.PENDING, "", None)
    assert [step.state for step in operation.steps.all()] == [Step.State.PENDING, Step.State.SUCCEEDED]
    event = AuditEvent.objects.get(action="operation.retry")
    assert (event.actor, event.operation) == ("admin@example.com", str(operation.pk))


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.PENDING, State.RUNNING, State.WAITING, State.SUCCEEDED])
def test_only_what_failed_can_be_retried(cast: people.Cast, state: str) -> None:
    with pytest.raises(ValueError, match="Only a failed"):
        operations.request_retry(things.operation(state=state), by=cast.admin)


@pytest.mark.django_db
def test_a_retry_without_the_password_that_it_needs_is_refused(cast: people.Cast) -> None:
    operation = things.failed_operation(by=cast.admin, needs_credential=True)
    with pytest.raises(secrets.CredentialGoneError):
        operations.request_retry(operation, by=cast.admin)
    operation.refresh_from_db()
    assert operation.state == State.FAILED
    operations.request_retry(operation, by=cast.admin, credential="canary")
    assert secrets.open_sealed(operation=operation, **things.PLACE) == "canary"


def test_of_two_retries_at_once_one_counts(transactional_db: None) -> None:
    admin = people.person("admin@example.com")
    operation = things.failed_operation(by=admin)

    def retry(_: int) -> bool:
        try:
            operations.request_retry(operation, by=admin)
        except ValueError:
            return False
        return True

    assert sorted(at_once(2, retry)) == [False, True]
    assert AuditEvent.objects.filter(action="operation.retry").count() == 1


def test_an_operation_belongs_into_a_transaction(transactional_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        operations.enqueue("x", title="x", target="x", by=None, steps=[])


@pytest.mark.django_db
def test_the_next_in_line_is_woken_when_the_lock_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    began = clock.now()
    ages = [timedelta(seconds=seconds) for seconds in (9, 6, 3)]
    first, second, _ = (things.operation(lock="projects/acme", created_at=began - age) for age in ages)
    woken: list[str] = []

    def send(task: str, args: list[str], **options: object) -> None:
        woken.extend(args)

    def apply(run: Run) -> None:
        assert operations.claim(str(second.pk)) is None
        do_both_steps(run)

    monkeypatch.setattr(app, "send_task", send)
    carry_out(first, apply)
    assert first.state == State.SUCCEEDED
    assert woken == [str(second.pk)], "the one that waited longest"
    assert operations.claim(str(second.pk)) is not None
    assert audit.verify().holds
