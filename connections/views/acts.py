"""Acts of one button: grant roles, let BigQuery use the key, look at Google, accept what is there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from connections.models import Connection
from connections.rules import may_manage
from connections.services import refresh as refreshing
from connections.services import repair
from connections.views.asking import lead, load
from portal.permissions import actor, permitted, signed_in


@require_POST
@permitted(may_manage, load=load, visible_to=signed_in, recent_sign_in=True)
def grant_roles(request: HttpRequest, shown: Connection) -> HttpResponse:
    """Give the connection's account the roles that it needs."""
    return lead(request, shown, lambda: repair.request_grant_roles(shown, by=actor(request)))


@require_POST
@permitted(may_manage, load=load, visible_to=signed_in, recent_sign_in=True)
def grant_key(request: HttpRequest, shown: Connection) -> HttpResponse:
    """Let BigQuery's encryption account use the connection's key."""
    return lead(request, shown, lambda: repair.request_grant_key(shown, by=actor(request)))


@require_POST
@permitted(may_manage, load=load, visible_to=signed_in)
def refresh(request: HttpRequest, shown: Connection) -> HttpResponse:
    """Have a worker compare it with what Google has."""
    return lead(request, shown, lambda: refreshing.request_refresh(shown, by=actor(request)))


@require_POST
@permitted(may_manage, load=load, visible_to=signed_in, recent_sign_in=True)
def accept(request: HttpRequest, shown: Connection) -> HttpResponse:
    """Let the portal have it as Google does."""
    return lead(request, shown, lambda: refreshing.request_accept(shown, by=actor(request)))
