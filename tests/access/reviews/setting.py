"""Policies, grants and days for tests of reviews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from access.models import ApprovalPolicy, Grant, Resource, Review
from access.reviews import rounds
from portal import clock
from portal.models import Notice
from tests.support.factories import make_grant


def policy(resource: Resource, *, months: int = 6, unanswered: str = "remind") -> None:
    """Have the owners look through the resource's grants every so many months."""
    document = {"review": {"every_months": months, "unanswered": unanswered}}
    ApprovalPolicy.objects.create(
        resource=resource, version=1, document=document, made_by="ada", made_at=clock.now()
    )


def grant(resource: Resource, name: str, *, days_ago: int = 0, **fields: Any) -> Grant:
    """A grant for NAME@example.com that began so long ago."""
    began = clock.now() - timedelta(days=days_ago)
    return make_grant(resource, f"user:{name}@example.com", granted_at=began, **fields)


def under_review(resource: Resource, *names: str, unanswered: str = "remind") -> Review:
    """A review of grants for these people, which has begun just now."""
    policy(resource, unanswered=unanswered)
    for name in names:
        grant(resource, name, days_ago=400)
    rounds.sweep()
    return Review.objects.get()


def pass_days(review: Review, days: int) -> None:
    """Let the review have begun, and been spoken of, so many days earlier."""
    earlier = timedelta(days=days)
    review.refresh_from_db()
    review.started_at, review.due_at = review.started_at - earlier, review.due_at - earlier
    if review.reminded_at:
        review.reminded_at -= earlier
    review.save()


def told() -> list[str]:
    """The subjects of all notices."""
    return list(Notice.objects.order_by("pk").values_list("subject", flat=True))
