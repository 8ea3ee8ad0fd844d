"""Keep what one has: one click asks for as long again."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from access.models import AccessRequest
from access.requests import asking, rules
from access.views.request import load
from portal import recency
from portal.permissions import actor, permitted


@require_POST
@permitted(rules.requester, load=load, visible_to=rules.may_see)
def extend(request: HttpRequest, shown: AccessRequest) -> HttpResponse:
    """Ask for as long again as was asked for; leads to the new request."""
    grant = asking.held_by_request(shown.resource, shown.principal, shown.role)
    if grant is None:
        messages.warning(request, "This access has ended. Ask for it again.")
        return redirect(shown)
    user = actor(request)
    try:
        longer = asking.extend(grant, by=user, like=shown, confirmed=recency.is_good(request, user))
    except asking.ConfirmFirstError:
        return recency.demand(request, user) or redirect(shown)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect(shown)
    approved = longer.state == AccessRequest.State.APPROVED
    messages.success(
        request, "Extended." if approved else "Sent. Until it is decided, what you have stays as it is."
    )
    return redirect(longer)
