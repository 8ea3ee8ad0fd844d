"""One review: who has access and when they last used it; keep or remove, in bulk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from access.models import Resource, Review, ReviewItem
from access.reviews import answering, rounds
from access.reviews.forms import AnswersForm
from access.rules import may_see_access, may_share
from portal.permissions import actor, permitted
from portal.views import paging

PAGE_SIZE = 100
KEEP_REST = "keep_rest"


def load_review(pk: int) -> Review:
    """The review of an address, or 404."""
    try:
        found = Review.objects.select_related("resource", "resource__usage")
        return found.prefetch_related("resource__owners").get(pk=pk)
    except Review.DoesNotExist as error:
        raise Http404 from error


@require_safe
@permitted(may_see_access, load=load_review, visible_to=may_see_access)
def review(request: HttpRequest, shown: Review) -> HttpResponse:
    """The review's page."""
    page = _items(request, shown)
    form = AnswersForm(items=page.rows, mine=actor(request).member)
    return _page(request, shown, form, page)


@require_POST
@permitted(may_share, load=load_review, visible_to=may_see_access, recent_sign_in=True)
def answer_review(request: HttpRequest, shown: Review) -> HttpResponse:
    """Keep and remove; what would be removed is shown once more first."""
    by = actor(request)
    page = _items(request, shown)
    form = AnswersForm(request.POST, items=page.rows, mine=by.member)
    if not form.is_valid():
        return _page(request, shown, form, page)
    if form.removals() and "confirmed" not in request.POST:
        return render(request, "access/reviews/confirm.html", {"review": shown, "form": form})
    try:
        answered = answering.answer(
            shown,
            form.answers(),
            by=by,
            reason=form.cleaned_data["reason"],
            keep_rest=KEEP_REST in request.POST,
        )
    except rounds.RefusedError as error:
        form.add_error(None, str(error))
        return _page(request, shown, form, page)
    done = " The review is done." if answered.done else ""
    messages.success(request, f"{answered.kept} kept, {answered.removed} removed.{done}")
    return redirect(answered.operation or shown)


def _items(request: HttpRequest, shown: Review) -> paging.KeyPage[ReviewItem]:
    items = shown.items.select_related("grant", "grant__request", "answered_by")
    return paging.ordered_page(items, request.GET, "-id", size=PAGE_SIZE)


def _page(
    request: HttpRequest, shown: Review, form: AnswersForm, page: paging.KeyPage[ReviewItem]
) -> HttpResponse:
    resource: Resource = shown.resource
    context: dict[str, Any] = {
        "review": shown,
        "form": form,
        "page": page,
        "usage": getattr(resource, "usage", None),
        "waiting": rounds.open_items(shown).count(),
        "total": shown.items.count(),
        "may_answer": shown.state != Review.State.DONE and may_share(actor(request), shown),
    }
    return render(request, "access/reviews/review.html", context, status=422 if form.errors else 200)
