"""Owners keep and remove in bulk; what they remove ends at once; nobody keeps their own access."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from access.models import Grant, Resource, Review, ReviewItem, UsageLook
from portal import clock
from portal.models import AuditEvent, Operation, User
from tests.access.reviews.setting import grant, under_review
from tests.support.factories import make_person
from tests.support.pages import sign_in, text_of

pytestmark = pytest.mark.django_db


def item(review: Review, name: str) -> ReviewItem:
    return review.items.get(grant__principal=f"user:{name}@example.com")


def answer(browser: Client, review: Review, *, confirmed: bool = True, **answers: str) -> Any:
    """Post answers by people's names; `keep_rest` is the other button."""
    data = {f"answer_{item(review, name).pk}": given for name, given in answers.items() if name != "rest"}
    if "rest" in answers:
        data["keep_rest"] = "1"
    if confirmed:
        data["confirmed"] = "1"
    return browser.post(f"/reviews/{review.pk}/answer/", {**data, "reason": "spring cleaning"})


def test_an_owner_keeps_one_and_removes_another(orders: Resource, olga: User) -> None:
    review = under_review(orders, "ana", "bo", "cy")
    browser = sign_in(olga)
    asked = answer(browser, review, confirmed=False, ana="keep", bo="remove")
    assert "Remove access of 1 principal?" in text_of(asked)
    assert Operation.objects.count() == 0
    assert answer(browser, review, ana="keep", bo="remove")["Location"].startswith("/operations/")
    held = {found.principal[5:-12]: found.desired for found in Grant.objects.all()}
    assert held == {"ana": "present", "bo": "absent", "cy": "present"}
    page = text_of(browser.get(f"/reviews/{review.pk}/"))
    assert "1 of 3 wait for an answer" in page
    events = AuditEvent.objects.filter(action="review.answer")
    assert {event.detail["answer"] for event in events} == {"keep", "remove"}
    assert {event.reason for event in events} == {"spring cleaning"}
    assert all({"grant", "principal", "role", "review"} <= event.detail.keys() for event in events)


def test_the_rest_is_kept_with_one_click_and_the_review_is_done(orders: Resource, olga: User) -> None:
    review = under_review(orders, "ana", "bo")
    browser = sign_in(olga)
    answer(browser, review, rest="keep")
    review.refresh_from_db()
    assert review.state == Review.State.DONE
    assert "The review is done" in text_of(browser.get(f"/reviews/{review.pk}/"))
    late = answer(browser, review, ana="remove")
    assert late.status_code == 422
    assert "somebody else has answered" in text_of(late)
    assert not Grant.objects.filter(desired=Grant.Presence.ABSENT).exists()


def test_nobody_keeps_their_own_access(orders: Resource, olga: User, ada: User) -> None:
    review = under_review(orders, "olga", "ana")
    browser = sign_in(olga)
    assert answer(browser, review, olga="keep").status_code == 422
    answer(browser, review, rest="keep")
    review.refresh_from_db()
    assert review.state == Review.State.OPEN
    answer(sign_in(ada), review, olga="keep")
    review.refresh_from_db()
    assert review.state == Review.State.DONE


def test_an_answer_can_be_changed_but_what_was_removed_stays_removed(orders: Resource, olga: User) -> None:
    review = under_review(orders, "ana", "bo", "cy")
    browser = sign_in(olga)
    answer(browser, review, ana="keep", bo="remove")
    answer(browser, review, ana="remove", bo="keep")
    assert {found.principal[5:-12] for found in Grant.objects.filter(desired="present")} == {"cy"}


def test_another_owner_s_review_does_not_exist(orders: Resource, ana: User, aurel: User) -> None:
    review = under_review(orders, "ana")
    assert sign_in(ana).get(f"/reviews/{review.pk}/").status_code == 404
    assert answer(sign_in(ana), review, ana="keep").status_code == 404
    auditor = sign_in(aurel)
    page = auditor.get(f"/reviews/{review.pk}/")
    assert "Save answers" not in text_of(page)
    assert answer(auditor, review, ana="keep").status_code == 403


def test_the_list_shows_what_is_mine(orders: Resource, olga: User, ana: User, aurel: User) -> None:
    under_review(orders, "ana", "bo")
    assert "2 of 2 wait" in text_of(sign_in(olga).get("/reviews/"))
    assert "No reviews" in text_of(sign_in(ana).get("/reviews/"))
    assert "2 of 2 wait" in text_of(sign_in(aurel).get("/reviews/"))


def test_last_use_is_shown_as_far_as_it_is_known(orders: Resource, olga: User) -> None:
    review = under_review(orders, "ana", "bo")
    browser = sign_in(olga)
    assert "Last use is not known yet" in text_of(browser.get(f"/reviews/{review.pk}/"))
    now = clock.now()
    Grant.objects.update(usage_checked_at=now)
    Grant.objects.filter(principal="user:ana@example.com").update(last_used_at=now - timedelta(days=3))
    look = UsageLook.objects.create(resource=orders, looked_at=now, since=now - timedelta(days=90))
    page = text_of(browser.get(f"/reviews/{review.pk}/"))
    assert "3 days ago" in page
    assert f"Never seen since {now - timedelta(days=90):%Y-%m-%d}" in page
    UsageLook.objects.filter(pk=look.pk).update(problem="The portal may not read the logs.")
    page = text_of(browser.get(f"/reviews/{review.pk}/"))
    assert "The portal may not read the logs." in page
    assert "Never seen" not in page


def test_an_owner_can_begin_one_at_once(orders: Resource, olga: User) -> None:
    browser = sign_in(olga)
    start = f"/access/{orders.full_name}/review/"
    assert browser.post(start)["Location"] == "/reviews/"
    grant(orders, "ana")
    assert browser.post(start)["Location"] == f"/reviews/{Review.objects.get().pk}/"
    assert "under way" in text_of(browser.post(start, follow=True))


def test_a_long_review_costs_what_a_short_one_does(
    orders: Resource, olga: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    review = under_review(orders, *(f"p{number}" for number in range(150)))
    browser = sign_in(olga)
    with django_assert_max_num_queries(12):
        first = browser.get(f"/reviews/{review.pk}/")
    assert first.content.decode().count('type="radio"') == 200
    last = review.items.order_by("-pk")[99]
    assert (
        browser.get(f"/reviews/{review.pk}/?before={last.pk}").content.decode().count('type="radio"') == 100
    )
    with django_assert_max_num_queries(12):
        browser.get("/reviews/")


def test_somebody_who_is_no_owner_any_more_is_not_let_in(orders: Resource, olga: User) -> None:
    review = under_review(orders, "ana")
    browser = sign_in(olga)
    orders.owners.set([make_person("new@example.com")])
    assert answer(browser, review, ana="remove").status_code == 404
