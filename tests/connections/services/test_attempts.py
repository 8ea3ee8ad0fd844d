"""Several attempts at one connection: whose it is, whose password it gets, and what is not the portal's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access.models import CONNECTION_USER
from connections import kinds
from connections.models import Connection
from connections.services import create, making
from emulator.client import Control
from portal import clock, operations, secrets
from portal.gcp import connections as google
from portal.models import Operation, SealedCredential, User
from tests.support.creation import PASSWORD, WRONG_PASSWORD, administrator, ask_for, attempt, carry_out
from tests.support.creation import new_connection as new
from tests.support.emulated import Emulator
from tests.support.factories import make_person
from tests.support.google_side import applied

pytestmark = pytest.mark.django_db(transaction=True)
State = Operation.State


@pytest.fixture
def control(emulator: Emulator) -> Control:
    """Google's APIs; service agents are there at once."""
    emulator.control.agent_delay(0)
    return emulator.control


@pytest.fixture
def ada(transactional_db: None) -> User:
    """Who makes connections."""
    return administrator()


def refuse(control: Control, *, times: int = 1) -> None:
    """Have Google refuse the next create for good."""
    control.fault("connections.create", times=times, status=403, when="before")


def lose_the_answer(control: Control, *, looks: int) -> None:
    """The next create is done, its answer is lost, and that many looks do not show it yet."""
    control.fault("connections.create", status=503, when="after", times=1)
    control.fault("connections.get", status=404, message="Not found: Connection", skip=1, times=looks)


def make_by_hand() -> None:
    """Somebody makes exactly the connection that is asked for."""
    body = kinds.get("alloydb").body(new().properties, "somebody else's")
    google.create("acme-analytics", "us", "orders", {**body, "friendlyName": "Orders"})


def test_an_older_attempt_cannot_be_tried_again(control: Control, ada: User) -> None:
    refuse(control)
    carry_out(old := ask_for())
    refuse(control)
    carry_out(ask_for())

    with pytest.raises(ValueError, match="newer attempt"):
        operations.request_retry(old, by=ada, credential=PASSWORD)
    assert not SealedCredential.objects.exists()


def test_an_older_attempt_that_was_retried_before_gives_way(control: Control, ada: User) -> None:
    """The row goes to the newer attempt while the retry of the older one waits for a worker."""
    refuse(control)
    carry_out(old := ask_for())
    operations.request_retry(old, by=ada, credential=WRONG_PASSWORD)
    newer = ask_for()

    carry_out(old)

    assert (old.state, old.error) == (State.FAILED, operations.REPLACED)
    assert Connection.objects.get().state == Connection.State.CREATING, "the row is not the old one's"
    assert "connections.create" not in [call["method"] for call in control.calls() if call["applied"]]
    carry_out(newer)
    assert newer.state == State.SUCCEEDED, newer.error


def test_beginning_anew_names_the_owners_anew(control: Control, ada: User) -> None:
    refuse(control)
    carry_out(ask_for(owners=(make_person("olga@example.com"), ada)))
    carry_out(ask_for(owners=(ada,)))
    assert list(Connection.objects.get().resource.owners.all()) == [ada]


def test_beginning_anew_shares_with_nobody_of_before(control: Control, ada: User) -> None:
    refuse(control)
    carry_out(ask_for(share=(("user:old@example.com", CONNECTION_USER),)))
    carry_out(operation := ask_for(share=(("user:new@example.com", CONNECTION_USER),)))
    assert operation.state == State.SUCCEEDED, operation.error
    live = Connection.objects.get().resource.grants.filter(desired="present")
    assert [grant.principal for grant in live] == ["user:new@example.com"]


def test_a_retry_that_runs_keeps_its_name(control: Control, ada: User) -> None:
    refuse(control)
    carry_out(operation := ask_for())
    operations.request_retry(operation, by=ada, credential=PASSWORD)
    control.fault("connections.create", times=1, status=429)
    attempt(operation)
    assert operation.state == State.WAITING
    assert Connection.objects.get().state == Connection.State.CREATING
    carry_out(operation)
    assert operation.state == State.SUCCEEDED, operation.error


def test_what_somebody_made_after_a_refusal_is_not_adopted(control: Control, ada: User) -> None:
    refuse(control)
    carry_out(operation := ask_for())
    assert Connection.objects.get().intended_at is None
    make_by_hand()

    operations.request_retry(operation, by=ada, credential=PASSWORD)
    carry_out(operation)

    assert (operation.state, operation.error) == (State.FAILED, create.TAKEN)
    assert not applied(control, "connections.patch")


