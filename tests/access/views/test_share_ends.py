"""Sharing with an end, in bulk too; and what a policy has no room for is refused in the form."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from access import seen
from access.models import CONNECTION_ADMIN, CONNECTION_USER, Grant
from connections.models import Connection
from portal import clock
from portal.gcp.policies import GROUP_LIMIT, PRINCIPAL_LIMIT, Policy
from portal.models import AuditEvent, Operation, Project, User
from tests.access.views.test_share import GROUP, held, save
from tests.support.factories import make_connection, make_grant
from tests.support.pages import sign_in, text_of

ANA = "user:ana@example.com"


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga owns."""
    return make_connection(project, owners=(olga,))


def typed(moment: datetime) -> str:
    """A moment as a browser sends it."""
    return f"{moment:%Y-%m-%dT%H:%M}"


def ends(connection: Connection) -> dict[str, datetime | None]:
    """Until when each principal is to have access."""
    present = connection.resource.grants.filter(desired=Grant.Presence.PRESENT)
    return dict(present.values_list("principal", "expires_at"))


@cache
def in_days(days: int) -> datetime:
    """That many days from when it was first asked, to the minute: the same however long a test takes."""
    return (clock.now() + timedelta(days=days)).replace(second=0, microsecond=0)


def test_a_pasted_list_ends_when_it_was_said(olga: User, orders: Connection) -> None:
    pasted = "\n".join(f"p{number}@example.com" for number in range(300))
    save(sign_in(olga), orders, principals=pasted, expires_at=typed(in_days(7)))
    assert set(ends(orders).values()) == {in_days(7)}
    assert len(ends(orders)) == 300
    assert Operation.objects.count() == 1
    event = AuditEvent.objects.filter(action="grant.request").earliest("position")
    assert event.detail["expires_at"] == in_days(7).isoformat()


@pytest.mark.parametrize("moment", ["2020-01-01T00:00", "soon", "2026-13-01T00:00"])
def test_an_end_that_is_none_is_refused(olga: User, orders: Connection, moment: str) -> None:
    response = save(sign_in(olga), orders, principals="ana@example.com", expires_at=moment)
    assert response.status_code == 422
    assert not ends(orders)


def test_named_again_with_another_end_it_ends_then(olga: User, orders: Connection) -> None:
    make_grant(orders.resource, ANA, expires_at=in_days(3))
    for end in (in_days(30), None, in_days(2)):
        save(sign_in(olga), orders, principals="ana@example.com", expires_at=typed(end) if end else "")
        assert ends(orders) == {ANA: end}
        orders.resource.grants.filter(desired=Grant.Presence.ABSENT).delete()
    response = save(sign_in(olga), orders, principals="ana@example.com", expires_at=typed(in_days(2)))
    assert "Nothing was changed." in text_of(response)


def test_a_changed_role_keeps_its_end(olga: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, ANA, expires_at=in_days(3))
    save(sign_in(olga), orders, **{f"role_{grant.pk}": CONNECTION_ADMIN})
    assert held(orders) == {(ANA, CONNECTION_ADMIN)}
    assert ends(orders) == {ANA: in_days(3)}


def test_a_share_stands_beside_a_request_that_ends_sooner(olga: User, orders: Connection) -> None:
    make_grant(orders.resource, ANA, origin=Grant.Origin.REQUEST, expires_at=in_days(3))
    save(sign_in(olga), orders, principals="ana@example.com")
    found = orders.resource.grants.filter(desired=Grant.Presence.PRESENT).order_by("pk")
    assert list(found.values_list("origin", "expires_at")) == [("request", in_days(3)), ("share", None)]


def test_what_a_request_gives_for_longer_is_not_given_twice(olga: User, orders: Connection) -> None:
    make_grant(orders.resource, ANA, origin=Grant.Origin.REQUEST, expires_at=in_days(9))
    response = save(sign_in(olga), orders, principals="ana@example.com", expires_at=typed(in_days(3)))
    assert "Nothing was changed." in text_of(response)


def full(connection: Connection, *members: str, filler: int = 0) -> None:
    """The policy as it was last seen: these members, and so many others whom the portal did not add."""
    others = [f"user:other{number}@example.com" for number in range(filler)]
    policy = Policy().with_members([(CONNECTION_USER, member) for member in [*others, *members]])
    seen.keep(connection.resource, policy)


def refusal(response: Any) -> str:
    """What the form says instead of sharing."""
    assert response.status_code == 422
    return text_of(response)


def test_what_a_policy_has_no_room_for_is_refused_before_google_does(olga: User, orders: Connection) -> None:
    full(orders, filler=PRINCIPAL_LIMIT - 3)
    make_grant(orders.resource, "user:pending@example.com", seen=False)
    pasted = "a@example.com, b@example.com, c@example.com"
    said = refusal(save(sign_in(olga), orders, principals=pasted))
    assert "No room for user:c@example.com. The policy would name more than 1,500 principals" in said
    assert not Operation.objects.exists()
    save(sign_in(olga), orders, principals="a@example.com, b@example.com")
    assert Operation.objects.count() == 1


def test_what_goes_makes_room(olga: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, ANA)
    full(orders, ANA, filler=PRINCIPAL_LIMIT - 1)
    assert "No room" in refusal(save(sign_in(olga), orders, principals="new@example.com"))
    save(sign_in(olga), orders, principals="new@example.com", **{f"remove_{grant.pk}": "on"})
    assert held(orders) == {("user:new@example.com", CONNECTION_USER)}


def test_groups_have_a_limit_of_their_own(olga: User, orders: Connection) -> None:
    full(orders, *(f"group:g{number}@example.com" for number in range(GROUP_LIMIT)))
    assert "more than 250 groups" in refusal(save(sign_in(olga), orders, principals=GROUP))
    save(sign_in(olga), orders, principals="group:G7@example.com", role=CONNECTION_ADMIN)
    assert Operation.objects.count() == 1, "a group that is there already counts once"
