"""Claims that are decided anew while a worker writes their policy: they keep waiting for their own turn."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from access.models import Grant, Holding
from emulator.client import Control
from portal import clock
from portal.models import AuditEvent, Operation
from tests.access.policy_desk import VIEWER, Desk, in_another_worker
from tests.support.creation import carry_out

pytestmark = pytest.mark.django_db(transaction=True)

ANN, BEN = ("user:ann@example.com", VIEWER), ("user:ben@example.com", VIEWER)
WRITE = "projects.setIamPolicy"
Presence = Grant.Presence


def told(action: str) -> list[str]:
    """Of whom the trail tells this, in its order."""
    events = AuditEvent.objects.filter(action=action, outcome="succeeded").order_by("position")
    return [event.detail["principal"] for event in events]


def test_what_ends_meanwhile_is_not_called_active(desk: Desk, google: Control) -> None:
    """Ann's claim ends while its write is on the way: that Google has it now is no news of hers."""
    google.fault(WRITE, hang=True)
    granting = in_another_worker(desk.share(ANN, BEN))
    google.wait_for(WRITE)
    ending = desk.end(ANN)
    google.release()
    granting.join(timeout=20)
    ann, ben = (Grant.objects.get(principal=member) for member, _ in (ANN, BEN))
    assert (ann.desired, ann.observed, ann.observed_at) == (Presence.ABSENT, Presence.UNKNOWN, None)
    assert ben.observed == Presence.PRESENT
    assert told("grant.activate") == [BEN[0]]
    assert not Holding.objects.filter(principal=ANN[0]).exists()
    carry_out(ending)
    assert desk.statuses() == {ANN[0]: "revoked", BEN[0]: "active"}


def test_what_is_asked_for_again_meanwhile_is_not_called_gone(desk: Desk, google: Control) -> None:
    """Its end is on the way when the failed share that gave it up is retried."""
    carry_out(desk.share(ANN, BEN))
    google.fault(WRITE, hang=True)
    ending = in_another_worker(desk.end(ANN, BEN))
    google.wait_for(WRITE, 2)
    Grant.objects.filter(principal=ANN[0]).update(desired=Presence.PRESENT, observed=Presence.UNKNOWN)
    google.release()
    ending.join(timeout=20)
    assert told("grant.revoke") == [BEN[0]]
    assert desk.statuses() == {ANN[0]: "pending", BEN[0]: "revoked"}
    carry_out(desk.share(("user:zoe@example.com", VIEWER)))
    assert ANN[0] in desk.members()
    assert desk.statuses()[ANN[0]] == "active"


def test_the_trail_tells_the_end_that_an_extension_moved_meanwhile(desk: Desk, google: Control) -> None:
    def ends() -> datetime | None:
        return Grant.objects.get(principal=ANN[0]).expires_at

    google.fault(WRITE, hang=True)
    operation = desk.claim(ANN, "one", expires_at=clock.now() + timedelta(hours=1))
    granting = in_another_worker(operation)
    google.wait_for(WRITE)
    later = clock.now() + timedelta(days=7)
    Grant.objects.filter(principal=ANN[0]).update(expires_at=later)
    google.release()
    granting.join(timeout=20)
    operation.refresh_from_db()
    assert operation.state == Operation.State.SUCCEEDED
    assert ends() == later
    (event,) = AuditEvent.objects.filter(action="grant.activate")
    assert event.detail["expires_at"] == later.isoformat()
    assert Holding.objects.get().end_at(event.position) == later
