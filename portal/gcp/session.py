"""The HTTP session to Google: one per process and thread.

It follows no redirect (an API never sends one, a proxy might), counts the time that Google takes, and logs
one line per call: never a body, never a header.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import google.auth
import requests
import structlog
from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as BearerCredentials

from portal.gcp import errors, translation

CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
CONNECT_TIMEOUT = 10.0
_SERVICE_PATHS = {"bigquery": "/bigquery", "compute": "/compute"}
USER_AGENT = "bigquery-connection-portal"

# At DEBUG, the generated clients log whole requests and answers, and google-auth can.
logging.getLogger("google").setLevel(logging.INFO)

_log = structlog.get_logger(__name__)
_local = threading.local()


class GoogleSession(AuthorizedSession):
    """An authorised session that never follows a redirect, counts its time and logs one line per call."""

    def __init__(self, credentials: Credentials, key: tuple[Any, ...]) -> None:
        super().__init__(credentials)  # type: ignore[no-untyped-call]
        self.key = key
        self.headers["User-Agent"] = USER_AGENT
        self.clients: dict[str, Any] = {}
        self._captured: list[requests.Response] | None = None

    @sensitive_variables()
    def ask(
        self, method: str, url: str, params: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> requests.Response:
        """Send a JSON request; the caller sees the HTTP library's own exceptions."""
        answer: requests.Response = self.request(  # type: ignore[no-untyped-call]
            method, url, params=params, json=body
        )
        return answer

    @sensitive_variables()
    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one request and read its whole answer; the caller sees the HTTP library's own exceptions."""
        kwargs.update(allow_redirects=False, timeout=time_limits())
        started = time.perf_counter()
        status: int | None = None
        try:
            response: requests.Response = super().send(request, **kwargs)
            status = response.status_code
        finally:
            spent = time.perf_counter() - started
            _local.seconds = seconds_spent() + spent
            _note(request, status, spent)
        if self._captured is not None:
            self._captured.append(response)
        return response

    @contextmanager
    def capturing(self) -> Iterator[list[requests.Response]]:
        """Collect the answers received inside the block, for clients that show only their own parse."""
        captured: list[requests.Response] = []
        self._captured = captured
        try:
            yield captured
        finally:
            self._captured = None


def seconds_spent() -> float:
    """Seconds that this thread has spent waiting for Google since it started; take the difference of two."""
    return float(getattr(_local, "seconds", 0.0))


def time_limits() -> tuple[float, float]:
    """Seconds to connect, and seconds of silence after which an answer is given up."""
    limit = float(settings.GOOGLE_CALL_TIMEOUT)
    return min(CONNECT_TIMEOUT, limit), limit


def base_url(api: str) -> str:
    """Where an API lives, without a slash at the end.

    Args:
        api: the first label of its host, such as ``bigqueryconnection``.
    """
    emulator = str(settings.GOOGLE_CLOUD_EMULATOR or "").rstrip("/")
    if emulator:
        return f"{emulator}/{api}"
    # These APIs' REST paths begin with a name of their own (servicePath in their discovery documents).
    return f"https://{api}.googleapis.com" + _SERVICE_PATHS.get(api, "")


def session() -> GoogleSession:
    """This thread's session.

    requests' sessions are safe neither across a fork nor across threads, so a child process drops what it
    inherited (without closing it: the sockets belong to the parent).

    Raises:
        errors.CredentialsMissing: no Application Default Credentials.
    """
    emulator = str(settings.GOOGLE_CLOUD_EMULATOR or "")
    caller = str(getattr(settings, "GOOGLE_EMULATOR_CALLER", "") or "")
    key = (os.getpid(), emulator, caller)
    current: GoogleSession | None = getattr(_local, "session", None)
    if current is None or current.key != key:
        current = GoogleSession(_credentials(emulator, caller), key)
        # Neither a proxy nor ~/.netrc has any business between the portal and its own emulator.
        current.trust_env = not emulator
        _local.session = current
    return current


def own_account() -> str:
    """The service account that the credentials are of; "" where they do not say, as a person's do not.

    Raises:
        errors.CredentialsMissing: no Application Default Credentials.
    """
    email = str(getattr(session().credentials, "service_account_email", ""))
    return email if "@" in email else ""  # on a machine of Google's it is "default" until the first call


def _credentials(emulator: str, caller: str) -> Credentials:
    if emulator and caller:
        return BearerCredentials(token=f"emulator:{caller}")  # type: ignore[no-untyped-call]
    if emulator:
        return AnonymousCredentials()  # type: ignore[no-untyped-call]
    failure: errors.GoogleError
    try:
        credentials, _ = google.auth.default(scopes=[CLOUD_PLATFORM])
        return credentials
    except GoogleAuthError as exc:
        failure = translation.from_exception(exc, write=False)
    raise failure


def _note(request: requests.PreparedRequest, status: int | None, seconds: float) -> None:
    parts = urlsplit(request.url or "")
    emulator = str(settings.GOOGLE_CLOUD_EMULATOR or "")
    api, path = parts.netloc.split(".")[0], parts.path
    if emulator:
        api, _, path = parts.path.removeprefix(urlsplit(emulator).path.rstrip("/")).lstrip("/").partition("/")
        path = f"/{path}"
    _log.debug(
        "google_call",
        api=api,
        method=request.method,
        path=path,
        status=status,
        milliseconds=round(seconds * 1000, 1),
    )
