"""Deciding: who may, what follows, and two who decide at once."""

from __future__ import annotations

from copy import copy
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from access.models import AccessRequest, Comment, Decision, Grant, Resource
from access.requests import conversing
from access.requests.journal import OvertakenError
from connections.models import Connection
from portal import clock
from portal.models import AuditEvent, Operation, User
from tests.access.requests.asked import APPROVE, DENY, WEEK, actions, ask, decide, set_policy, told
from tests.portal.threads import at_once
from tests.support.factories import make_grant

pytestmark = pytest.mark.django_db
State = AccessRequest.State
BOTH = [{"owners": True, "needed": 2}]
IN_ORDER = [{"owners": True}, {"people": ["aurel@example.com"]}]


def test_an_approval_gives_access_until_the_duration_is_over(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana), olga)
    assert request.state == State.APPROVED
    assert request.decided_at is not None
    grant = request.grants.get()
    assert grant.expires_at == request.decided_at + WEEK
    assert (grant.principal, grant.granted_by) == ("user:ana@example.com", "olga@example.com")
    assert (grant.desired, grant.reason) == (Grant.Presence.PRESENT, "Monthly report")
    operation = Operation.objects.get(pk=request.operation)
    assert (operation.task, operation.on_behalf_of) == ("access.share", olga.pk)
    assert operation.target == orders.full_name
    assert actions() == ["request.create", "request.approve", "grant.request"]
    assert ("request_decided", "ana@example.com") in told()


def test_a_share_of_the_same_is_not_prolonged(orders: Resource, ana: User, olga: User) -> None:
    """Each claim has its own end: who shared it said until when."""
    share = make_grant(orders, ana.member, expires_at=clock.now() + timedelta(days=1))
    request = decide(ask(orders, ana), olga)
    assert request.extends is None
    assert request.grants.get().origin == Grant.Origin.REQUEST
    assert Grant.objects.get(pk=share.pk).expires_at == share.expires_at


