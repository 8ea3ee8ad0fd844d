"""Rows 31, 33, 39, 40 and wrong passwords: what Google or the portal refuses is said, and can be mended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access.models import Grant
from connections import kinds
from emulator.client import Control
from portal import clock, operations, secrets
from portal.gcp import connections as google_connections
from portal.gcp import projects as google_projects
from portal.gcp.policies import PRINCIPAL_LIMIT
from portal.models import Operation, SealedCredential
from tests.faults.outcome import assert_done_once, assert_failed, google_name, outcomes
from tests.support.creation import (
    PASSWORD,
    PROJECT,
    WRONG_PASSWORD,
    administrator,
    ask_for,
    attempt,
    carry_out,
    connection_of,
    new_connection,
)
from tests.support.google_side import Picture, applied, bindings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("without_pauses")]


def retry(operation: Operation, credential: str = "") -> None:
    """Have Ada press Retry, and a worker carry it out."""
    operations.request_retry(operation, by=administrator(), credential=credential)
    carry_out(operation)


def test_already_exists_because_of_our_own_earlier_try_is_taken_as_done(
    google: Control, before: Picture
) -> None:
    """The create came late: after the look that followed its lost answer."""
    google.fault("connections.create", status=503, when="after")
    google.fault("connections.get", status=404, message="Not found: Connection", times=3)
    carry_out(operation := ask_for())
    assert len(google.calls("connections.create")) > 1
    assert_done_once(google, before, operation)


@pytest.mark.parametrize("alike", [True, False], ids=["with the same values", "with other values"])
@pytest.mark.parametrize("when", ["before the look", "after the look"])
def test_already_exists_and_not_ours_fails_clearly(alike: bool, when: str, google: Control) -> None:
    new = new_connection()
    properties = new.properties if alike else new.properties | {"database": "another"}
    body = kinds.get("alloydb").body(properties, "their-own-password")
    google_connections.create(PROJECT, new.location, new.connection_id, body | {"friendlyName": "Orders"})
    theirs = google.state()["connections"]
    if when == "after the look":
        google.fault("connections.get", status=404, message="Not found: Connection")
    carry_out(operation := ask_for())
    assert_failed(operation, needs_credential=True)
    assert "exists already" in operation.error
    assert google.state()["connections"] == theirs
    assert applied(google, "connections.create") == 1, "theirs"


def test_403_half_way_is_permanent_visible_and_leaves_no_secret(google: Control, before: Picture) -> None:
    google.fault("projects.setIamPolicy", status=403, message="Policy update access denied.")
    waits = carry_out(operation := ask_for())
    assert waits == [], "a refusal is not repeated"
    operation.refresh_from_db()
    assert operation.state == Operation.State.FAILED
    assert "Policy update access denied." in operation.error
    assert operation.steps.get(state="failed").name == "grant_service_agent"
    assert not SealedCredential.objects.exists()
    assert not operation.needs_credential, "BigQuery has the password already"
    assert outcomes(operation) == ["failed"]
    google.fault("projects.getIamPolicy", status=503)
    retry(operation)
    assert outcomes(operation) == ["failed", "succeeded"]
    assert before.added(google)["connections"] == [google_name(operation)]


def test_403_at_the_beginning_leaves_no_secret_and_asks_for_it_again(
    google: Control, before: Picture
) -> None:
    google.fault("connections.create", status=403, message="Permission denied.")
    carry_out(operation := ask_for())
    assert_failed(operation, needs_credential=True)
    with pytest.raises(secrets.CredentialGoneError):
        operations.request_retry(operation, by=administrator())
    retry(operation, PASSWORD)
    assert outcomes(operation) == ["failed", "succeeded"]
    assert applied(google, "connections.create") == 1
    assert before.added(google)["connections"] == [google_name(operation)]


def test_a_secret_that_is_gone_is_asked_for_again_and_never_sent_empty(
    google: Control, before: Picture
) -> None:
    google.fault("connections.create", status=503)
    operation = ask_for()
    attempt(operation)
    assert operation.state == Operation.State.WAITING
    SealedCredential.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert secrets.destroy_expired() == 1
    carry_out_waiting(operation)
    assert_failed(operation, needs_credential=True)
    assert len(google.calls("connections.create")) == 1
    with pytest.raises(secrets.CredentialGoneError):
        operations.request_retry(operation, by=administrator(), credential="")
    retry(operation, PASSWORD)
    assert outcomes(operation) == ["failed", "succeeded"]
    assert not SealedCredential.objects.exists()


def carry_out_waiting(operation: Operation) -> None:
    """Go on with an operation that waits."""
    Operation.objects.filter(pk=operation.pk).update(run_after=clock.now() - timedelta(seconds=1))
    carry_out(operation)


def test_a_secret_that_nobody_can_open_any_more_is_asked_for_again(google: Control) -> None:
    """Its keyset was lost, or the row was swapped with another's: the same to whoever waits."""
    operation = ask_for()
    SealedCredential.objects.update(ciphertext=b"something else")
    carry_out(operation)
    assert_failed(operation, needs_credential=True)
    assert not google.calls("connections.create")


