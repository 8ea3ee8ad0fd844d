"""Middleware: sessions end, pages are not kept, bodies have an end, and the log holds no secrets."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import structlog
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from portal import logs, recency

GetResponse = Callable[[HttpRequest], HttpResponse]
_STARTED, _SEEN = "session_started", "session_seen"
_SEEN_EVERY_SECONDS = 60


def session_limits(get_response: GetResponse) -> GetResponse:
    """End sessions after SESSION_IDLE_SECONDS without a person's request and SESSION_COOKIE_AGE in all."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            started = request.session.setdefault(_STARTED, now)
            seen = request.session.get(_SEEN, now)
            if now - started > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif recency.is_unattended(request):
                pass  # a page that is open and forgotten is not somebody at work
            elif now - seen > _SEEN_EVERY_SECONDS or _SEEN not in request.session:
                request.session[_SEEN] = now
        return get_response(request)

    return middleware


def no_store(get_response: GetResponse) -> GetResponse:
    """Have browsers and proxies keep nothing of what a signed-in person was shown."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    return middleware


def body_limit(get_response: GetResponse) -> GetResponse:
    """Refuse a body of more than LARGEST_BODY bytes before anything reads it.

    Django bounds fields alone: a file is written to the disk as it comes, for whoever sends it to whatever
    address, before any view is asked. A body whose length is not told counts as empty.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:  # Django reads nothing then
            length = 0
        if length > settings.LARGEST_BODY:
            raise RequestDataTooBig(f"A body of {length} bytes is refused unread.")
        return get_response(request)

    return middleware


class RequestLog(RequestMiddleware):
    """Logs each request by its path: no query, and of a link that lets somebody in not what makes it work."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Note the client's address, as allauth counts sign-ins by it: PORTAL_TRUSTED_PROXIES decides."""
        structlog.contextvars.bind_contextvars(ip=_client_address(request))

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Note who asks, if the database tells: that it does not may be what is being logged."""
        with suppress(DatabaseError):
            RequestMiddleware.bind_user_id(request)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return what stands in the log."""
        return logs.without_secrets(f"{request.method} {request.path}")


def _client_address(request: HttpRequest) -> str:
    try:
        return str(get_adapter(request).get_client_ip(request))
    except (ImproperlyConfigured, PermissionDenied):  # fewer proxies than promised, or a socket without one
        return str(request.META.get("REMOTE_ADDR", ""))
