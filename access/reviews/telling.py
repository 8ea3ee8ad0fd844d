"""What owners are told about reviews, inside the caller's transaction; nothing twice."""

from __future__ import annotations

from access.models import Review
from portal import notices
from portal.models import ADMINISTRATOR, User


def begun(review: Review, count: int) -> None:
    """Tell those who answer that a review waits for them."""
    _tell(
        review,
        "begun",
        f"Look through who has access to {review.resource.title}",
        f"{_people(count)} to keep or remove until {review.due_at:%Y-%m-%d}. {_silence(review)}",
    )


def reminded(review: Review, count: int) -> None:
    """Remind those who answer; `count` is how many answers are missing."""
    late = review.state == Review.State.OVERDUE
    subject = "Overdue: the review of" if late else "Soon due: the review of"
    moment = review.reminded_at or review.due_at
    _tell(
        review,
        f"reminded:{review.state}:{(moment - review.due_at).days}",
        f"{subject} {review.resource.title}",
        f"{_people(count)} not answered for; it was due on {review.due_at:%Y-%m-%d}."
        if late
        else f"{_people(count)} not answered for; it is due on {review.due_at:%Y-%m-%d}. {_silence(review)}",
    )


def revoked(review: Review, count: int) -> None:
    """Tell that the time is over and what was not answered for is taken away."""
    _tell(
        review,
        "revoked",
        f"The review of {review.resource.title} is over",
        f"{_people(count)} not answered for: access is taken away, as the approval policy says.",
    )


def responsible(review: Review) -> set[User]:
    """The owners; administrators where there are none, and when it is overdue."""
    owners = {person for person in review.resource.owners.all() if person.is_active}
    if owners and review.state != Review.State.OVERDUE:
        return owners
    return owners | set(User.objects.filter(groups__name=ADMINISTRATOR, is_active=True))


def _people(count: int) -> str:
    return "1 grant" if count == 1 else f"{count} grants"


def _silence(review: Review) -> str:
    return "What is not answered is taken away then." if review.unanswered == "revoke" else ""


def _tell(review: Review, key: str, subject: str, text: str) -> None:
    notices.tell(
        notices.Kind.REVIEW_DUE,
        about=review.get_absolute_url(),
        to=responsible(review),
        subject=subject,
        text=text.strip(),
        key=f"review:{review.pk}:{key}",
        target=review.resource.full_name,
    )