def test_a_wrong_password_is_replaced_and_then_destroyed(google: Control, before: Picture) -> None:
    carry_out(operation := ask_for(password=WRONG_PASSWORD))
    assert_failed(operation, needs_credential=True)
    assert operation.steps.get(state="failed").name == "test_query"
    retry(operation, "wrong-again")
    operation.refresh_from_db()
    assert operation.state == Operation.State.FAILED
    assert operation.needs_credential
    retry(operation, PASSWORD)
    operation.refresh_from_db()
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert applied(google, "connections.create") == 1
    assert applied(google, "connections.patch") == 2
    assert not SealedCredential.objects.exists()


def test_a_password_that_bigquery_took_is_destroyed_even_if_the_test_fails_for_another_reason(
    google: Control,
) -> None:
    """And is not asked for a second time."""
    carry_out(operation := ask_for(password=WRONG_PASSWORD))
    message = "Access Denied: User does not have bigquery.jobs.create permission in project acme-analytics."
    google.fault("jobs.query", status=403, message=message)
    retry(operation, PASSWORD)
    assert operation.state == Operation.State.FAILED
    assert not operation.needs_credential
    assert not SealedCredential.objects.exists()
    retry(operation)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert applied(google, "connections.patch") == 1


@pytest.mark.parametrize("fault", [{"status": 503, "when": "after"}, {"status": 503, "when": "before"}])
def test_a_new_password_whose_answer_was_lost_is_sent_again(
    fault: dict[str, object], google: Control
) -> None:
    """Nobody can read a password back, but the same one twice is one."""
    carry_out(operation := ask_for(password=WRONG_PASSWORD))
    google.fault("connections.patch", **fault)
    retry(operation, PASSWORD)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert not SealedCredential.objects.exists()


def test_a_full_policy_is_refused_clearly_and_can_be_retried(google: Control, before: Picture) -> None:
    policy = google_projects.get_policy(PROJECT)
    room = PRINCIPAL_LIMIT - len(bindings(google))
    crowd = [("roles/logging.viewer", f"user:filler{number}@example.com") for number in range(room)]
    google_projects.set_policy(PROJECT, policy.changed(additions=crowd))
    carry_out(operation := ask_for())
    assert_failed(operation, needs_credential=False)
    assert "more than 1,500 principals" in operation.error
    assert Grant.objects.get(origin=Grant.Origin.SERVICE_AGENT).status == "failed"
    assert len(bindings(google)) == PRINCIPAL_LIMIT
    google.outsider(f"projects/{PROJECT}", *crowd[0], action="remove")
    retry(operation)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert connection_of(operation).state == "active"


def test_patience_has_an_end_and_a_retry_begins_anew(google: Control, before: Picture) -> None:
    google.fault("connections.create", status=503, times=50)
    operation = ask_for()
    attempt(operation)
    Operation.objects.update(patience_until=clock.now() - timedelta(seconds=1))
    carry_out_waiting(operation)
    assert_failed(operation, needs_credential=True)
    google.clear_faults()
    retry(operation, PASSWORD)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert applied(google, "connections.create") == 1


def test_two_operations_on_one_projects_policy_at_once(google: Control, before: Picture) -> None:
    """Both are made; the second finds the service agent's binding there and claims it too."""
    first, second = ask_for("orders"), ask_for("orders_read", share=())
    carry_out(first)
    carry_out(second)
    assert {first.state, second.state} == {Operation.State.SUCCEEDED}
    assert applied(google, "projects.setIamPolicy") == 1
    assert len(before.added(google)["bindings"]) == 1
