"""Beginning a review by hand, without waiting for the policy's months."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from access.approval import versions
from access.models import Resource
from access.reviews import rounds
from access.rules import may_share
from access.views.share import load
from portal.permissions import actor, permitted, signed_in


@require_POST
@permitted(may_share, load=load, visible_to=signed_in, recent_sign_in=True)
def start_review(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Begin one now, with the time to answer that the policy gives."""
    rule = versions.current(resource).document.review
    try:
        review = rounds.start(resource, rule, by=actor(request))
    except rounds.RefusedError as error:
        messages.error(request, str(error))
        return redirect("access:reviews")
    if review is None:
        messages.info(request, "Nobody has access that could be reviewed.")
        return redirect("access:reviews")
    return redirect(review)
