"""Answering a review: what is kept and what is removed, in bulk, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from access import claims, ending
from access.models import Grant, Review, ReviewItem
from access.reviews import rounds
from access.reviews.rounds import RefusedError
from portal import audit, clock
from portal.models import Operation, User

Answer = ReviewItem.Answer


@dataclass(frozen=True)
class Answered:
    """What came of answers: how many were kept and removed, who removes, whether the review is done."""

    kept: int
    removed: int
    operation: Operation | None
    done: bool


def answer(
    review: Review, answers: Mapping[int, str], *, by: User, reason: str = "", keep_rest: bool = False
) -> Answered:
    """Keep or remove the grants of a review, by the keys of its items; the removed are ended at once.

    `keep_rest` keeps what is neither in `answers` nor answered yet. Answers may be changed until the review
    is done, but what was removed stays removed. Raises RefusedError: for a review that is done, and for
    somebody who would keep their own access.
    """
    with audit.appending():
        locked = Review.objects.select_for_update().get(pk=review.pk)
        if locked.state == Review.State.DONE:
            raise RefusedError("This review is done: somebody else has answered the rest.")
        items = _answerable(locked)
        chosen = {pk: given for pk, given in answers.items() if pk in items}
        if keep_rest:
            own = by.member
            for pk, item in items.items():
                if item.answer == Answer.OPEN and item.grant.principal.lower() != own:
                    chosen.setdefault(pk, Answer.KEEP)
        changed = [(items[pk], given) for pk, given in chosen.items() if items[pk].answer != given]
        _refuse_own(changed, by)
        _write(changed, by, reason)
        operation = _remove(
            locked, [item.grant for item, given in changed if given == Answer.REMOVE], by, reason
        )
        done = rounds.end_if_answered(locked, by=by)
    kept = sum(given == Answer.KEEP for _, given in changed)
    return Answered(kept, len(changed) - kept, operation, done)


def _answerable(review: Review) -> dict[int, ReviewItem]:
    """The items whose claims still hold, by key."""
    held = review.items.filter(grant__desired=Grant.Presence.PRESENT)
    return {item.pk: item for item in held.select_related("grant__resource")}


def _refuse_own(changed: list[tuple[ReviewItem, str]], by: User) -> None:
    own = by.member
    if any(given == Answer.KEEP and item.grant.principal.lower() == own for item, given in changed):
        raise RefusedError("Nobody keeps their own access: another owner or an administrator can.")


def _write(changed: list[tuple[ReviewItem, str]], by: User, reason: str) -> None:
    now = clock.now()
    for item, given in changed:
        item.answer, item.answered_by, item.answered_at, item.reason = given, by, now, reason
    fields = ["answer", "answered_by", "answered_at", "reason"]
    ReviewItem.objects.bulk_update([item for item, _ in changed], fields, batch_size=200)
    audit.record_all(
        audit.Entry(
            "review.answer",
            by,
            item.grant.resource.full_name,
            audit.Outcome.SUCCEEDED,
            item.grant.resource.project_id,
            reason,
            {"review": item.review_id, "answer": given, **claims.facts(item.grant)},
        )
        for item, given in changed
    )


def _remove(review: Review, grants: list[Grant], by: User, reason: str) -> Operation | None:
    if not grants:
        return None
    title = f"Remove after a review: {review.resource.title}"
    return ending.end_on(review.resource, grants, by=by, reason=reason or "Removed in a review", title=title)
