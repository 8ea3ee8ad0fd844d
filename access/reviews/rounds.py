"""Beginning and ending reviews: what is due by the approval policies, and what becomes of silence."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Max, Min, Q, QuerySet

from access import ending
from access.approval import versions
from access.approval.parts import REVOKE
from access.approval.parts import Review as Rule
from access.models import Grant, Resource, Review, ReviewItem
from access.reviews import telling
from portal import audit, clock, sweeping
from portal.models import User

# Claims that people decide about; those of the portal itself (service agents, encryption) are its business.
REVIEWED = (
    Grant.Origin.SHARE,
    Grant.Origin.REQUEST,
    Grant.Origin.IMPORTED,
    Grant.Origin.BREAK_GLASS,
)
SILENCE = "Not answered in the review"
SOON = timedelta(days=3)
AGAIN = timedelta(days=7)
BATCH = 200
HELD = Q(origin__in=REVIEWED, desired=Grant.Presence.PRESENT)


class RefusedError(Exception):
    """The review cannot begin or be answered like this; the message is for the person."""


def sweep() -> None:
    """Begin what is due, remind, and end what is over. Two at once do no harm.

    What cannot be done holds up nothing else; raises sweeping.UnfinishedError at the end.
    """
    sweeping.all_of(begin, go_on)


def begin() -> int:
    """Begin the reviews that are due; return how many."""
    return sweeping.each(_due(clock.now()), _begin, lambda due: due[0].full_name)


def _begin(due: tuple[Resource, Rule]) -> bool:
    with suppress(RefusedError):  # another sweep was quicker
        return start(*due, by=None) is not None
    return False


def go_on() -> int:
    """Remind of what waits, end what is over; return how many reviews were looked at."""
    unfinished = Review.objects.exclude(state=Review.State.DONE).filter(_asks_for_something(clock.now()))
    keys = list(unfinished.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return sweeping.each(keys, _go_on, "review {}".format)


def start(resource: Resource, rule: Rule, *, by: User | None) -> Review | None:
    """Begin a review of `resource`, and tell its owners; None where there is nothing to look at.

    `by` None is the portal itself. Raises RefusedError while another one is not done.
    """
    with audit.appending():
        locked = Resource.objects.select_for_update().get(pk=resource.pk)
        if locked.reviews.exclude(state=Review.State.DONE).exists():
            raise RefusedError("A review of this connection is under way.")
        grants = list(locked.grants.filter(HELD).order_by("pk"))
        if not grants:
            return None
        now = clock.now()
        review = Review.objects.create(
            resource=locked, unanswered=rule.unanswered, started_at=now, due_at=now + rule.answer_within
        )
        ReviewItem.objects.bulk_create(ReviewItem(review=review, grant=grant) for grant in grants)
        record("review.start", review, by, {"grants": len(grants), "due_at": review.due_at.isoformat()})
        telling.begun(review, len(grants))
    return review


def open_items(review: Review) -> QuerySet[ReviewItem]:
    """Return what still waits for an answer: claims that ended meanwhile need none."""
    return review.items.filter(answer=ReviewItem.Answer.OPEN, grant__desired=Grant.Presence.PRESENT)


def end_if_answered(review: Review, *, by: User | None) -> bool:
    """End the review if nothing waits any more; inside the caller's transaction. Return whether it did."""
    if open_items(review).exists():
        return False
    review.state, review.ended_at = Review.State.DONE, clock.now()
    review.save(update_fields=["state", "ended_at"])
    answers = review.items.values_list("answer", flat=True)
    counts = {answer: sum(given == answer for given in answers) for answer in ("keep", "remove")}
    record("review.end", review, by, counts)
    return True


def record(action: str, review: Review, by: User | None, detail: Mapping[str, object]) -> None:
    """Append an event about the review as a whole."""
    audit.record(
        action,
        by=by,
        target=review.resource.full_name,
        project=review.resource.project_id,
        outcome=audit.Outcome.SUCCEEDED,
        detail={"review": review.pk, **detail},
    )


def _due(now: datetime) -> list[tuple[Resource, Rule]]:
    """What the policies want reviewed by now: so long after the last review, else after the first claim."""
    found = (
        Resource.objects.filter(kind__in=(Resource.Kind.CONNECTION, Resource.Kind.INSTANCE))
        .exclude(reviews__in=Review.objects.exclude(state=Review.State.DONE))
        .annotate(last=Max("reviews__started_at"))
        .annotate(first=Min("grants__granted_at", filter=Q(**_held("grants__"))))
        .filter(first__isnull=False)
    )
    resources = list(found.order_by("pk"))
    policies = versions.current_of(resources)
    due: list[tuple[Resource, Rule]] = []
    for resource in resources:
        rule = policies[resource.pk].document.review
        since = resource.last or resource.first
        if rule.every_months and _months_later(since, rule.every_months) <= now:
            due.append((resource, rule))
    return due


def _held(prefix: str) -> dict[str, object]:
    return {f"{prefix}origin__in": REVIEWED, f"{prefix}desired": Grant.Presence.PRESENT}


def _asks_for_something(now: datetime) -> Q:
    soon = Q(due_at__lte=now + SOON, reminded_at__isnull=True)
    over = Q(state=Review.State.OPEN, due_at__lte=now)
    again = Q(state=Review.State.OVERDUE, reminded_at__lte=now - AGAIN)
    return soon | over | again


def _go_on(pk: int) -> bool:
    """Remind of a review, or let its time be over, as its rule says; return whether there was a need."""
    with audit.appending():
        review = Review.objects.select_for_update().get(pk=pk)
        now = clock.now()
        if review.state == Review.State.DONE or end_if_answered(review, by=None):
            return False
        if review.due_at <= now and review.unanswered == REVOKE:
            _revoke(review)
            return True
        if review.due_at <= now and review.state == Review.State.OPEN:
            review.state = Review.State.OVERDUE
            record("review.end", review, None, {"overdue": True, "unanswered": open_items(review).count()})
        review.reminded_at = now
        review.save(update_fields=["state", "reminded_at"])
        telling.reminded(review, open_items(review).count())
        return True


def _revoke(review: Review) -> None:
    """Take away what nobody answered for."""
    items = list(open_items(review).select_related("grant__resource"))
    grants = [item.grant for item in items]
    ReviewItem.objects.filter(pk__in=[item.pk for item in items]).update(
        answer=ReviewItem.Answer.REMOVE, answered_at=clock.now(), reason=SILENCE
    )
    ending.end_on(
        review.resource,
        grants,
        by=None,
        reason=SILENCE,
        title=f"Take back what nobody answered for: {review.resource.title}",
    )
    telling.revoked(review, len(grants))
    end_if_answered(review, by=None)


def _months_later(moment: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of that month."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
