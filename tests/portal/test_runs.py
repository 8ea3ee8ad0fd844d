"""A run's steps: which is done, which waits, and what is kept of each; nothing after the operation's end."""

from __future__ import annotations

import pytest

from portal import clock, execution, operations
from portal.gcp.errors import Unavailable
from portal.models import Operation, Step
from portal.runs import Run, SupersededError
from tests.portal import things

pytestmark = pytest.mark.django_db
State = Operation.State


def claimed(operation: Operation) -> Run:
    run = operations.claim(str(operation.pk))
    assert run is not None
    return run


def steps(operation: Operation) -> list[tuple[str, int, str]]:
    """How each stands: its state, how often it was begun, what came of it."""
    return list(operation.steps.values_list("state", "attempts", "message"))


def test_the_last_step_is_done_when_the_operation_is() -> None:
    operation = things.operation()
    run = claimed(operation)
    for name in ("step1", "step2"):
        run.step(name, lambda: "done", lambda said: said)
    assert steps(operation)[1] == (Step.State.RUNNING, 1, "")
    with run.outcome():
        pass
    assert steps(operation) == [(Step.State.SUCCEEDED, 1, "done")] * 2


def test_a_step_that_nobody_did_was_not_begun() -> None:
    operation = things.operation()
    run = claimed(operation)
    run.step("step1", lambda: "done", lambda said: said)
    with run.outcome():
        pass
    assert steps(operation)[1] == (Step.State.PENDING, 0, "")


def test_after_its_end_a_run_writes_nothing() -> None:
    """Nobody took it over: the token is still the newest."""
    run = claimed(things.operation())
    with run.outcome():
        pass
    with pytest.raises(SupersededError), run.fenced():
        pytest.fail("it came in after the end")


def test_a_step_began_when_it_was_first_tried() -> None:
    operation = things.operation()
    answers = [Unavailable("Google is busy.", retryable=True), None]

    def call() -> None:
        if error := answers.pop(0):
            raise error

    def apply(run: Run) -> None:
        run.step("step1", call)
        run.step("step2", lambda: None)
        with run.outcome():
            pass

    execution.execute(str(operation.pk), apply, lambda run, failure: None)
    operation.refresh_from_db()
    assert (operation.state, operation.lease_until) == (State.WAITING, None)
    began = operation.steps.get(name="step1").started_at
    assert began
    Operation.objects.update(run_after=clock.now())
    execution.execute(str(operation.pk), apply, lambda run, failure: None)
    step = operation.steps.get(name="step1")
    assert (step.started_at, step.attempts, step.state) == (began, 2, Step.State.SUCCEEDED)
