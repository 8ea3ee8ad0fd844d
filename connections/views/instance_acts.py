"""Acts of one button at a database instance: look again, restore a login, try again to take users away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from access.models import Grant
from access.rules import may_see_access
from connections.logins import lookup
from connections.logins.claiming import request_restore
from connections.logins.ending import request_clean
from connections.logins.looking import request_look
from connections.models import DatabaseInstance
from connections.rules import may_manage
from portal.permissions import actor, permitted, signed_in
from portal.recency import to_page


@require_POST
@permitted(may_see_access, load=lookup.instance, visible_to=signed_in)
def refresh(request: HttpRequest, shown: DatabaseInstance) -> HttpResponse:
    """Have a worker look at the instance now."""
    return to_page(request, request_look(shown, by=actor(request)).get_absolute_url())


@require_POST
@permitted(may_manage, load=lookup.instance, visible_to=signed_in, recent_sign_in=True)
def clean(request: HttpRequest, shown: DatabaseInstance) -> HttpResponse:
    """Try again to take away the users that no login needs."""
    operation = request_clean(shown, by=actor(request))
    if operation is None:
        messages.info(request, "No database user is left behind here.")
        return to_page(request, shown.get_absolute_url())
    return to_page(request, operation.get_absolute_url())


@require_POST
@permitted(may_manage, load=lookup.login, visible_to=may_see_access, recent_sign_in=True)
def restore_login(request: HttpRequest, grant: Grant) -> HttpResponse:
    """Bring back what a login lacks at Google."""
    try:
        operation = request_restore(grant, by=actor(request))
    except ValueError as reason:
        messages.warning(request, str(reason))
        return to_page(request, grant.resource.url)
    return to_page(request, operation.get_absolute_url())
