"""Carrying out: what is done stays done, what may pass is tried again, the rest fails in words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from portal import clock, execution
from portal.gcp.errors import ApiDisabled, GoogleError, PermissionDenied, Unavailable
from portal.models import Operation, SealedCredential, Step
from portal.runs import RefusedError, Run, WaitError
from tests.portal import things
from tests.portal.workers import carry_out
from tests.support.factories import make_project

State = Operation.State


def wait(message: str, until: datetime | None = None) -> None:
    raise WaitError(message, until=until)


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
    assert impatient.state == State.FAILED


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
def test_the_command_names_a_project_that_the_portal_knows() -> None:
    make_project("acme-sandbox", number=42)
    error, _ = refusals()[0]
    operation = things.operation()

    def refuse() -> None:
        raise error

    carry_out(operation, lambda run: run.step("step1", refuse))
    assert operation.steps.get(name="step1").remedy.endswith("--project=acme-sandbox")


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
