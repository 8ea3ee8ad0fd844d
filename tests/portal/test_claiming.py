"""Operations: claimed once, taken over when abandoned, fenced, in turns; what is lost is sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from portal import audit, clock, operations
from portal.celery import app
from portal.models import Operation, Step
from portal.runs import Run, SupersededError
from tests.portal import things
from tests.portal.threads import at_once
from tests.portal.workers import carry_out, expire_lease

State = Operation.State


def test_an_operation_belongs_into_a_transaction(transactional_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        operations.enqueue("x", title="x", target="x", by=None, steps=[])


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


def do_both_steps(run: Run) -> None:
    for name in ("step1", "step2"):
        run.step(name, lambda: "done", lambda said: said)
    with run.outcome():
        pass


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
