"""Grant and revoke racing: the later decision wins, whoever carries it out, in whatever order."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from access import claims, expiry
from access.models import Grant
from access.services import Sharing, request_share
from access.tasks import share
from emulator.client import Control
from portal import audit, clock, operations
from portal.models import AuditEvent, Operation
from tests.access.policy_desk import VIEWER, Desk
from tests.portal.threads import at_once
from tests.support.creation import administrator, carry_out
from tests.support.processes import ManagedProcess, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
ANN = ("user:ann@example.com", VIEWER)
Presence = Grant.Presence


def last_decision(member: str) -> bool:
    """Whether the newest decision in the audit trail is that the member has access."""
    decided = AuditEvent.objects.filter(
        action__in=["grant.request", "grant.end"], detail__principal=member
    ).latest("position")
    return decided.action == "grant.request"


def settled(desk: Desk) -> None:
    """Hold Google to the last decision about each member, and the trail to the truth."""
    for member in set(Grant.objects.values_list("principal", flat=True)):
        assert (member in desk.members()) == last_decision(member), member
        live = [grant.status for grant in Grant.objects.filter(principal=member, desired=Presence.PRESENT)]
        assert live == (["active"] if last_decision(member) else []), member
    assert not Grant.objects.filter(desired=Presence.ABSENT, observed=Presence.PRESENT).exists()
    assert audit.verify().holds


def decide(desk: Desk, member: str, *, grant: bool) -> Operation | None:
    """Share with a member, or take it back; None where that is so already."""
    pair = (member, VIEWER)
    if grant:
        return request_share(desk.resource, Sharing(add=frozenset([pair])), by=administrator())
    held = [row for row in claims.live(desk.resource) if row.principal == member and row.desired == "present"]
    return request_share(desk.resource, Sharing(remove=held), by=administrator()) if held else None


@pytest.mark.parametrize("seed", range(3))
def test_deciders_and_workers_in_threads(desk: Desk, google: Control, seed: int) -> None:
    """Four people decide about three members again and again while three workers carry it out."""
    administrator()
    google.latency(3)
    over = threading.Event()
    members = [f"user:racer{number}@example.com" for number in range(3)]

    def person(number: int) -> None:
        chance = random.Random(seed * 100 + number)
        for _ in range(8):
            decide(desk, chance.choice(members), grant=chance.random() < 0.5)

    def worker(_: int) -> None:
        while not over.is_set():
            work_once()

    deciding = threading.Thread(target=_and_then(over, lambda: at_once(4, person)))
    deciding.start()
    at_once(3, worker)
    deciding.join(timeout=60)
    google.latency(0)
    for operation in Operation.objects.exclude(state__in=["succeeded", "failed"]):
        carry_out(operation, attempts=60)
    settled(desk)


def _and_then(over: threading.Event, act: Callable[[], object]) -> Callable[[], None]:
    def both() -> None:
        try:
            act()
        finally:
            over.set()
            connection.close()

    return both


def work_once() -> None:
    """Attempt whatever waits, as one of several workers."""
    Operation.objects.filter(state="waiting").update(run_after=clock.now())
    for key in Operation.objects.filter(state__in=["pending", "waiting"]).values_list("pk", flat=True)[:3]:
        share(str(key))


def test_with_a_real_worker_the_later_decision_wins(
    desk: Desk, google: Control, worker: ManagedProcess
) -> None:
    """Each decision meets the one before it on its way to Google."""
    google.latency(30, "projects.setIamPolicy")
    for number in range(9):
        decide(desk, ANN[0], grant=number % 2 == 0)
    unfinished = Operation.objects.exclude(state__in=["succeeded", "failed"])

    def over() -> bool:
        operations.sweep()
        return not unfinished.exists()

    wait_until(over, seconds=40, what="everything is settled", every=0.1)
    assert last_decision(ANN[0])
    settled(desk)


def test_an_expiry_that_meets_a_new_share_takes_nothing_away(desk: Desk, google: Control) -> None:
    """The claim is over, its end is on the way to Google, and somebody shares anew."""
    until = {ANN: clock.now().replace(year=clock.now().year + 1)}
    carry_out(request_share(desk.resource, Sharing(add=frozenset([ANN]), until=until), by=administrator()))
    Grant.objects.update(expires_at=clock.now())
    expiry.end_due()
    ending = Operation.objects.latest("created_at")
    again = desk.share(ANN)
    carry_out(ending)
    carry_out(again)
    assert ANN[0] in desk.members()
    settled(desk)
