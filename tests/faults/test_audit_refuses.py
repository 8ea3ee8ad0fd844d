"""Row 19: the audit event cannot be written, or the disk is full: then nothing else is written either."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from access.models import Grant, Resource
from connections.models import Connection
from emulator.client import Control
from portal import clock
from portal.models import AuditEvent, Operation, SealedCredential
from tests.faults.outcome import assert_done_once, assert_trail_holds
from tests.support.creation import ask_for, attempt, carry_out, demo_project
from tests.support.google_side import Picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("without_pauses")]

_POSTGRESQL = """
    CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF {condition} THEN RAISE EXCEPTION 'no room'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER no_room BEFORE INSERT ON portal_auditevent FOR EACH ROW EXECUTE FUNCTION no_room()
"""
_SQLITE = """
    CREATE TRIGGER no_room BEFORE INSERT ON portal_auditevent WHEN {condition}
    BEGIN SELECT RAISE(ABORT, 'no room'); END
"""


@contextmanager
def refusing(condition: str) -> Generator[None]:
    """Have the database refuse the audit events of which the condition (SQL on NEW) holds."""
    statement = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
    with connection.cursor() as cursor:
        cursor.execute(statement.format(condition=condition))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("DROP FUNCTION no_room() CASCADE")
            else:
                cursor.execute("DROP TRIGGER no_room")


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Give the SQLite file no page more than it has."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no quota to set")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.execute("PRAGMA max_page_count")
        before = cursor.fetchone()[0]
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA max_page_count = 1")  # rounded up to what is in use
        yield
        cursor.execute(f"PRAGMA max_page_count = {before}")


def assert_nothing_was_asked() -> None:
    """No row of the request is there."""
    for model in (Operation, Connection, Grant, Resource, SealedCredential, AuditEvent):
        assert not model.objects.exists(), model


def test_a_request_without_its_audit_event_did_not_happen(google: Control) -> None:
    demo_project()
    with refusing("NEW.action = 'connection.create'"), pytest.raises(DatabaseError):
        ask_for()
    assert_nothing_was_asked()
    assert_trail_holds()


@pytest.mark.usefixtures("full_disk")
def test_a_request_on_a_full_disk_did_not_happen(google: Control) -> None:
    demo_project()

    def ask_until_it_is_full() -> None:
        for number in range(200):
            ask_for(f"orders_{number}")

    with pytest.raises(DatabaseError, match="full"):
        ask_until_it_is_full()
    made = Connection.objects.count()
    for model in (Operation, SealedCredential, Resource):
        assert model.objects.count() == made, "all of a request or nothing"
    assert AuditEvent.objects.filter(action="connection.create").count() == made
    assert_trail_holds()


OUTCOMES = {
    "the connection is made": "NEW.action = 'connection.made'",
    "a grant is seen": "NEW.action = 'grant.activate'",
    "the end": "NEW.action = 'connection.create' AND NEW.outcome = 'succeeded'",
}


@pytest.mark.parametrize("condition", OUTCOMES.values(), ids=OUTCOMES)
def test_an_outcome_without_its_audit_event_is_not_written_and_comes_later(
    condition: str, google: Control, before: Picture
) -> None:
    operation = ask_for()
    with refusing(condition), pytest.raises(DatabaseError):
        attempt(operation)
    operation.refresh_from_db()
    assert operation.state == Operation.State.RUNNING, "nobody says that it is over"
    assert not AuditEvent.objects.filter(outcome="failed").exists()
    Operation.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    carry_out(operation)
    assert_done_once(google, before, operation)
