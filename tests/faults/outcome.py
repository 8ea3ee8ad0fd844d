"""What must be true after every fault: the job done exactly once, proven, and nobody else's work touched."""

from __future__ import annotations

from access.models import CONNECTION_USER, Grant
from connections.models import Connection
from emulator.client import Control
from portal import audit
from portal.models import AuditEvent, Operation, SealedCredential, Step
from tests.support.creation import AGENT, ALLOYDB_CLIENT, ANALYST, NUMBER, connection_of
from tests.support.google_side import Picture, applied, bindings

Outcome = AuditEvent.Outcome


def google_name(operation: Operation) -> str:
    """Return Google's name of the connection that the operation makes: with the project's number."""
    connection = connection_of(operation)
    return f"projects/{NUMBER}/locations/{connection.location}/connections/{connection.connection_id}"


def outcomes(operation: Operation, action: str = "connection.create") -> list[str]:
    """Return the outcomes of an action that the audit trail tells of, without the request."""
    events = AuditEvent.objects.filter(operation=str(operation.pk), action=action)
    return list(
        events.exclude(outcome=Outcome.REQUESTED).order_by("position").values_list("outcome", flat=True)
    )


def assert_done_once(
    control: Control, before: Picture, operation: Operation, *, project_writes: int = 1
) -> None:
    """Hold a finished creation to "exactly one final effect at Google, one audit outcome"."""
    operation.refresh_from_db()
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert set(operation.steps.values_list("state", flat=True)) == {Step.State.SUCCEEDED}
    connection = connection_of(operation)
    assert connection.state == Connection.State.ACTIVE
    assert connection.has_credential

    name = google_name(operation)
    assert before.added(control) == {"connections": [name], "bindings": [(ALLOYDB_CLIENT, AGENT, "")]}
    assert bindings(control, name) == [(CONNECTION_USER, ANALYST, "")]
    assert applied(control, "connections.create") == 1
    assert applied(control, "projects.setIamPolicy") == project_writes
    assert applied(control, "connections.setIamPolicy") == 1

    assert outcomes(operation) == [Outcome.SUCCEEDED]
    assert outcomes(operation, "connection.made") == [Outcome.SUCCEEDED]
    assert outcomes(operation, "grant.activate") == [Outcome.SUCCEEDED] * 2
    assert not SealedCredential.objects.exists()
    assert not operation.needs_credential
    grants = list(Grant.objects.values_list("desired", "observed"))
    assert grants == [(Grant.Presence.PRESENT, Grant.Presence.PRESENT)] * 2
    assert not Grant.objects.filter(intended_at=None).exists(), "the portal forgot which bindings are its own"
    assert not connection.resource.writer
    assert_trail_holds()


def assert_failed(operation: Operation, *, needs_credential: bool) -> None:
    """Hold a failed creation to "visible, secret destroyed"."""
    operation.refresh_from_db()
    assert operation.state == Operation.State.FAILED
    assert operation.error
    failed = operation.steps.get(state=Step.State.FAILED)
    assert failed.message
    assert failed.remedy
    assert outcomes(operation) == [Outcome.FAILED]
    assert not SealedCredential.objects.exists()
    assert operation.needs_credential == needs_credential
    assert_trail_holds()


def assert_trail_holds() -> None:
    """Verify the audit chain."""
    proof = audit.verify()
    assert proof.holds, proof.problem
