"""Reviews: those that wait for me, and those of everything."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.models import Grant, Review, ReviewItem
from portal.models import User
from portal.permissions import actor, overseer, permitted, signed_in
from portal.views import paging

PAGE_SIZE = 50
# By their names: overdue, open, done.
ORDER = ("-state", "due_at", "-id")
WAITING = Q(answer=ReviewItem.Answer.OPEN, grant__desired=Grant.Presence.PRESENT)


@require_safe
@permitted(signed_in)
def reviews(request: HttpRequest) -> HttpResponse:
    """Owners see those of what they own, administrators and auditors all."""
    found = visible(actor(request)).select_related("resource")
    page = paging.ordered_page(found, request.GET, *ORDER, size=PAGE_SIZE)
    items = ReviewItem.objects.filter(review__in=page.rows).values("review")
    counts = {
        one["review"]: one for one in items.annotate(total=Count("pk"), waiting=Count("pk", filter=WAITING))
    }
    listed = [(review, counts.get(review.pk, {"total": 0, "waiting": 0})) for review in page.rows]
    return render(request, "access/reviews/list.html", {"reviews": listed, "page": page})


def visible(user: User) -> QuerySet[Review]:
    """Return the reviews that a person may look at."""
    if overseer(user):
        return Review.objects.all()
    return Review.objects.filter(resource__owners=user)
