"""Reviews begin when the policy says, remind, and end: by answers, or as the policy says of silence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from access.models import Grant, Resource, Review
from access.reviews import answering, rounds
from portal.models import AuditEvent, Delivery, Operation, User
from tests.access.reviews.setting import grant, pass_days, policy, told, under_review
from tests.portal.threads import at_once

pytestmark = pytest.mark.django_db
State = Review.State


def test_a_review_begins_so_many_months_after_the_first_grant(orders: Resource, olga: User) -> None:
    policy(orders, months=6)
    grant(orders, "ana", days_ago=100)
    rounds.sweep()
    assert not Review.objects.exists()
    grant(orders, "bo", days_ago=190)
    rounds.sweep()
    rounds.sweep()
    review = Review.objects.get()
    assert (review.state, review.items.count()) == (State.OPEN, 2)
    assert [delivery.person for delivery in Delivery.objects.all()] == [olga]
    assert AuditEvent.objects.filter(action="review.start").count() == 1


def test_without_a_policy_nothing_is_reviewed(orders: Resource) -> None:
    grant(orders, "ana", days_ago=4000)
    rounds.sweep()
    assert not Review.objects.exists()


def test_the_portal_s_own_claims_and_what_ended_are_not_reviewed(orders: Resource) -> None:
    policy(orders)
    grant(orders, "agent", days_ago=400, origin=Grant.Origin.SERVICE_AGENT)
    grant(orders, "gone", days_ago=400, desired=Grant.Presence.ABSENT)
    rounds.sweep()
    assert not Review.objects.exists()


def test_the_next_one_begins_so_long_after_the_last(orders: Resource, olga: User) -> None:
    review = under_review(orders, "ana")
    answering.answer(review, {}, by=olga, keep_rest=True)
    rounds.sweep()
    assert Review.objects.count() == 1
    pass_days(review, 190)
    rounds.sweep()
    assert Review.objects.count() == 2


def test_two_sweeps_at_once_begin_one_review(transactional_db: None, orders: Resource) -> None:
    policy(orders)
    grant(orders, "ana", days_ago=400)

    def sweep(_: int) -> None:
        try:
            rounds.sweep()
        except rounds.RefusedError:
            return

    at_once(4, sweep)
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    ("begun", "months", "due"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2024, 2, 29), 12, (2025, 2, 28)),
        ((2026, 11, 15), 3, (2027, 2, 15)),
        ((2026, 12, 1), 36, (2029, 12, 1)),
    ],
)
def test_months_have_different_lengths(
    begun: tuple[int, int, int], months: int, due: tuple[int, int, int]
) -> None:
    assert rounds._months_later(datetime(*begun, tzinfo=UTC), months) == datetime(*due, tzinfo=UTC)


def test_owners_are_reminded_before_it_is_due_and_administrators_when_it_is_over(
    orders: Resource, ada: User, olga: User
) -> None:
    review = under_review(orders, "ana")
    pass_days(review, 12)
    rounds.sweep()
    rounds.sweep()
    assert told()[1:] == ["Soon due: the review of orders"]
    pass_days(review, 3)
    rounds.sweep()
    rounds.sweep()
    assert told()[2:] == ["Overdue: the review of orders"]
    assert set(
        Delivery.objects.filter(notice__subject__startswith="Over").values_list("person", flat=True)
    ) == {
        ada.pk,
        olga.pk,
    }
    pass_days(review, 8)
    rounds.sweep()
    assert told()[3:] == ["Overdue: the review of orders"], "again, a week later"
    review.refresh_from_db()
    assert review.state == State.OVERDUE
    assert Grant.objects.get().desired == Grant.Presence.PRESENT


def test_what_nobody_answered_is_revoked_where_the_policy_says_so(orders: Resource, olga: User) -> None:
    review = under_review(orders, "ana", "bo", unanswered="revoke")
    kept = review.items.get(grant__principal="user:ana@example.com")
    answering.answer(review, {kept.pk: "keep"}, by=olga)
    pass_days(review, 15)
    rounds.sweep()
    rounds.sweep()
    review.refresh_from_db()
    assert review.state == State.DONE
    held = {found.principal: found.desired for found in Grant.objects.all()}
    assert held == {"user:ana@example.com": "present", "user:bo@example.com": "absent"}
    assert Operation.objects.count() == 1
    end = AuditEvent.objects.get(action="grant.end")
    assert (end.actor, end.reason) == ("portal", rounds.SILENCE)
    assert AuditEvent.objects.get(action="review.end").detail["remove"] == 1


def test_a_review_whose_grants_all_ended_meanwhile_ends(orders: Resource) -> None:
    review = under_review(orders, "ana")
    Grant.objects.update(desired=Grant.Presence.ABSENT)
    pass_days(review, 12)
    rounds.sweep()
    review.refresh_from_db()
    assert review.state == State.DONE
