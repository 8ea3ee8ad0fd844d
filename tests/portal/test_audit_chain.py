"""The audit trail cannot be altered unnoticed: triggers refuse it, and the chain shows what got past them."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import Error as DatabaseError
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from portal import audit, audit_guard, chain, checkpoints, clock
from portal.models import AuditEvent, AuditHead
from tests.portal import things

pytestmark = pytest.mark.django_db
TABLE = audit_guard.TABLE


@pytest.fixture(autouse=True)
def own_checkpoints(settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_FILE = tmp_path / "checkpoints" / "checkpoints.jsonl"
    settings.CHECKPOINT_KEY_FILE = tmp_path / "keys" / "checkpoint.pem"


@pytest.fixture
def five(db: None) -> list[AuditEvent]:
    """Five events."""
    return [things.event(reason=f"number {number}", detail={"n": number}) for number in range(1, 6)]


def execute(statement: str, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize(
    "statement",
    [f"UPDATE {TABLE} SET reason = 'nicer' WHERE position = 2", f"DELETE FROM {TABLE} WHERE position = 2"],
)
def test_the_database_refuses_to_change_an_event(five: list[AuditEvent], statement: str) -> None:
    with pytest.raises(DatabaseError, match=audit_guard.MESSAGE), transaction.atomic():
        execute(statement)
    assert audit.verify().holds


@pytest.mark.postgresql
def test_postgresql_refuses_to_truncate(five: list[AuditEvent]) -> None:
    with pytest.raises(DatabaseError, match=audit_guard.MESSAGE), transaction.atomic():
        execute(f"TRUNCATE {TABLE}")
    assert AuditEvent.objects.count() == 5


def alter(events: list[AuditEvent]) -> None:
    execute(f"UPDATE {TABLE} SET actor = %s WHERE position = 3", "somebody-else@example.com")


def alter_detail(events: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(position=3).update(detail={"n": 4})


def remove(events: list[AuditEvent]) -> None:
    execute(f"DELETE FROM {TABLE} WHERE position = 3")


def insert(events: list[AuditEvent]) -> None:
    """Put one more in, with a hash of its own content, and push the others along."""
    for event in reversed(events[2:]):
        AuditEvent.objects.filter(position=event.position).update(position=event.position + 1)
    forged = AuditEvent.objects.get(position=2)
    forged.position, forged.previous_hash = 3, events[1].hash
    forged.save(force_insert=True)


def swap(events: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(position=3).update(position=99)
    AuditEvent.objects.filter(position=4).update(position=3)
    AuditEvent.objects.filter(position=99).update(position=4)


@pytest.mark.parametrize("tamper", [alter, alter_detail, remove, insert, swap])
def test_the_chain_names_the_first_bad_event(
    five: list[AuditEvent], tamper: Callable[[list[AuditEvent]], None]
) -> None:
    audit_guard.remove(connection)
    tamper(five)
    found = audit.verify()
    assert not found.holds
    assert found.bad_position in {3, 4}
    assert found.size == 2


def test_an_altered_head_is_noticed(five: list[AuditEvent]) -> None:
    AuditHead.objects.update(hash="f" * 64)
    assert audit.verify().bad_position == 6


def cut(events: list[AuditEvent], keep: int) -> None:
    """Cut the end off and mend the head, so that what is left verifies by itself."""
    audit_guard.remove(connection)
    AuditEvent.objects.filter(position__gt=keep).delete()
    AuditHead.objects.update(size=keep, hash=events[keep - 1].hash)


def test_a_cut_chain_verifies_by_itself_but_not_against_a_checkpoint(five: list[AuditEvent]) -> None:
    checkpoints.write()
    lines = checkpoints_of_the_portal()
    cut(five, 3)
    assert audit.verify().holds
    found = audit.verify(checkpoints.read(lines))
    assert (found.bad_position, found.holds) == (4, False)
    assert "5 events" in found.problem


def test_a_chain_written_anew_differs_from_the_checkpoint(five: list[AuditEvent]) -> None:
    checkpoints.write()
    cut(five, 3)
    things.event(reason="a better story")
    things.event(reason="and its end")
    assert audit.verify().holds
    found = audit.verify(checkpoints.read(checkpoints_of_the_portal()))
    assert found.bad_position == 5
    assert "checkpoint" in found.problem


def checkpoints_of_the_portal() -> list[str]:
    path: Path = django_settings.CHECKPOINT_FILE
    return path.read_text().splitlines()


def test_a_forged_checkpoint_is_refused(five: list[AuditEvent]) -> None:
    checkpoints.write()
    forged = json.loads(checkpoints_of_the_portal()[0]) | {"size": 3}
    with pytest.raises(checkpoints.BadCheckpointError, match="line 1"):
        checkpoints.read([json.dumps(forged)])


def test_a_checkpoint_is_written_only_when_the_chain_has_grown(five: list[AuditEvent]) -> None:
    assert checkpoints.write()
    assert checkpoints.write() is None
    things.event()
    assert checkpoints.write()
    assert len(checkpoints_of_the_portal()) == 2


def test_a_checkpoint_cut_off_by_a_crash_does_not_end_the_signing(
    five: list[AuditEvent], settings: Settings
) -> None:
    checkpoints.write()
    with settings.CHECKPOINT_FILE.open("a") as file:
        file.write('{"size": 5, "ha')
    latest = checkpoints.latest()
    assert latest is not None
    assert latest["size"] == 5
    settings.CHECKPOINT_FILE.write_text("")
    assert checkpoints.latest() is None


def test_after_a_crash_the_next_checkpoint_has_a_line_of_its_own_and_all_verify(
    five: list[AuditEvent], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoints.write()
    with settings.CHECKPOINT_FILE.open("a") as file:
        file.write('{"size": 5, "ha')
    things.event()
    assert checkpoints.write()
    assert set(checkpoints.read(checkpoints_of_the_portal())) == {5, 6}
    assert "line 2 cannot be read" in caplog.text
    assert "2 signed checkpoints agree" in verify_audit()


@pytest.mark.parametrize("grown", [False, True], ids=["of equal size", "longer"])
def test_a_chain_written_anew_is_not_signed(
    five: list[AuditEvent], grown: bool, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoints.write()
    cut(five, 3)
    for number in range(3 if grown else 2):
        things.event(reason=f"a better story, {number}")
    with pytest.raises(checkpoints.BadCheckpointError, match="event 5"):
        checkpoints.write()
    assert len(checkpoints_of_the_portal()) == 1
    assert "the audit trail was altered" in caplog.text


def test_a_cut_chain_is_not_signed(five: list[AuditEvent]) -> None:
    checkpoints.write()
    cut(five, 3)
    with pytest.raises(checkpoints.BadCheckpointError):
        checkpoints.write()


def test_two_hashes_for_one_size_are_refused(five: list[AuditEvent], settings: Settings) -> None:
    checkpoints.write()
    first = checkpoints_of_the_portal()
    cut(five, 3)
    things.event(reason="a better story")
    things.event(reason="and its end")
    settings.CHECKPOINT_FILE.unlink()
    checkpoints.write()
    with pytest.raises(checkpoints.BadCheckpointError, match=r"line 2: another checkpoint of 5 events"):
        checkpoints.read(first + checkpoints_of_the_portal())


@pytest.mark.parametrize("columns", ["position", "rowid, position"])
def test_sqlite_does_not_replace_an_event_by_inserting(five: list[AuditEvent], columns: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no such statement")
    others = "time, actor, action, outcome, target, project, reason, detail, operation, previous_hash, hash"
    here = "3" if columns == "position" else "3, 99"
    with pytest.raises(DatabaseError, match=audit_guard.MESSAGE), transaction.atomic():
        execute(
            f"INSERT OR REPLACE INTO {TABLE} ({columns}, {others}) SELECT {here}, {others} FROM {TABLE} "
            "WHERE position = 1"
        )
    assert audit.verify().holds


def test_the_guard_can_be_installed_again(five: list[AuditEvent]) -> None:
    audit_guard.install(connection)
    audit_guard.install(connection)
    with pytest.raises(DatabaseError, match=audit_guard.MESSAGE), transaction.atomic():
        execute(f"DELETE FROM {TABLE}")


def test_an_event_belongs_into_a_transaction(transactional_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        audit.record("test.happen", by=None, target="x", outcome=audit.Outcome.SUCCEEDED)


@given(
    reason=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=80),
    detail=st.dictionaries(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=10),
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text("aä€😀\"'\\", max_size=10),
        max_size=4,
    ),
)
def test_the_hash_survives_the_database(reason: str, detail: dict[str, object]) -> None:
    with transaction.atomic():
        written = audit.record(
            "test.happen",
            by="ana@example.com",
            target="x",
            outcome=audit.Outcome.SUCCEEDED,
            reason=reason,
            detail=detail,
        )
        event = AuditEvent.objects.get(position=written.position)
        fields = {name: getattr(event, name) for name in chain.FIELDS}
        assert audit.content_hash(fields) == written.hash
        assert audit.verify().holds, "the walk puts the same together by hand"
        transaction.set_rollback(True)


def verify_audit(*options: str) -> str:
    out = StringIO()
    call_command("verify_audit", *options, stdout=out)
    return out.getvalue()


def test_the_command_proves_the_chain(five: list[AuditEvent]) -> None:
    assert "5 events hold" in verify_audit()
    checkpoints.write()
    assert "1 signed checkpoints agree" in verify_audit()


def test_the_command_names_the_first_bad_event_and_exits_with_1(five: list[AuditEvent]) -> None:
    audit_guard.remove(connection)
    alter(five)
    with pytest.raises(CommandError, match="event 3: its content was altered") as caught:
        verify_audit()
    assert caught.value.returncode == 1


def test_the_command_takes_copies_of_checkpoints_and_key(five: list[AuditEvent], tmp_path: Path) -> None:
    checkpoints.write()
    copy, key = tmp_path / "copy.jsonl", tmp_path / "audit.pem"
    copy.write_text("\n".join(checkpoints_of_the_portal()))
    out = StringIO()
    call_command("audit_public_key", stdout=out)
    key.write_text(out.getvalue())
    assert "agree" in verify_audit("--checkpoints", str(copy), "--public-key", str(key))
    cut(five, 4)
    with pytest.raises(CommandError, match="event 5: missing"):
        verify_audit("--checkpoints", str(copy), "--public-key", str(key))


def test_a_checkpoint_signed_with_another_key_is_refused(
    five: list[AuditEvent], tmp_path: Path, settings: Settings
) -> None:
    checkpoints.write()
    key = tmp_path / "audit.pem"
    key.write_bytes(checkpoints.public_key_pem())
    settings.CHECKPOINT_KEY_FILE = tmp_path / "other.pem"
    settings.CHECKPOINT_FILE.unlink()
    checkpoints.write()
    with pytest.raises(CommandError, match="signature"):
        verify_audit("--checkpoints", str(settings.CHECKPOINT_FILE), "--public-key", str(key))


def test_times_are_kept_to_the_precision_that_is_hashed(five: list[AuditEvent]) -> None:
    assert abs((clock.now() - five[0].time).total_seconds()) < 60
    assert audit.verify().holds
