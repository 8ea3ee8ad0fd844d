"""Having the chain verified: whole or from where the last walk ended, in a worker, with checkpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from portal import audit_guard, chain, checkpoints, operations, tasks, verifying
from portal.models import AuditEvent, AuditHead, Operation, User, Verification
from tests.portal import people, things

pytestmark = pytest.mark.django_db
PAGE = "/audit/verification/"


def verified(by: User, *, whole: bool = True) -> Operation:
    """Have it done, as a worker does it."""
    operation = verifying.request_verification(whole=whole, by=by)
    tasks.verify_audit(str(operation.pk))
    operation.refresh_from_db()
    return operation


@pytest.fixture
def trail(cast: people.Cast, settings: Settings, tmp_path: Path) -> people.Cast:
    settings.CHECKPOINT_FILE = tmp_path / "signed" / "checkpoints.jsonl"
    for number in range(20):
        things.event(reason=f"ü{number}", detail={"n": number})
    checkpoints.write()
    return cast


def altered(position: int, **values: str) -> None:
    audit_guard.remove(connection)
    AuditEvent.objects.filter(position=position).update(**values)
    audit_guard.install(connection)


def test_the_page_has_the_whole_chain_verified(trail: people.Cast) -> None:
    browser = people.signed_in(trail.auditor)
    assert "Not verified yet" in browser.get(PAGE).content.decode()
    answer = browser.post(PAGE, {"whole": "on"})
    operation = Operation.objects.get(task=verifying.TASK)
    assert answer["Location"] == operation.get_absolute_url()
    assert "See how far it is" in browser.get(PAGE).content.decode()
    tasks.verify_audit(str(operation.pk))
    found = Verification.objects.get()
    assert (found.began_after, found.bad_position, found.checkpoints) == (0, None, 1)
    assert found.hash == AuditEvent.objects.get(position=found.size).hash
    html = browser.get(PAGE).content.decode()
    assert "Holds" in html
    assert "Verify what was appended since" in html
    acts = AuditEvent.objects.filter(action="audit.verify").order_by("position")
    assert [act.outcome for act in acts] == ["requested", "succeeded"]
    assert acts[1].detail["size"] == found.size


def test_the_next_walk_goes_on_where_the_last_one_ended(trail: people.Cast) -> None:
    verified(trail.auditor)
    first = Verification.objects.get()
    things.event()
    verified(trail.auditor, whole=False)
    second = Verification.objects.latest("pk")
    assert second.holds
    assert second.began_after == first.size
    assert second.size > first.size + 1


@pytest.mark.parametrize("position", [3, 20], ids=["long verified", "where the walk ended"])
def test_what_was_altered_is_found_by_a_whole_walk(trail: people.Cast, position: int) -> None:
    verified(trail.admin)
    altered(position, actor="nobody")
    operation = verified(trail.auditor)
    assert operation.state == Operation.State.FAILED
    assert f"Event {position}: its content was altered" in operation.error
    assert operation.steps.get().message == f"Event {position}: its content was altered."
    assert Verification.objects.latest("pk").bad_position == position
    last = AuditEvent.objects.latest("position")
    assert (last.action, last.outcome, last.detail["bad_position"]) == ("audit.verify", "failed", position)
    html = people.signed_in(trail.auditor).get(PAGE).content.decode()
    assert "The chain is broken" in html
    assert f"broken at event {position}" in people.signed_in(trail.auditor).get("/audit/").content.decode()


def test_a_short_walk_notices_that_its_beginning_was_replaced(trail: people.Cast) -> None:
    verified(trail.admin)
    end = Verification.objects.get()
    altered(end.size, hash="f" * 64)
    found = chain.verify(after=(end.size, end.hash))
    assert found.bad_position == end.size
    assert "not the event that was verified before" in found.problem
    altered(end.size, hash=end.hash, reason="another")
    assert chain.verify(after=(end.size, end.hash)).problem == "its content was altered"
    assert chain.verify({end.size: "0" * 64}, after=(end.size, end.hash)).problem.startswith("differs")
    assert "missing" in chain.verify(after=(9999, end.hash)).problem


def test_after_a_broken_chain_the_whole_is_walked_again(trail: people.Cast) -> None:
    altered(3, actor="nobody")
    verified(trail.admin)
    assert verifying.request_verification(whole=False, by=trail.admin).parameters["after"] == 0


def test_a_retry_of_a_broken_chain_says_the_same(trail: people.Cast) -> None:
    altered(3, actor="nobody")
    operation = verified(trail.admin)
    operations.request_retry(operation, by=trail.admin)
    tasks.verify_audit(str(operation.pk))
    operation.refresh_from_db()
    assert operation.state == Operation.State.FAILED
    assert "Event 3" in operation.error


def test_a_forged_checkpoint_is_not_believed(trail: people.Cast, settings: Settings) -> None:
    path: Path = settings.CHECKPOINT_FILE
    forged = json.loads(path.read_text().splitlines()[-1]) | {"size": 5}
    path.write_text(json.dumps(forged) + "\n")
    operation = verified(trail.admin)
    assert operation.state == Operation.State.FAILED
    assert "cannot be trusted" in operation.error
    assert not Verification.objects.exists()


def test_an_auditor_who_is_none_any_more_has_nothing_verified(trail: people.Cast) -> None:
    operation = verifying.request_verification(whole=True, by=trail.auditor)
    trail.auditor.groups.clear()
    tasks.verify_audit(str(operation.pk))
    operation.refresh_from_db()
    assert operation.state == Operation.State.FAILED
    assert "may not do this any more" in operation.error


def test_the_walk_tells_how_far_it_is(trail: people.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "STRIDE", 10)
    told: list[tuple[int, int]] = []
    chain.verify(progress=lambda done, size: told.append((done, size)))
    assert told == [(10, AuditHead.objects.get().size), (20, AuditHead.objects.get().size)]


def test_checkpoints_from_outside_may_be_a_folder(
    trail: people.Cast, settings: Settings, tmp_path: Path
) -> None:
    lines = settings.CHECKPOINT_FILE.read_text()
    with pytest.raises(CommandError, match=r"no \.jsonl file in this folder"):
        call_command("verify_audit", checkpoints=tmp_path)
    (tmp_path / "2026-03.jsonl").write_text(lines)
    things.event()
    last = checkpoints.write()
    assert last
    (tmp_path / "2026-04.jsonl").write_text(json.dumps(last) + "\n")
    call_command("verify_audit", checkpoints=tmp_path)
    altered(2, actor="nobody")
    with pytest.raises(CommandError, match="event 2"):
        call_command("verify_audit", checkpoints=tmp_path)
