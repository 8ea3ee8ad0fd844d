"""The one door: every view says who may come in, and tests prove that none forgot.

@permitted(administrator) guards by role. With `load` the view's address is turned into an object first
and the rule is asked about that object; whoever may not even know of it gets 404.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import structlog
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from portal import recency
from portal.models import User

logger = structlog.get_logger(__name__)
Rule = Callable[[User, Any], bool]
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Permission:
    """What a view decided: who may, about what, and whether a recent sign-in is asked for."""

    rule: str
    public: bool = False
    recent_sign_in: bool = False


def administrator(user: User, _: Any = None) -> bool:
    """People who make connections and manage projects and people."""
    return user.is_administrator


def auditor(user: User, _: Any = None) -> bool:
    """People who look through what everyone did, and change nothing."""
    return user.is_auditor


def overseer(user: User, _: Any = None) -> bool:
    """People who may read what everyone does: administrators and auditors."""
    return user.is_administrator or user.is_auditor


def signed_in(user: User, _: Any = None) -> bool:
    """Anyone with an account."""
    return user.is_active


def any_of(*rules: Rule) -> Rule:
    """Whoever one of the rules lets in."""

    def either(user: User, obj: Any = None) -> bool:
        return any(rule(user, obj) for rule in rules)

    either.__name__ = " or ".join(rule.__name__ for rule in rules)
    return either


def requester_or_overseer(user: User, operation: Any) -> bool:
    """Who asked for an operation, administrators and auditors; for others it is not there."""
    return overseer(user) or (user.is_active and operation.requested_by == str(user))


def public(view: View) -> View:
    """Mark a view that needs no sign-in."""
    view.permission = Permission("everybody", public=True)  # type: ignore[attr-defined]
    return view


def permitted(
    rule: Rule,
    *,
    load: Callable[..., Any] | None = None,
    visible_to: Rule | None = None,
    recent_sign_in: bool = False,
) -> Callable[[View], View]:
    """Let in whoever `rule` allows; others get 403, or 404 where `visible_to` denies the object too.

    A rule without `visible_to` is about the person alone: it is asked before the object is looked for, so
    that nobody learns from the answer what exists.
    `load(**kwargs of the address)` returns the object that the view gets instead of them, or raises
    Http404. `recent_sign_in` asks for a sign-in within ACCOUNT_REAUTHENTICATION_TIMEOUT.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User):
                return _sign_in(request)
            if visible_to is None and not rule(user, None):  # before anything tells what there is
                _refuse(request, user, hide=False)
            obj = load(**kwargs) if load else None
            if not rule(user, obj):
                _refuse(request, user, hide=visible_to is not None and not visible_to(user, obj))
            if recent_sign_in and (response := recency.demand(request, user)):
                return response
            return view(request, obj) if load else view(request, **kwargs)

        guarded.permission = Permission(rule.__name__, recent_sign_in=recent_sign_in)  # type: ignore[attr-defined]
        return guarded

    return decorate


def actor(request: HttpRequest) -> User:
    """Return who makes a request that @permitted let in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _sign_in(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        if recency.is_unattended(request):
            return recency.follows_no_more(request)
        if request.method != "GET" or recency.is_unsaved(request):
            return recency.signed_out(request)
        return recency.to_page(request, redirect_to_login(request.path).url)
    return redirect_to_login(
        request.get_full_path() if request.method == "GET" else recency.came_from(request)
    )


def _refuse(request: HttpRequest, user: User, *, hide: bool) -> None:
    """Log the attempt and refuse it; what is not theirs to know of answers as if it did not exist."""
    logger.warning("access_denied", user=str(user), method=request.method, path=request.path, hidden=hide)
    if hide:
        raise Http404
    raise PermissionDenied