def test_what_was_there_before_is_not_adopted_on_retry(control: Control, ada: User) -> None:
    """The first look does not show it, the create says that it exists."""
    make_by_hand()
    control.fault("connections.get", status=404, message="Not found: Connection", times=1)
    carry_out(operation := ask_for())
    assert operation.error == create.TAKEN

    operations.request_retry(operation, by=ada, credential=PASSWORD)
    carry_out(operation)

    assert (operation.state, operation.error) == (State.FAILED, create.TAKEN)


def test_what_google_does_not_show_yet_is_waited_for(control: Control) -> None:
    lose_the_answer(control, looks=3)
    attempt(operation := ask_for())
    attempt_again(operation)
    assert (operation.state, operation.error) == (
        State.WAITING,
        "Google says that the connection exists and does not show it yet.",
    )

    carry_out_waiting(operation)

    assert operation.state == State.SUCCEEDED, operation.error
    assert applied(control, "connections.create") == 1


def test_another_one_is_not_taken_for_what_a_lost_attempt_made(control: Control) -> None:
    """The answer is lost, nothing was made, and what the next look shows has other values."""
    make_by_hand()
    control.fault("connections.get", status=404, message="Not found: Connection", times=1)
    control.fault("connections.create", status=503, when="before", times=1)
    carry_out(operation := ask_for(friendly_name="Other orders"))
    assert operation.state == State.FAILED
    assert "with other values than these" in operation.error
    assert Connection.objects.get().state == Connection.State.FAILED


def test_what_somebody_made_long_after_a_lost_attempt_is_not_adopted(control: Control) -> None:
    """Ten minutes later every look shows what that attempt made: nothing."""
    control.fault("connections.create", status=503, when="before", times=1)
    attempt(operation := ask_for())
    Connection.objects.update(intended_at=clock.now() - making.SETTLED - timedelta(seconds=1))
    make_by_hand()
    control.fault("connections.get", status=404, message="Not found: Connection", times=1)

    attempt_again(operation)

    assert (operation.state, operation.error) == (State.FAILED, create.TAKEN)
    assert not applied(control, "connections.patch")


def test_what_is_there_stays_active_though_its_test_failed(control: Control) -> None:
    carry_out(operation := ask_for(password=WRONG_PASSWORD))
    assert operation.state == State.FAILED
    assert Connection.objects.get().state == Connection.State.ACTIVE


def attempt_again(operation: Operation) -> None:
    """The next attempt, now."""
    assert operation.state == State.WAITING, operation.error
    Operation.objects.filter(pk=operation.pk).update(run_after=clock.now() - timedelta(seconds=1))
    attempt(operation)


def carry_out_waiting(operation: Operation) -> None:
    """All further attempts."""
    attempt_again(operation)
    if not operation.is_over:
        carry_out(operation)


def test_beginning_anew_after_a_lost_answer_takes_up_what_was_made(control: Control) -> None:
    lose_the_answer(control, looks=1)
    attempt(lost := ask_for(password=WRONG_PASSWORD))
    Operation.objects.filter(pk=lost.pk).update(patience_until=clock.now())
    control.fault("connections.get", status=503, times=1)
    attempt_again(lost)
    assert (lost.state, Connection.objects.get().state) == (State.FAILED, Connection.State.FAILED)

    carry_out(operation := ask_for())

    assert operation.state == State.SUCCEEDED, operation.error
    assert applied(control, "connections.create") == 1
    assert applied(control, "connections.patch") == 1, "it holds the password that was typed last"


def test_beginning_anew_with_other_values_says_what_stands_in_the_way(control: Control) -> None:
    lose_the_answer(control, looks=1)
    attempt(lost := ask_for())
    Operation.objects.filter(pk=lost.pk).update(patience_until=clock.now())
    control.fault("connections.get", status=503, times=1)
    attempt_again(lost)

    carry_out(operation := ask_for(friendly_name="Other orders"))

    assert operation.state == State.FAILED
    assert "An earlier attempt of the portal may have made it" in operation.error


def test_the_password_typed_at_a_retry_replaces_that_of_the_lost_attempt(control: Control, ada: User) -> None:
    lose_the_answer(control, looks=1)
    attempt(operation := ask_for(password=WRONG_PASSWORD))
    SealedCredential.objects.update(expires_at=clock.now())
    attempt_again(operation)
    assert (operation.state, operation.needs_credential) == (State.FAILED, True)
    with pytest.raises(secrets.CredentialGoneError):
        operations.request_retry(operation, by=ada)

    operations.request_retry(operation, by=ada, credential=PASSWORD)
    carry_out(operation)

    assert operation.state == State.SUCCEEDED, operation.error
    assert applied(control, "connections.create") == 1
    assert applied(control, "connections.patch") == 1


def test_a_create_that_is_recognised_at_once_is_not_patched(control: Control) -> None:
    control.fault("connections.create", status=503, when="after", times=1)
    carry_out(operation := ask_for())
    assert operation.state == State.SUCCEEDED, operation.error
    assert not applied(control, "connections.patch")
