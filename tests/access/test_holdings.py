"""Who held what, and when: places in the trail, subjects, making all of it anew."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from access import asof
from access.models import Grant, Holding
from portal import audit
from portal.models import AuditEvent, AuditHead, EventSubject
from tests.access.policy_desk import VIEWER, Desk
from tests.support.creation import carry_out
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = [(f"user:{name}@example.com", VIEWER) for name in ("ann", "Ben")]


def stored() -> set[tuple[object, ...]]:
    """Every holding, without its key."""
    return {tuple(map(str, row[1:])) for row in Holding.objects.values_list()}


@pytest.fixture
def told_story(emulator: Emulator) -> Desk:
    """Ann was given access, and lost it."""
    desk = Desk(emulator.control)
    carry_out(desk.claim(PAIRS[0], "one"))
    carry_out(desk.end(PAIRS[0]))
    return desk


def test_a_moment_is_a_place_in_the_trail(told_story: Desk) -> None:
    holding = Holding.objects.get()
    assert holding.resource == told_story.resource.full_name
    assert (holding.principal_key, holding.role) == PAIRS[0]
    assert holding.started_event
    assert holding.gone_event
    started, gone = (AuditEvent.objects.get(position=p) for p in (holding.started_event, holding.gone_event))
    assert (started.action, gone.action) == ("grant.activate", "grant.revoke")
    assert asof.position_at(started.time) >= started.position
    assert asof.position_at(started.time - timedelta(days=1)) == 0
    assert asof.position_at(gone.time + timedelta(days=1)) == AuditHead.objects.get().size
    assert holding.status_at(started.position - 1) == "pending"
    assert holding.status_at(gone.position) == "revoked"


def test_events_are_found_by_what_they_speak_of(told_story: Desk) -> None:
    grant = Grant.objects.get()
    about = list(holdings_events(f"grant/{grant.pk}"))
    assert [event.action for event in about] == [
        "grant.request",
        "grant.activate",
        "grant.end",
        "grant.revoke",
    ]
    assert about == list(holdings_events("principal/user:ann@example.com"))


def holdings_events(subject: str) -> list[AuditEvent]:
    positions = EventSubject.objects.filter(subject=subject).values("position")
    return list(AuditEvent.objects.filter(position__in=positions).order_by("position"))


def test_all_of_it_can_be_made_anew_from_the_trail(told_story: Desk) -> None:
    subjects = set(EventSubject.objects.values_list("subject", "position"))
    as_written = stored()
    Holding.objects.update(gone_event=None)
    EventSubject.objects.all().delete()
    with pytest.raises(CommandError, match="2 holdings are not as the audit trail tells"):
        call_command("rebuild_holdings", check=True)
    out = StringIO()
    call_command("rebuild_holdings", stdout=out)
    assert "1 holdings" in out.getvalue()
    assert stored() == as_written
    assert set(EventSubject.objects.values_list("subject", "position")) == subjects
    call_command("rebuild_holdings", check=True, stdout=out)
    assert "as the audit trail tells" in out.getvalue()


def test_a_change_that_is_taken_back_leaves_no_holding(told_story: Desk) -> None:
    grant, before = Grant.objects.get(), stored()
    with transaction.atomic():
        audit.record(
            "grant.activate",
            by=None,
            target="projects/p",
            outcome=audit.Outcome.SUCCEEDED,
            detail={"grant": grant.pk, "principal": "user:eve@example.com", "role": VIEWER},
        )
        assert stored() != before
        transaction.set_rollback(True)
    assert stored() == before
