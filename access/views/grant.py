"""One grant: why it exists, and what became of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from access import asof, grant_story
from access.drift import missing
from access.models import Grant
from access.rules import may_see_access, owner
from access.views.holdings_filter import own_key
from portal.models import User
from portal.permissions import actor, any_of, overseer, permitted


def load_grant(pk: int) -> Grant:
    """The grant of an address with what the rule asks about. Raises Http404."""
    found = Grant.objects.select_related("resource", "request").prefetch_related("resource__owners")
    return get_object_or_404(missing.noted(found), pk=pk)


def holder_or_requester(user: User, grant: Grant) -> bool:
    """Whose access it is, and who asked for it."""
    asked = grant.request is not None and grant.request.requester_id == user.pk
    return user.is_active and (asked or asof.principal_key(grant.principal) == own_key(user))


may_see_grant = any_of(may_see_access, holder_or_requester)


@require_safe
@permitted(may_see_grant, load=load_grant, visible_to=may_see_grant)
def grant(request: HttpRequest, shown: Grant) -> HttpResponse:
    """From the request to Google's answer, everything linked."""
    user = actor(request)
    sees_all = overseer(user)
    context = {
        "grant": shown,
        "story": grant_story.of(shown),
        "sees_audit": sees_all,
        # Operations may speak of other people's access.
        "sees_operations": sees_all or owner(user, shown),
    }
    return render(request, "access/grant.html", context)
