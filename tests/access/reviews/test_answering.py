"""Answers, past every form: nobody keeps their own access, and what is done stays done."""

from __future__ import annotations

import pytest

from access.models import Resource, ReviewItem
from access.reviews import answering
from access.reviews.rounds import RefusedError
from portal.models import AuditEvent, User
from tests.access.reviews.setting import under_review

pytestmark = pytest.mark.django_db
Answer = ReviewItem.Answer


def test_nobody_keeps_their_own_access_but_may_give_it_up(orders: Resource, olga: User) -> None:
    review = under_review(orders, "Olga", "ana")
    own, other = review.items.order_by("grant__principal")
    with pytest.raises(RefusedError, match="Nobody keeps their own access"):
        answering.answer(review, {own.pk: Answer.KEEP, other.pk: Answer.KEEP}, by=olga)
    assert set(review.items.values_list("answer", flat=True)) == {Answer.OPEN}
    assert not AuditEvent.objects.filter(action="review.answer").exists()
    assert answering.answer(review, {own.pk: Answer.REMOVE}, by=olga).removed == 1


def test_a_review_that_is_done_takes_no_answer(orders: Resource, olga: User) -> None:
    review = under_review(orders, "ana")
    item = review.items.get()
    assert answering.answer(review, {item.pk: Answer.KEEP}, by=olga).done
    with pytest.raises(RefusedError, match="This review is done"):
        answering.answer(review, {item.pk: Answer.REMOVE}, by=olga)
    item.refresh_from_db()
    assert item.answer == Answer.KEEP
