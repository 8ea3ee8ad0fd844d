"""What failed is not forgotten: ends are carried through, additions of a failed share are not made later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access import reconcile
from access.models import OVERDUE, Grant
from emulator.client import Control
from portal import clock, operations
from portal.models import AuditEvent, Operation
from tests.access.policy_desk import VIEWER, Desk
from tests.support.creation import administrator, carry_out

pytestmark = pytest.mark.django_db(transaction=True)
ANN = ("user:ann@example.com", VIEWER)
BEN = ("user:ben@example.com", VIEWER)
WRITE = "projects.setIamPolicy"
State = Operation.State


def fail(operation: Operation, google: Control) -> Operation:
    """Have Google refuse the operation's write."""
    google.fault(WRITE, status=403, message="Policy update access denied.")
    carry_out(operation)
    assert operation.state == State.FAILED
    return operation


def newest() -> Operation:
    """The operation asked for last."""
    return Operation.objects.latest("created_at")


def test_an_end_that_failed_is_carried_through(desk: Desk, google: Control) -> None:
    carry_out(desk.share(ANN))
    fail(desk.end(ANN), google)
    assert desk.statuses() == {ANN[0]: "revoking"}
    Grant.objects.update(revoked_at=clock.now() - OVERDUE - timedelta(seconds=1))
    assert desk.statuses() == {ANN[0]: "overdue"}

    assert reconcile.request_due() == 1
    assert reconcile.request_due() == 0, "it is under way"
    carry_out(newest())

    assert newest().state == State.SUCCEEDED
    assert newest().requested_by == "portal"
    assert ANN[0] not in desk.members()
    assert desk.statuses() == {ANN[0]: "revoked"}
    assert reconcile.request_due() == 0


def test_what_fails_again_is_tried_later_and_not_each_minute(desk: Desk, google: Control) -> None:
    carry_out(desk.share(ANN))
    fail(desk.end(ANN), google)
    assert reconcile.request_due() == 1
    fail(newest(), google)
    assert reconcile.request_due() == 0
    Operation.objects.update(ended_at=clock.now() - reconcile.PAUSE)
    assert reconcile.request_due() == 1


def test_what_a_failed_share_was_to_add_is_not_added_by_a_later_one(desk: Desk, google: Control) -> None:
    operation = fail(desk.share(ANN), google)
    assert desk.statuses() == {ANN[0]: "failed"}
    assert "Policy update access denied." in Grant.objects.get().error
    given_up = AuditEvent.objects.get(action="grant.activate", operation=str(operation.pk))
    assert given_up.outcome == "failed"

    carry_out(desk.share(BEN))

    assert desk.members() & {ANN[0], BEN[0]} == {BEN[0]}


def test_a_retry_adds_what_was_given_up(desk: Desk, google: Control) -> None:
    operation = fail(desk.share(ANN, BEN), google)
    carry_out(desk.share(BEN))
    operations.request_retry(operation, by=administrator())
    carry_out(operation)
    assert operation.state == State.SUCCEEDED, operation.error
    assert {ANN[0], BEN[0]} <= desk.members()
    assert desk.statuses() == {ANN[0]: "active", BEN[0]: "active"}


def test_what_may_have_been_added_all_the_same_is_taken_back(desk: Desk, google: Control) -> None:
    """The write was done, its answer was lost, and then nobody could look."""
    operation = desk.share(ANN)
    google.fault(WRITE, status=503, when="after")
    google.fault("projects.getIamPolicy", status=403, skip=1, message="Denied.")
    carry_out(operation)
    assert operation.state == State.FAILED
    assert ANN[0] in desk.members()

    assert reconcile.request_due() == 1
    carry_out(newest())

    assert ANN[0] not in desk.members()
    assert desk.statuses() == {ANN[0]: "revoked"}


def test_a_claim_that_two_ask_for_is_not_given_up_with_the_first(desk: Desk, google: Control) -> None:
    first, second = desk.share(ANN), desk.share(ANN)
    fail(first, google)
    carry_out(second)
    assert second.state == State.SUCCEEDED
    assert ANN[0] in desk.members()
