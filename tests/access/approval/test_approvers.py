"""Who may decide which request; what waits for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from access.approval import approvers
from access.approval.document import BUILT_IN, PolicyDocument
from access.approval.parts import Approvers, Next, Step
from access.approval.versions import save_version
from access.models import AccessRequest, Resource
from portal import clock
from portal.models import ADMINISTRATOR, User
from tests.access.approval.documents import decided, make_request
from tests.support.factories import make_person, make_resource
from tests.support.plans import only_sqlite, plans

OWNERS, AUDITORS = Approvers(owners=True), Approvers(groups=("auditor",))


def who(request: AccessRequest) -> set[str]:
    """Who may decide, by first name; the same as what waits for whom."""
    found = {user.email.split("@")[0] for user in approvers.deciders(request)}
    waiting = {
        user.email.split("@")[0]
        for user in User.objects.all()
        if approvers.waiting_for(user).filter(pk=request.pk).exists()
    }
    assert waiting == found
    for user in User.objects.all():
        assert approvers.may_decide(user, request) is (user.email.split("@")[0] in found)
    return found


@pytest.fixture
def cast(ada: User, olga: User, ana: User, aurel: User, oscar: User) -> None:
    """Everybody is there."""


def judged_by(resource: Resource, document: PolicyDocument, ada: User) -> None:
    save_version(resource, document, by=ada, comment="")


@pytest.mark.usefixtures("cast")
def test_the_owners(orders: Resource, ana: User, oscar: User) -> None:
    assert who(make_request(orders, ana)) == {"olga"}
    orders.owners.add(oscar)
    assert who(AccessRequest.objects.get()) == {"olga", "oscar"}


@pytest.mark.usefixtures("cast")
def test_administrators_where_no_owner_could(orders: Resource, ana: User, olga: User) -> None:
    request = make_request(orders, ana)
    orders.owners.clear()
    assert who(request) == {"ada"}
    orders.owners.add(olga)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert who(request) == {"ada"}


@pytest.mark.usefixtures("cast")
def test_an_owner_who_asks_is_decided_by_the_others(orders: Resource, olga: User, oscar: User) -> None:
    request = make_request(orders, olga)
    assert who(request) == {"ada"}
    orders.owners.add(oscar)
    assert who(request) == {"oscar"}


@pytest.mark.usefixtures("cast")
def test_an_owner_for_whom_somebody_asks_does_not_decide(orders: Resource, ana: User) -> None:
    assert who(make_request(orders, ana, "user:olga@example.com")) == {"ada"}


@pytest.mark.usefixtures("cast")
def test_an_administrator_does_not_decide_their_own(orders: Resource, ada: User) -> None:
    orders.owners.set([ada])
    assert who(make_request(orders, ada)) == set()
    make_person("adam@example.com", "administrator")
    assert who(AccessRequest.objects.get()) == {"adam"}


@pytest.mark.usefixtures("cast")
def test_groups_of_the_portal_and_people(orders: Resource, ana: User, ada: User) -> None:
    named = Approvers(groups=("auditor",), people=("oscar@example.com", "nobody@example.com"))
    judged_by(orders, replace(BUILT_IN, steps=(Step(named),)), ada)
    assert who(make_request(orders, ana)) == {"aurel", "oscar"}


@pytest.mark.usefixtures("cast")
def test_step_by_step(orders: Resource, ana: User, ada: User, olga: User, aurel: User) -> None:
    judged_by(orders, replace(BUILT_IN, steps=(Step(OWNERS), Step(OWNERS | AUDITORS))), ada)
    request = make_request(orders, ana)
    assert who(request) == {"olga"}
    decided(request, olga)
    request.step = 1
    request.save()
    assert who(request) == {"aurel"}
    decided(request, aurel, step=1)
    assert approvers.deciders(request) == []


@pytest.mark.usefixtures("cast")
def test_who_has_said_yes_is_not_asked_again(orders: Resource, ana: User, ada: User, olga: User) -> None:
    judged_by(orders, replace(BUILT_IN, steps=(Step(OWNERS | AUDITORS, 2),)), ada)
    request = make_request(orders, ana)
    decided(request, olga)
    assert who(request) == {"aurel"}


@pytest.mark.usefixtures("cast")
def test_who_is_asked_next(orders: Resource, ana: User, ada: User) -> None:
    judged_by(orders, replace(BUILT_IN, asked_next=Next(AUDITORS, timedelta(days=1))), ada)
    request = make_request(orders, ana)
    assert who(request) == {"olga"}
    request.escalated_at = clock.now()
    request.save()
    assert who(request) == {"olga", "aurel"}


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("state", ["approved", "denied", "withdrawn", "lapsed"])
def test_nobody_decides_what_is_over(orders: Resource, ana: User, state: str) -> None:
    assert who(make_request(orders, ana, state=state)) == set()


@pytest.mark.usefixtures("cast")
def test_a_request_keeps_the_version_that_it_is_judged_by(orders: Resource, ana: User, ada: User) -> None:
    request = make_request(orders, ana)
    judged_by(orders, replace(BUILT_IN, steps=(Step(AUDITORS),)), ada)
    assert who(request) == {"olga"}
    assert who(make_request(orders, ana, "group:g@example.com")) == {"aurel"}


@pytest.mark.usefixtures("cast")
def test_what_waits_costs_no_more_with_more_of_it(
    orders: Resource, ana: User, ada: User, olga: User, django_assert_max_num_queries: object
) -> None:
    for number in range(20):
        make_request(orders, ana, f"user:p{number}@example.com")
        other = make_resource(f"projects/other/locations/us/connections/c{number}", owners=(ada,))
        make_request(other, ana)
    for user in User.objects.filter(pk__in=[olga.pk, ada.pk]):
        with django_assert_max_num_queries(3):  # type: ignore[operator]
            assert len(list(approvers.waiting_for(user))) == 20


@pytest.mark.usefixtures("cast")
def test_who_lost_the_right_to_decide(orders: Resource, ana: User, olga: User) -> None:
    decision = decided(make_request(orders, ana), olga)
    assert approvers.still_may(decision)
    orders.owners.clear()
    assert not approvers.still_may(decision)
    orders.owners.add(olga)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert not approvers.still_may(decision)


@pytest.mark.usefixtures("cast")
def test_an_administrator_stands_in_only_where_nothing_else_lets_them_decide(
    orders: Resource, ana: User, olga: User, ada: User
) -> None:
    request = make_request(orders, ana)
    assert not approvers.stands_in(olga, request)
    orders.owners.clear()
    assert approvers.stands_in(ada, request)
    orders.owners.add(ada)
    assert not approvers.stands_in(ada, request), "an owner"
    orders.owners.clear()
    for named in (Approvers(owners=True, people=("ada@example.com",)), Approvers(groups=(ADMINISTRATOR,))):
        judged_by(orders, replace(BUILT_IN, steps=(Step(named),)), ada)
        assert not approvers.stands_in(ada, make_request(orders, ana, f"group:{len(named.groups)}@x.com"))


@pytest.mark.usefixtures("cast")
def test_what_the_policy_decided_stands(orders: Resource, ana: User) -> None:
    request = make_request(orders, ana)
    decision = request.decisions.create(verdict="approve", step=0, decided_at=clock.now())
    assert approvers.still_may(decision)


@pytest.mark.usefixtures("cast")
def test_inactive_people_see_and_decide_nothing(orders: Resource, ana: User, olga: User) -> None:
    request = make_request(orders, ana)
    olga.is_active = False
    olga.save()
    assert not approvers.may_decide(olga, request)
    assert not approvers.waiting_for(olga).exists()


@pytest.mark.usefixtures("cast")
def test_what_waits_is_listed_once(orders: Resource, ana: User, aurel: User, oscar: User, ada: User) -> None:
    orders.owners.add(oscar, aurel)
    make_request(orders, ana)
    judged_by(orders, replace(BUILT_IN, steps=(Step(OWNERS | AUDITORS),)), ada)
    make_request(orders, ana, "group:g@example.com")
    for user in (aurel, oscar):
        assert approvers.waiting_for(user).count() == 2
        assert len(list(approvers.waiting_for(user))) == 2


@only_sqlite
@pytest.mark.usefixtures("cast")
def test_what_waits_is_told_apart_by_an_index(orders: Resource, ana: User, olga: User) -> None:
    make_request(orders, ana)
    with plans() as lines:
        assert list(approvers.waiting_for(olga))
    assert not [line for line in lines if line.startswith("SCAN")]
    assert sum("USING INDEX request_that_waits (state=?" in line for line in lines) >= 2


@pytest.mark.usefixtures("cast")
def test_what_waits_is_kept_apart_by_what_its_policy_says(orders: Resource, ana: User, ada: User) -> None:
    """The same words under two versions are one kind; whoever is asked next makes another."""
    kinds = set()
    for number, step in enumerate((Step(OWNERS), Step(AUDITORS), Step(OWNERS))):
        judged_by(orders, replace(BUILT_IN, steps=(step,)), ada)
        kinds.add(make_request(orders, ana, f"group:g{number}@example.com").pk)
    digests = set(AccessRequest.objects.filter(pk__in=kinds).values_list("policy_digest", flat=True))
    assert len(digests) == 2
    assert all(len(digest) == 32 for digest in digests)
