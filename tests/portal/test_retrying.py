"""A failed operation is tried again: by whom, from where, once, and with the password if it is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock, operations, secrets
from portal.models import AuditEvent, Operation, Step
from tests.portal import people, things
from tests.portal.threads import at_once

State = Operation.State


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
