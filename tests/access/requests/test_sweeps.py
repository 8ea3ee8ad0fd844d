"""What happens by itself: requests lapse, others are asked, access begins at its time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access import vanished
from access.approval import versions
from access.approval.labels import set_labels
from access.ending import end_on
from access.models import AccessRequest, Grant, Resource
from access.requests import conversing, sweeps
from access.services import Sharing, request_share
from connections.models import Connection
from portal import audit, clock
from portal.models import AuditEvent, Operation, User
from portal.sweeping import UnfinishedError
from tests.access.requests.asked import WEEK, actions, ask, decide, grow_older, set_policy, told
from tests.portal.threads import at_once
from tests.support.factories import make_grant, make_person

pytestmark = pytest.mark.django_db
State = AccessRequest.State
DAY = timedelta(days=1)


def due_to_start(request: AccessRequest) -> None:
    """Let the start that was asked for have come."""
    start = clock.now() - timedelta(seconds=1)
    AccessRequest.objects.filter(pk=request.pk).update(starts_at=start)
    decided = AccessRequest.objects.filter(pk=request.pk, decided_at__isnull=False)
    decided.update(decided_at=start - timedelta(days=1))


def test_nobody_decides_and_it_lapses(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    grow_older(request, 6 * DAY)
    assert sweeps.lapse() == 0
    grow_older(request, DAY)
    assert sweeps.lapse() == 1
    assert sweeps.lapse() == 0
    request.refresh_from_db()
    assert request.state == State.LAPSED
    assert AuditEvent.objects.get(action="request.lapse").actor == "portal"
    assert ("request_decided", "ana@example.com") in told()
    assert ask(orders, ana).state == State.PENDING, "they can ask again"


def test_others_are_asked_when_nobody_decides(orders: Resource, ana: User, olga: User, ada: User) -> None:
    request = ask(orders, ana)
    grow_older(request, timedelta(hours=47))
    assert sweeps.escalate() == 0
    grow_older(request, timedelta(hours=1))
    assert sweeps.escalate() == 1
    assert sweeps.escalate() == 0
    assert ("request_made", "ada@example.com") in told()
    assert actions() == ["request.create", "request.escalate"]
    assert decide(request, ada).state == State.APPROVED


def test_where_nobody_is_asked_next_it_waits(orders: Resource, ana: User, olga: User, ada: User) -> None:
    set_policy(orders, ada, asked_next=None)
    request = ask(orders, ana)
    grow_older(request, 6 * DAY)
    assert sweeps.escalate() == 0


def test_a_decided_request_neither_lapses_nor_escalates(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana), olga)
    grow_older(request, 30 * DAY)
    assert sweeps.sweep() == 0


def test_access_begins_at_its_time(orders: Resource, ana: User, olga: User) -> None:
    start = clock.now() + 3 * DAY
    request = decide(ask(orders, ana, starts_at=start), olga)
    assert request.state == State.APPROVED
    assert not Grant.objects.exists()
    assert sweeps.begin() == 0
    due_to_start(request)
    assert sweeps.begin() == 1
    assert sweeps.begin() == 0
    grant = Grant.objects.get()
    request.refresh_from_db()
    assert request.starts_at is not None
    assert grant.expires_at == request.starts_at + WEEK, "the clock starts at the start that was asked for"
    assert Operation.objects.get().on_behalf_of == olga.pk


def test_who_approved_last_answers_for_what_begins(
    orders: Resource, ana: User, olga: User, oscar: User, ada: User
) -> None:
    set_policy(orders, ada, steps=[{"owners": True, "needed": 2}])
    orders.owners.add(oscar)
    request = ask(orders, ana, starts_at=clock.now() + DAY)
    for owner in (oscar, olga):
        decide(request, owner)
    due_to_start(request)
    assert sweeps.begin() == 1
    assert Operation.objects.get().on_behalf_of == olga.pk
    assert Grant.objects.get().granted_by == olga.email


def test_what_is_being_deleted_when_it_begins_does_not(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana, starts_at=clock.now() + DAY), olga)
    Connection.objects.update(state=Connection.State.DELETING)
    due_to_start(request)
    assert sweeps.begin() == 1
    request.refresh_from_db()
    assert request.state == State.LAPSED
    assert AuditEvent.objects.get(action="request.lapse").reason == "The connection was deleted."
    assert not Grant.objects.exists()


def test_what_begins_later_can_be_withdrawn_until_then(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana, starts_at=clock.now() + DAY), olga)
    conversing.withdraw(request, by=ana)
    due_to_start(request)
    assert sweeps.begin() == 0
    assert not Grant.objects.exists()


def test_a_start_that_passed_while_it_waited_begins_at_the_approval(
    orders: Resource, ana: User, olga: User
) -> None:
    request = ask(orders, ana, starts_at=clock.now() + DAY)
    due_to_start(request)
    decided = decide(request, olga)
    assert decided.grants.get().expires_at == decided.decided_at + WEEK  # type: ignore[operator]


def test_what_is_held_when_it_begins_is_prolonged(orders: Resource, ana: User, olga: User) -> None:
    later = ask(orders, ana, starts_at=clock.now() + DAY)
    decide(later, olga)
    decide(ask(orders, ana, duration=2 * DAY), olga)
    due_to_start(later)
    assert sweeps.begin() == 1
    later.refresh_from_db()
    assert later.starts_at is not None
    assert Grant.objects.get().expires_at == later.starts_at + WEEK
    assert sweeps.begin() == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_do_it_once(orders: Resource, ana: User, olga: User, oscar: User) -> None:
    for person in (ana, oscar):
        due_to_start(decide(ask(orders, person, starts_at=clock.now() + DAY), olga))
    assert sum(at_once(2, lambda _: sweeps.begin())) == 2
    assert Grant.objects.count() == 2
    assert Operation.objects.count() == 2


def test_what_was_approved_for_later_goes_with_the_access_that_is_taken_away(
    orders: Resource, ana: User, olga: User
) -> None:
    """Else it would come back by itself on the day after the incident."""
    decide(ask(orders, ana), olga)
    later = decide(ask(orders, ana, starts_at=clock.now() + 3 * DAY), olga)
    others = decide(ask(orders, olga_s_colleague(), starts_at=clock.now() + 3 * DAY), olga)
    grant = Grant.objects.get(principal=f"user:{ana.email}")
    end_on(orders, [grant], by=olga, reason="Incident 7", title="Revoke")
    later.refresh_from_db()
    others.refresh_from_db()
    assert (later.state, others.state) == (State.WITHDRAWN, State.APPROVED)
    event = AuditEvent.objects.get(action="request.withdraw")
    assert (event.actor, event.reason) == (olga.email, "Incident 7")
    due_to_start(later)
    assert sweeps.begin() == 0


def test_an_end_by_its_date_leaves_what_was_approved_for_later(
    orders: Resource, ana: User, olga: User
) -> None:
    decide(ask(orders, ana), olga)
    later = decide(ask(orders, ana, starts_at=clock.now() + 8 * DAY), olga)
    end_on(orders, list(Grant.objects.all()), by=None, reason="It is over.", title="End")
    later.refresh_from_db()
    assert later.state == State.APPROVED


def test_a_share_that_is_taken_back_takes_back_what_begins_later(
    orders: Resource, ana: User, olga: User
) -> None:
    grant = make_grant(orders, f"user:{ana.email}", expires_at=clock.now() + DAY)
    later = decide(ask(orders, ana, starts_at=clock.now() + 3 * DAY), olga)
    request_share(orders, Sharing(remove=[grant]), by=olga)
    later.refresh_from_db()
    assert later.state == State.WITHDRAWN


def test_another_of_the_same_name_begins_anew(orders: Resource, ana: User, olga: User, ada: User) -> None:
    """Nothing that was asked, approved or set for the connection that is gone counts for the next one."""
    set_labels(orders, {"environment": "dev"}, by=ada)
    set_policy(orders, ada, ticket="optional")
    pending = ask(orders, ana)
    later = decide(ask(orders, olga_s_colleague(), starts_at=clock.now() + 3 * DAY), olga)
    with audit.appending():
        vanished.end_claims(orders, by=ada, reason="Deleted.", operation=None)
    for request in (pending, later):
        request.refresh_from_db()
        assert request.state == State.LAPSED
    orders.refresh_from_db()
    assert orders.labels == {}
    assert versions.current(orders).source == versions.PORTAL
    due_to_start(later)
    assert sweeps.sweep() == 0


def test_one_that_cannot_be_told_holds_up_no_other(orders: Resource, ana: User, olga: User) -> None:
    """The first's policy is one that this release cannot read."""
    first = decide(ask(orders, olga_s_colleague(), starts_at=clock.now() + DAY), olga)
    second = decide(ask(orders, ana, starts_at=clock.now() + DAY), olga)
    for request in (first, second):
        due_to_start(request)
    AccessRequest.objects.filter(pk=first.pk).update(policy_document={"steps": "of tomorrow"})
    grant = make_grant(orders, first.principal, origin=Grant.Origin.REQUEST, expires_at=clock.now() + DAY)
    with pytest.raises(UnfinishedError, match=str(first.pk)):
        sweeps.begin()
    assert Grant.objects.exclude(pk=grant.pk).get().principal == second.principal


def olga_s_colleague() -> User:
    """Somebody else who asks."""
    return make_person("carl@example.com")
