"""Access ends by itself: on time, once, announced before, and loud while Google still has it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access import expiry
from access.models import CONNECTION_USER, OVERDUE, Grant, overdue
from access.services import Sharing, request_share
from emulator.client import Control
from portal import audit, clock
from portal.models import AuditEvent, Delivery, Notice, Operation, User
from tests.access.policy_desk import VIEWER, Desk, Pair
from tests.portal.threads import at_once
from tests.support.creation import administrator, carry_out

pytestmark = pytest.mark.django_db(transaction=True)
ANN: Pair = ("user:ann@example.com", VIEWER)
BEN: Pair = ("user:ben@example.com", VIEWER)


def share_until(desk: Desk, pair: Pair, ends_in: timedelta) -> Grant:
    """Share with an end, and let it be seen at Google."""
    sharing = Sharing(add=frozenset([pair]), until={pair: clock.now() + timedelta(days=40)})
    carry_out(request_share(desk.resource, sharing, by=administrator()))
    grant = desk.live([pair])[0]
    assert grant.status == "active"
    Grant.objects.filter(pk=grant.pk).update(expires_at=clock.now() + ends_in)
    grant.refresh_from_db()
    return grant


def newest() -> Operation:
    """The operation asked for last."""
    return Operation.objects.latest("created_at")


def test_what_is_due_ends_and_what_is_not_stays(desk: Desk) -> None:
    share_until(desk, ANN, -timedelta(seconds=1))
    share_until(desk, BEN, timedelta(hours=1))
    assert expiry.end_due() == 1
    assert desk.statuses() == {ANN[0]: "revoking", BEN[0]: "active"}
    carry_out(newest())
    assert desk.statuses() == {ANN[0]: "revoked", BEN[0]: "active"}
    assert ANN[0] not in desk.members()
    assert BEN[0] in desk.members()
    ended = AuditEvent.objects.get(action="grant.end")
    assert (ended.actor, ended.reason) == (audit.SYSTEM, expiry.REASON)
    assert newest().requested_by == audit.SYSTEM
    assert expiry.end_due() == 0


def test_all_that_is_due_on_a_policy_costs_one_write(desk: Desk) -> None:
    pairs = [(f"user:person{number}@example.com", VIEWER) for number in range(50)]
    soon = clock.now() + timedelta(days=1)
    sharing = Sharing(add=frozenset(pairs), until=dict.fromkeys(pairs, soon))
    carry_out(request_share(desk.resource, sharing, by=administrator()))
    Grant.objects.update(expires_at=clock.now() - timedelta(minutes=1))
    assert expiry.end_due() == 50
    carry_out(newest())
    assert desk.writes() == 2
    assert set(desk.statuses().values()) == {"revoked"}


def test_two_sweeps_at_once_end_it_once(desk: Desk) -> None:
    share_until(desk, ANN, -timedelta(seconds=1))
    assert sorted(at_once(3, lambda _: expiry.end_due())) == [0, 0, 1]
    assert AuditEvent.objects.filter(action="grant.end").count() == 1
    assert Operation.objects.filter(requested_by=audit.SYSTEM).count() == 1
    assert audit.verify().holds


def test_a_binding_that_another_claim_needs_stays(desk: Desk) -> None:
    carry_out(desk.claim(ANN, "one"))
    share_until(desk, ANN, -timedelta(seconds=1))
    expiry.end_due()
    carry_out(newest())
    assert ANN[0] in desk.members()


def test_prolonged_in_the_last_second_it_stays(desk: Desk) -> None:
    """Whoever prolongs it between the sweep's first look and its transaction wins."""
    grant = share_until(desk, ANN, -timedelta(seconds=1))
    found = expiry._resources_of(expiry._due(clock.now()))
    Grant.objects.filter(pk=grant.pk).update(expires_at=clock.now() + timedelta(hours=1))
    assert [expiry._end_on(resource) for resource in found] == [0]


def test_the_holder_is_reminded_once_for_each_day_and_told_of_the_end(desk: Desk) -> None:
    User.objects.create_user("ann@example.com")
    grant = share_until(desk, ANN, timedelta(days=6))
    Grant.objects.filter(pk=grant.pk).update(granted_at=clock.now() - timedelta(days=30))
    assert expiry.remind() == 1
    assert expiry.remind() == 0
    Grant.objects.filter(pk=grant.pk).update(expires_at=clock.now() + timedelta(hours=20))
    assert expiry.remind() == 1
    assert expiry.remind() == 0
    Grant.objects.filter(pk=grant.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    expiry.sweep()
    kinds = list(Notice.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["access_ending", "access_ending", "access_ended"]
    assert set(Delivery.objects.values_list("person__email", flat=True)) == {"ann@example.com"}


def test_what_was_prolonged_is_announced_anew(desk: Desk) -> None:
    share_until(desk, ANN, timedelta(hours=20))
    Grant.objects.update(granted_at=clock.now() - timedelta(days=30))
    assert expiry.remind() == 1
    Grant.objects.update(expires_at=clock.now() + timedelta(days=6))
    assert expiry.remind() == 1
    assert expiry.remind() == 0


def test_what_lasts_no_longer_than_the_reminder_is_not_announced(desk: Desk) -> None:
    share_until(desk, ANN, timedelta(hours=2))
    Grant.objects.update(granted_at=clock.now() - timedelta(hours=1))
    assert expiry.remind() == 0


def test_overdue_until_google_has_followed_and_told_once(desk: Desk, google: Control) -> None:
    desk.resource.owners.add(User.objects.create_user("olga@example.com"))
    grant = share_until(desk, ANN, -OVERDUE - timedelta(minutes=1))
    assert grant.status == "overdue", "nobody has even ended it"
    expiry.end_due()
    assert Grant.objects.get().status == "overdue"
    assert Grant.objects.filter(overdue(clock.now())).count() == 1
    assert expiry.tell_overdue() == 1
    assert expiry.tell_overdue() == 0
    notice = Notice.objects.get(kind="access_overdue")
    told = Delivery.objects.filter(notice=notice).values_list("person__email", flat=True)
    assert set(told) == {"ada@example.com", "olga@example.com"}
    carry_out(newest())
    assert Grant.objects.get().status == "revoked"
    assert not Grant.objects.filter(overdue(clock.now())).exists()


def test_status_and_query_agree_about_what_is_overdue(desk: Desk) -> None:
    now = clock.now()
    moments = [None, now + timedelta(hours=1), now - timedelta(minutes=1), now - timedelta(hours=1)]
    Presence = Grant.Presence
    number = 0
    for desired in (Presence.PRESENT, Presence.ABSENT):
        for observed in Presence:
            for expires_at in moments:
                for revoked_at in moments if desired == Presence.ABSENT else [None]:
                    number += 1
                    Grant.objects.create(
                        resource=desk.resource,
                        principal=f"user:p{number}@example.com",
                        role=CONNECTION_USER,
                        origin=Grant.Origin.SHARE,
                        desired=desired,
                        observed=observed,
                        granted_by="ada@example.com",
                        granted_at=now,
                        expires_at=expires_at,
                        revoked_at=revoked_at,
                    )
    late = set(Grant.objects.filter(overdue(clock.now())).values_list("pk", flat=True))
    assert late == {grant.pk for grant in Grant.objects.all() if grant.status == "overdue"}
    assert late