def test_the_clock_starts_at_the_approval(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    AccessRequest.objects.update(created_at=clock.now() - timedelta(days=3))
    decided = decide(request, olga)
    assert decided.grants.get().expires_at == decided.decided_at + WEEK  # type: ignore[operator]


def test_a_denial_needs_a_reason(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    with pytest.raises(ValidationError) as wrong:
        decide(request, olga, DENY, reason="  ")
    assert "reason" in wrong.value.message_dict
    denied = decide(request, olga, DENY, reason="Use the view instead", duration=timedelta(hours=1))
    assert denied.decisions.get().duration is None, "nothing is shortened"
    assert denied.state == State.DENIED
    assert not Grant.objects.exists()
    event = AuditEvent.objects.get(action="request.deny")
    assert (event.actor, event.reason) == ("olga@example.com", "Use the view instead")


def test_an_approver_can_make_it_shorter(orders: Resource, ana: User, olga: User) -> None:
    decided = decide(ask(orders, ana), olga, duration=timedelta(hours=4))
    assert decided.grants.get().expires_at == decided.decided_at + timedelta(hours=4)  # type: ignore[operator]
    assert decided.duration == WEEK, "what was asked for stays to be read"
    assert AuditEvent.objects.get(action="request.approve").detail["shortened_to_seconds"] == 4 * 3600


@pytest.mark.parametrize("days", [7, 8])
def test_nobody_makes_it_longer(orders: Resource, ana: User, olga: User, days: int) -> None:
    with pytest.raises(ValidationError) as wrong:
        decide(ask(orders, ana), olga, duration=timedelta(days=days))
    assert "can only be made shorter" in wrong.value.message_dict["duration"][0]


def test_nobody_decides_their_own(orders: Resource, ana: User, olga: User, ada: User) -> None:
    own = ask(orders, olga)
    with pytest.raises(ValidationError, match="may not decide"):
        decide(own, olga)
    assert decide(own, ada).state == State.APPROVED
    for_a_group = ask(orders, olga, principal="group:analysts@example.com")
    with pytest.raises(ValidationError, match="may not decide"):
        decide(for_a_group, olga)


def test_others_may_not(orders: Resource, ana: User, olga: User, oscar: User, ada: User, aurel: User) -> None:
    request = ask(orders, ana)
    for person in (ana, oscar, aurel, ada):
        with pytest.raises(ValidationError, match="may not decide"):
            decide(request, person)
    assert not Decision.objects.exists()


def test_an_owner_who_was_deactivated_may_not(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    olga.is_active = False
    olga.save()
    with pytest.raises(ValidationError, match="may not decide"):
        decide(request, olga)


def test_who_left_is_given_nothing(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    ana.is_active = False
    ana.save()
    with pytest.raises(ValidationError, match="was deactivated"):
        decide(request, olga)
    assert decide(request, olga, DENY).state == State.DENIED


def test_for_what_is_being_deleted_there_is_only_a_no(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    Connection.objects.update(state=Connection.State.DELETING)
    with pytest.raises(ValidationError, match=r"The connection was deleted\."):
        decide(request, olga)
    assert decide(request, olga, DENY).state == State.DENIED


def test_who_saw_something_else_decides_nothing(
    orders: Resource, ana: User, olga: User, oscar: User, ada: User
) -> None:
    """It waits as before, for another yes: but one has been said since."""
    set_policy(orders, ada, steps=BOTH)
    orders.owners.add(oscar)
    request = ask(orders, ana)
    seen = request.revision
    decide(request, olga)
    with pytest.raises(OvertakenError, match="has changed meanwhile"):
        decide(request, oscar, revision=seen)
    assert request.decisions.count() == 1
    assert decide(request, oscar).state == State.APPROVED


def test_all_steps_in_their_order(orders: Resource, ana: User, olga: User, aurel: User, ada: User) -> None:
    set_policy(orders, ada, steps=IN_ORDER)
    request = ask(orders, ana)
    with pytest.raises(ValidationError, match="may not decide"):
        decide(request, aurel)
    waiting = decide(request, olga)
    assert (waiting.state, waiting.step) == (State.PENDING, 1)
    assert ("request_made", "aurel@example.com") in told()
    assert decide(request, aurel).state == State.APPROVED
    assert Operation.objects.get().on_behalf_of == aurel.pk


def test_as_many_as_the_policy_needs(orders: Resource, ana: User, olga: User, oscar: User, ada: User) -> None:
    orders.owners.add(oscar)
    set_policy(orders, ada, steps=BOTH)
    request = ask(orders, ana)
    assert decide(request, olga, duration=timedelta(days=2)).state == State.PENDING
    with pytest.raises(ValidationError, match="may not decide"):
        decide(request, olga)
    decided = decide(request, oscar, duration=timedelta(days=5))
    assert decided.state == State.APPROVED
    assert decided.grants.get().expires_at == decided.decided_at + timedelta(days=2)  # type: ignore[operator]


def test_one_no_is_enough(orders: Resource, ana: User, olga: User, oscar: User, ada: User) -> None:
    orders.owners.add(oscar)
    set_policy(orders, ada, steps=BOTH)
    request = ask(orders, ana)
    decide(request, olga)
    assert decide(request, oscar, DENY).state == State.DENIED
    assert not Grant.objects.exists()


def test_who_saw_an_older_state_is_told(orders: Resource, ana: User, olga: User, oscar: User) -> None:
    orders.owners.add(oscar)
    request = ask(orders, ana)
    decide(request, olga, DENY)
    with pytest.raises(OvertakenError, match=r"olga@example\.com has denied it"):
        decide(request, oscar, revision=0)


def test_a_withdrawn_request_cannot_be_decided(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    conversing.withdraw(request, by=ana)
    with pytest.raises(OvertakenError, match="withdrawn"):
        decide(request, olga)


def test_a_decided_request_cannot_be_withdrawn(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana), olga)
    with pytest.raises(OvertakenError, match="has approved it"):
        conversing.withdraw(request, by=ana)


def test_comments_are_told_to_the_others(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    conversing.comment(request, "Which tables?", by=olga)
    conversing.comment(request, "Only orders.", by=ana)
    assert [comment.text for comment in request.comments.order_by("pk")] == ["Which tables?", "Only orders."]
    request.refresh_from_db()
    assert request.revision == 0, "whoever decides has seen all that counts"
    assert told().count(("request_made", "olga@example.com")) == 2
    assert told().count(("request_made", "ana@example.com")) == 1
    assert actions().count("request.comment") == 2


def test_who_has_no_business_there_any_more_is_told_nothing(
    orders: Resource, ana: User, olga: User, oscar: User
) -> None:
    orders.owners.add(oscar)
    request = ask(orders, ana)
    conversing.comment(request, "Which tables?", by=oscar)
    orders.owners.remove(oscar)
    conversing.comment(request, "Only orders.", by=ana)
    assert told().count(("request_made", "olga@example.com")) == 3
    assert told().count(("request_made", "oscar@example.com")) == 1, "that there is a request"


def test_a_conversation_has_an_end(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    said = Comment(request=request, by=ana, text="More.", made_at=clock.now())
    Comment.objects.bulk_create([copy(said) for _ in range(conversing.MOST_COMMENTS - 1)])
    conversing.comment(request, "Enough.", by=olga)
    with pytest.raises(ValidationError, match="holds 200 comments"):
        conversing.comment(request, "And one more.", by=ana)
    assert request.comments.count() == conversing.MOST_COMMENTS


def test_nobody_fills_the_mailboxes_of_others(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    said = Comment(request=request, by=ana, text="More.", made_at=clock.now())
    Comment.objects.bulk_create([copy(said) for _ in range(conversing.MOST_SAID - 1)])
    conversing.comment(request, "Enough.", by=ana)
    with pytest.raises(ValidationError, match="written 100 comments within an hour"):
        conversing.comment(request, "And one more.", by=ana)
    conversing.comment(request, "Each has their own.", by=olga)
    Comment.objects.update(made_at=clock.now() - conversing.SAID_WITHIN)
    conversing.comment(request, "Now, then.", by=ana)
    assert request.comments.count() == conversing.MOST_SAID + 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verdicts", [(APPROVE, APPROVE), (APPROVE, DENY), (DENY, DENY)])
def test_of_two_at_once_one_wins_and_the_other_is_told(
    verdicts: tuple[Decision.Verdict, Decision.Verdict],
    orders: Resource,
    ana: User,
    olga: User,
    oscar: User,
) -> None:
    orders.owners.add(oscar)
    request = ask(orders, ana)
    people = (olga, oscar)

    def press(number: int) -> str:
        mine = AccessRequest.objects.get(pk=request.pk)
        try:
            return decide(mine, people[number], verdicts[number], revision=0).state
        except OvertakenError as late:
            return str(late)

    answers = at_once(2, press)
    winner = Decision.objects.get()
    assert winner.by is not None
    won, lost = answers[people.index(winner.by)], answers[1 - people.index(winner.by)]
    request.refresh_from_db()
    assert won == request.state
    assert lost.startswith(f"{winner.by} has {request.state} it meanwhile")
    assert request.revision in {1, 2}
    assert Grant.objects.count() == (1 if request.state == State.APPROVED else 0)


@pytest.mark.django_db(transaction=True)
def test_asking_for_the_same_at_once_makes_one_request(orders: Resource, ana: User, olga: User) -> None:
    def press(_: int) -> bool:
        try:
            ask(orders, ana)
        except ValidationError:
            return False
        return True

    assert sorted(at_once(3, press)) == [False, False, True]
    assert AccessRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_deciding_and_withdrawing_at_once(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)

    def press(number: int) -> bool:
        mine = AccessRequest.objects.get(pk=request.pk)
        try:
            if number:
                conversing.withdraw(mine, by=ana)
            else:
                decide(mine, olga, revision=0)
        except OvertakenError:
            return False
        return True

    approved, withdrawn = at_once(2, press)
    assert approved != withdrawn
    assert Grant.objects.exists() == approved


def test_a_longer_stay_rests_on_approvals_that_still_hold(
    orders: Resource, ana: User, olga: User, oscar: User, ada: User
) -> None:
    """A worker asks again before it gives something new; a longer stay needs no worker."""
    decide(ask(orders, ana), olga)
    ends = Grant.objects.get().expires_at
    set_policy(orders, ada, steps=[{"owners": True}, {"people": ["ada@example.com"]}])
    longer = ask(orders, ana, duration=timedelta(days=30))
    decide(longer, olga)
    orders.owners.set([oscar])
    longer = decide(longer, ada)
    longer.refresh_from_db()
    assert longer.state == State.DENIED
    assert Grant.objects.get().expires_at == ends
    assert ("request_decided", "ana@example.com") in told()
