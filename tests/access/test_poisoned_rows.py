"""One row that the database refuses to change: each sweep does all others, and says which it could not do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access import expiry, reconcile
from access.approval.document import BUILT_IN
from access.approval.parts import Review as Rule
from access.models import AccessRequest, Grant, Resource, Review
from access.requests import sweeps
from access.reviews import rounds
from access.tasks import expire
from portal import audit, clock
from portal.models import Operation, Project, User
from portal.sweeping import UnfinishedError
from tests.access.requests.asked import ask, grow_older
from tests.support.cast import ada, ana, olga, orders, project, quick
from tests.support.factories import make_connection, make_grant
from tests.support.poison import poisoned

__all__ = ["ada", "ana", "olga", "orders", "project", "quick"]

pytestmark = pytest.mark.django_db
Presence = Grant.Presence
DAY = timedelta(days=1)


@pytest.fixture
def stock(project: Project, olga: User) -> Resource:
    """Another's."""
    return make_connection(project, "stock", owners=(olga,)).resource


def over(resource: Resource, name: str) -> Grant:
    """A claim whose time is over."""
    return make_grant(resource, f"user:{name}@example.com", expires_at=clock.now() - timedelta(seconds=1))


def refusing(row: Grant) -> str:
    """The condition under which the database refuses."""
    return f"NEW.id = {row.pk}"


def held(*grants: Grant) -> list[bool]:
    """Whether each is still to be there."""
    wanted = dict(Grant.objects.values_list("pk", "desired"))
    return [wanted[grant.pk] == Presence.PRESENT for grant in grants]


def test_all_that_is_over_ends_but_for_it(
    orders: Resource, stock: Resource, caplog: pytest.LogCaptureFixture
) -> None:
    first, bad, last, elsewhere = over(orders, "a"), over(orders, "b"), over(orders, "c"), over(stock, "d")
    with poisoned("access_grant", refusing(bad)):
        with pytest.raises(UnfinishedError) as found:
            expiry.end_due()
        assert held(first, bad, last, elsewhere) == [False, True, False, False]
    assert found.value.failed == [f"a grant on {orders.full_name}"]
    assert f"what is over on {orders.full_name} could not be ended at once" in caplog.text
    assert "poisoned" in caplog.text
    assert Operation.objects.filter(target=stock.full_name).count() == 1
    assert audit.verify().holds
    assert expiry.end_due() == 1, "the next minute, when it can be"
    assert held(bad) == [False]


def test_the_task_fails_and_what_follows_was_done(orders: Resource) -> None:
    """Reminders come although an end could not be; whoever watches the workers sees the task fail."""
    bad = over(orders, "b")
    near = make_grant(
        orders,
        "user:near@example.com",
        granted_at=clock.now() - 30 * DAY,
        expires_at=clock.now() + timedelta(hours=5),
    )
    with poisoned("access_grant", refusing(bad)), pytest.raises(UnfinishedError, match="1 not done"):
        expire()
    near.refresh_from_db()
    assert near.reminded_days == 1


def test_everybody_else_is_reminded_and_told(orders: Resource) -> None:
    end = clock.now() + timedelta(hours=5)
    near = [
        make_grant(orders, f"user:{name}@example.com", granted_at=clock.now() - 30 * DAY, expires_at=end)
        for name in "ab"
    ]
    with poisoned("access_grant", refusing(near[0])), pytest.raises(UnfinishedError) as found:
        expiry.remind()
    assert found.value.failed == [f"grant {near[0].pk}"]
    assert list(Grant.objects.order_by("pk").values_list("reminded_days", flat=True)) == [None, 1]
    late = clock.now() - timedelta(hours=1)
    Grant.objects.update(desired=Presence.ABSENT, revoked_at=late)
    with poisoned("access_grant", refusing(near[0])), pytest.raises(UnfinishedError):
        expiry.tell_overdue()
    told = Grant.objects.order_by("pk").values_list("overdue_told_at", flat=True)
    assert [moment is not None for moment in told] == [False, True]


def test_what_is_to_be_taken_back_elsewhere_is(orders: Resource, stock: Resource) -> None:
    for resource in (orders, stock):
        make_grant(resource, "user:a@example.com", desired=Presence.ABSENT, revoked_at=clock.now())
    condition = f"NEW.target = '{orders.full_name}'"
    with poisoned("portal_operation", condition, "INSERT"), pytest.raises(UnfinishedError) as found:
        reconcile.request_due()
    assert found.value.failed == [orders.full_name]
    assert [operation.target for operation in Operation.objects.all()] == [stock.full_name]
    assert reconcile.request_due() == 1


def test_other_requests_take_their_course(orders: Resource, stock: Resource, ana: User) -> None:
    bad, good = ask(orders, ana), ask(stock, ana)
    for request in (bad, good):
        grow_older(request, 8 * DAY)
    condition = f"REPLACE(CAST(NEW.id AS TEXT), '-', '') = '{bad.pk.hex}'"
    with poisoned("access_accessrequest", condition), pytest.raises(UnfinishedError) as found:
        sweeps.lapse()
    assert found.value.failed == [f"request {bad.pk}"]
    states = {request.resource_id: request.state for request in AccessRequest.objects.all()}
    assert states == {orders.pk: "pending", stock.pk: "lapsed"}


def test_a_request_that_nobody_can_judge_holds_up_no_other(
    orders: Resource, stock: Resource, ana: User, ada: User
) -> None:
    """Its policy is not one, as after a release that reads policies otherwise."""
    asked_next = {"after": "1 day", "people": ["ada@example.com"]}
    document = {**BUILT_IN.to_dict(), "asked_next": asked_next}
    bad, good = ask(orders, ana), ask(stock, ana)
    AccessRequest.objects.filter(pk=bad.pk).update(policy_document={"steps": "none that can be read"})
    AccessRequest.objects.filter(pk=good.pk).update(policy_document=document)
    for request in (bad, good):
        grow_older(request, 2 * DAY)
    with pytest.raises(UnfinishedError) as found:
        sweeps.sweep()
    assert found.value.failed == [f"request {bad.pk}"]
    good.refresh_from_db()
    assert good.escalated_at is not None


def test_other_reviews_go_on(orders: Resource, stock: Resource) -> None:
    reviews = []
    for resource in (orders, stock):
        make_grant(resource, "user:a@example.com")
        reviews.append(rounds.start(resource, Rule(), by=None))
    Review.objects.update(due_at=clock.now() - DAY)
    bad, good = reviews
    assert bad is not None
    assert good is not None
    with poisoned("access_review", f"NEW.id = {bad.pk}"), pytest.raises(UnfinishedError) as found:
        rounds.sweep()
    assert found.value.failed == [f"review {bad.pk}"]
    assert dict(Review.objects.values_list("pk", "state")) == {bad.pk: "open", good.pk: "overdue"}
