"""Moving the demo's clock: who, how far, and that what is under way takes no harm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from access.expiry import sweep
from access.models import Grant, Resource
from access.services import Sharing, request_share
from emulator.client import Control
from portal import audit, clock, demo, operations
from portal.models import AuditEvent, DemoClock, Operation, SealedCredential
from portal.runs import SupersededError
from tests.access.policy_desk import VIEWER, Desk
from tests.portal import people
from tests.portal.threads import at_once
from tests.support.creation import administrator, ask_for, attempt, carry_out
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db(transaction=True)
ANN = ("user:ann@example.com", VIEWER)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def in_a_demo(settings: Settings) -> None:
    """Demo mode, and nothing known from an earlier test."""
    settings.DEMO = True
    clock.forget_ahead()


@pytest.fixture
def google(emulator: Emulator) -> Control:
    """Google's APIs; new service agents are there at once."""
    emulator.control.agent_delay(0)
    return emulator.control


@pytest.fixture
def desk(google: Control, without_pauses: None) -> Desk:
    """Where Ada shares the demo project."""
    return Desk(google)


def test_a_visitor_watches_an_expiry(desk: Desk, google: Control) -> None:
    until = {ANN: clock.now() + 7 * DAY}
    carry_out(request_share(desk.resource, Sharing(add=frozenset([ANN]), until=until), by=administrator()))
    sweep()
    assert desk.statuses() == {ANN[0]: "active"}
    demo.move_clock(8 * DAY, person=administrator())
    assert Grant.objects.get().status == "overdue", "it is due and still there"
    sweep()
    carry_out(Operation.objects.latest("created_at"))
    assert desk.statuses() == {ANN[0]: "revoked"}
    assert ANN[0] not in desk.members()
    assert audit.verify().holds


def test_what_is_under_way_goes_on_as_if_no_time_had_passed(google: Control) -> None:
    operation = ask_for()
    run = operations.claim(str(operation.pk))
    assert run
    before = SealedCredential.objects.get().expires_at
    demo.move_clock(30 * DAY, person=administrator())
    run.renew()
    assert operations.claim(str(operation.pk)) is None, "its lease moved along"
    assert operations.sweep() == 0
    assert SealedCredential.objects.get().expires_at == before + 30 * DAY
    run.postpone("Later.", 0)
    carry_out(operation)
    assert operation.state == Operation.State.SUCCEEDED, operation.error


def test_a_lease_that_is_over_all_the_same_does_no_harm(desk: Desk) -> None:
    """Its worker renewed at the very moment of the move: another takes over, the first writes nothing."""
    operation = desk.share(ANN)
    late = operations.claim(str(operation.pk))
    assert late
    demo.move_clock(DAY, person=administrator())
    Operation.objects.filter(pk=operation.pk).update(lease_until=clock.now() - DAY)
    Resource.objects.update(writer=str(operation.pk), writer_until=clock.now() - DAY)
    attempt(operation)
    assert operation.state == Operation.State.SUCCEEDED
    with pytest.raises(SupersededError):
        late.renew()
    assert desk.writes() == 1
    assert AuditEvent.objects.filter(action="grant.activate").count() == 1


def test_two_moves_at_once_add_up(db: None) -> None:
    real = clock.now()
    ada = administrator()
    at_once(3, lambda _: demo.move_clock(DAY, person=ada))
    assert timedelta(0) <= clock.now() - real - 3 * DAY < timedelta(minutes=1)
    times = list(AuditEvent.objects.order_by("position").values_list("time", flat=True))
    assert times == sorted(times)


@pytest.mark.parametrize("by", [timedelta(0), -DAY, demo.FURTHEST + DAY])
def test_never_back_and_not_beyond_reason(by: timedelta) -> None:
    with pytest.raises(ValueError, match=r"forward only|too far"):
        demo.move_clock(by, person=administrator())
    assert not DemoClock.objects.filter(ahead__gt=0).exists()


def test_outside_of_a_demo_it_cannot_be_moved(settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(ValueError, match="Only a demo's clock"):
        demo.move_clock(DAY, person=administrator())


def test_every_visitor_finds_the_page_and_moves_it(cast: people.Cast) -> None:
    browser = people.signed_in(cast.analyst)
    assert 'href="/demo/clock/"' in browser.get("/connections/").content.decode()
    answer = browser.post("/demo/clock/", {"hours": "24"}, follow=True)
    assert "What is due happens in the next seconds" in answer.content.decode()
    assert DemoClock.objects.get().ahead == 24 * 60 * 60
    event = AuditEvent.objects.get(action="demo.move_clock")
    assert event.actor == str(cast.analyst)
    for wrong in ("-24", "0", "x", "999999"):
        assert browser.post("/demo/clock/", {"hours": wrong}).status_code == 422


def test_outside_of_a_demo_there_is_no_such_page(cast: people.Cast, settings: Settings) -> None:
    settings.DEMO = False
    browser = people.signed_in(cast.admin)
    assert browser.get("/demo/clock/").status_code == 404
    assert browser.post("/demo/clock/", {"hours": "24"}).status_code == 404
    assert "demo/clock" not in browser.get("/connections/").content.decode()
