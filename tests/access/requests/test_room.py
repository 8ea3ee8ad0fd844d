"""A policy that is full: what it has no room for is neither asked for nor approved; Google is not asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from access import seen
from access.models import CONNECTION_USER, AccessRequest, Grant, Resource
from portal import clock
from portal.gcp.policies import GROUP_LIMIT, PRINCIPAL_LIMIT, Policy
from portal.models import Operation, User
from tests.access.requests.asked import DENY, ask, decide
from tests.support.factories import make_grant

pytestmark = pytest.mark.django_db
State = AccessRequest.State
FULL = "The policy would name more than 1,500 principals, which Google refuses."


def fill(resource: Resource, count: int, kind: str = "user") -> None:
    """The policy as it was last seen names so many others."""
    others = [(CONNECTION_USER, f"{kind}:other{number}@example.com") for number in range(count)]
    seen.keep(resource, Policy().with_members(others))


def refused(resource: Resource, by: User, **values: object) -> str:
    """What is said against asking."""
    with pytest.raises(ValidationError) as found:
        ask(resource, by, **values)
    return " ".join(found.value.message_dict["role"])


def test_what_has_no_room_cannot_be_asked_for(orders: Resource, ana: User) -> None:
    fill(orders, PRINCIPAL_LIMIT)
    said = refused(orders, ana)
    assert said.startswith(f"No room for user:ana@example.com. {FULL}")
    assert said.endswith("Its owners can make room.")
    assert not AccessRequest.objects.exists()
    fill(orders, PRINCIPAL_LIMIT - 1)
    assert ask(orders, ana).state == State.PENDING


def test_groups_have_a_limit_of_their_own(orders: Resource, ana: User) -> None:
    fill(orders, GROUP_LIMIT, "group")
    assert "more than 250 groups" in refused(orders, ana, principal="group:new@example.com")
    assert ask(orders, ana).state == State.PENDING


def test_what_begins_later_may_find_room_then(orders: Resource, ana: User, olga: User) -> None:
    fill(orders, PRINCIPAL_LIMIT)
    request = ask(orders, ana, starts_at=clock.now() + timedelta(days=2))
    assert decide(request, olga).state == State.APPROVED


def test_a_longer_stay_needs_no_room(orders: Resource, ana: User, olga: User) -> None:
    decide(ask(orders, ana), olga)
    fill(orders, PRINCIPAL_LIMIT - 1)
    longer = decide(ask(orders, ana), olga)
    assert (longer.state, longer.extends is not None) == (State.APPROVED, True)


def test_a_policy_that_became_full_meanwhile_is_not_approved_but_can_be_denied(
    orders: Resource, ana: User, olga: User
) -> None:
    request = ask(orders, ana)
    fill(orders, PRINCIPAL_LIMIT)
    with pytest.raises(ValidationError, match=r"No room for user:ana@example\.com"):
        decide(request, olga)
    request.refresh_from_db()
    assert (request.state, request.decisions.count()) == (State.PENDING, 0)
    assert not Grant.objects.exists()
    assert not Operation.objects.exists()
    assert decide(request, olga, DENY).state == State.DENIED


def test_of_two_that_wait_for_the_last_place_one_is_approved(
    orders: Resource, ana: User, oscar: User, olga: User
) -> None:
    fill(orders, PRINCIPAL_LIMIT - 1)
    first, second = ask(orders, ana), ask(orders, oscar)
    assert decide(first, olga).state == State.APPROVED
    with pytest.raises(ValidationError, match=r"No room for user:oscar@example\.com"):
        decide(second, olga)


def test_what_is_on_its_way_out_makes_room(orders: Resource, ana: User) -> None:
    leaver = make_grant(orders, "user:other0@example.com")
    fill(orders, PRINCIPAL_LIMIT)
    assert "No room" in refused(orders, ana)
    Grant.objects.filter(pk=leaver.pk).update(desired=Grant.Presence.ABSENT)
    assert ask(orders, ana).state == State.PENDING
