"""Rows 1 to 7: kill -9 of the worker at every moment of the job.

Google's stand-in holds the call at which the worker shall die, or the test holds the database.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from emulator.client import Control
from portal import operations
from portal.models import Operation
from tests.faults.conftest import RECOVERY_SECONDS, until_over
from tests.faults.locks import held
from tests.faults.moments import ANSWERED, APPLIED, ARRIVES, Moment
from tests.faults.outcome import assert_done_once, outcomes
from tests.support.creation import PASSWORD, WRONG_PASSWORD, administrator, ask_for
from tests.support.crew import Crew
from tests.support.google_side import Picture, applied
from tests.support.processes import ManagedProcess, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

MOMENTS = {
    "2 after the claim": Moment("connections.get", ARRIVES),
    "3 after the intent to create": Moment("connections.create", ARRIVES),
    "5 after the create was sent": Moment("connections.create", APPLIED),
    "6 after the answer to the create": Moment("connections.create", ANSWERED),
    "5 after asking for the service agent": Moment("services.generateServiceIdentity", APPLIED),
    "4 after the project's policy was read": Moment("projects.getIamPolicy", ANSWERED),
    "3 after the intent to grant": Moment("projects.setIamPolicy", ARRIVES),
    "5 after the grant was sent": Moment("projects.setIamPolicy", APPLIED),
    "6 after the answer to the grant": Moment("projects.setIamPolicy", ANSWERED),
    "5 after the query was sent": Moment("jobs.query", ARRIVES),
    "5 after the share was sent": Moment("connections.setIamPolicy", APPLIED),
    "6 after the answer to the share": Moment("connections.setIamPolicy", ANSWERED),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_kill_9(moment: Moment, crew: Crew, google: Control, before: Picture) -> None:
    worker = crew.worker()
    moment.hold(google)
    operation = ask_for()
    moment.wait(google)
    moment.kill(worker, google, operation)
    crew.successor()
    until_over(operation)
    assert_done_once(google, before, operation)


def test_kill_9_before_the_claim(crew: Crew, google: Control, before: Picture) -> None:
    """Row 1: the broker has given its message away, and nobody has claimed the operation."""
    worker = crew.worker()
    pending = _asked_for_under_lock(worker)
    crew.successor()
    until_over(pending)
    assert pending.attempts == 1
    assert_done_once(google, before, pending)


def _asked_for_under_lock(worker: ManagedProcess) -> Operation:
    """Ask for a connection and kill the worker while the claim waits for the row."""
    worker.suspend()
    operation = ask_for()
    with held(operation):
        worker.resume()
        wait_until(lambda: not messages(), seconds=30, what="the worker has taken the message")
        worker.kill()
    return operation


def messages() -> list[Path]:
    """Return the messages that wait in the embedded broker."""
    return list((settings.BROKER_DIR / "messages").glob("*.msg"))


def test_kill_9_after_the_commit(crew: Crew, google: Control, before: Picture) -> None:
    """Row 7: all is written; whatever the broker delivers again finds nothing to do."""
    worker = crew.worker()
    operation = ask_for()
    until_over(operation, swept=False)
    worker.kill()
    assert_done_once(google, before, operation)
    calls = len(google.calls())
    for _ in range(3):
        operations.send_on_commit(operation)
    assert len(messages()) == 3
    assert operations.sweep() == 0
    crew.successor()
    until_over(ask_for("after_them"), swept=False)  # its turn comes when theirs is over
    assert not [call for call in google.calls()[calls:] if "connections/orders" in call["path"]]
    operation.refresh_from_db()
    assert operation.attempts == 1
    assert outcomes(operation) == ["succeeded"]


def test_kill_9_while_a_new_password_is_on_its_way(crew: Crew, google: Control, before: Picture) -> None:
    """The first password was wrong; the worker dies when BigQuery has got the right one."""
    worker = crew.worker()
    operation = ask_for(password=WRONG_PASSWORD)
    until_over(operation)
    assert operation.state == Operation.State.FAILED
    assert operation.needs_credential
    google.fault("connections.patch", hang=True, when="after")
    operations.request_retry(operation, by=administrator(), credential=PASSWORD)
    google.wait_for("connections.patch", seconds=20)
    worker.kill()
    crew.successor()
    until_over(operation, seconds=RECOVERY_SECONDS)
    assert applied(google, "connections.patch") >= 1
    operation.refresh_from_db()
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert applied(google, "connections.create") == 1
