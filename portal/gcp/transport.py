"""HTTP to Google: one session per process and thread, one call function, no retries.

Retrying is left to the caller's engine, which records each attempt; a retry hidden in here would repeat a
write that may have been applied. Redirects are not followed: an API never sends one, a proxy might.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
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

from portal.gcp import errors

CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
PAGE_SIZE = 100
CONNECT_TIMEOUT = 10.0
HIDDEN = "[hidden]"

_SAFE_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:@!$()*+,;=%/-]*")
_SECRET_KEYS = frozenset({"password", "plaintext"})
# At DEBUG, google-auth and the generated clients log whole request bodies, passwords included.
logging.getLogger("google").setLevel(logging.INFO)

_log = structlog.get_logger(__name__)
_local = threading.local()


class GoogleSession(AuthorizedSession):
    """An authorised session that never follows a redirect, counts its time and logs one line per call."""

    def __init__(self, credentials: Credentials, key: tuple[Any, ...]) -> None:
        super().__init__(credentials)  # type: ignore[no-untyped-call]
        self.key = key
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
    # BigQuery's REST paths alone begin with the API's name (servicePath of bigquery.v2).
    return f"https://{api}.googleapis.com" + ("/bigquery" if api == "bigquery" else "")


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


@sensitive_variables()
def call(
    api: str,
    method: str,
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    reads: bool | None = None,
) -> dict[str, Any]:
    """Make one REST call and return the JSON object of the answer.

    Args:
        api: the first label of the API's host, such as ``alloydb``.
        method: GET, POST, PATCH or DELETE.
        path: the path with its version, such as ``v1/projects/p/locations``, without a query.
        params: the query; a list gives a repeated parameter.
        body: the JSON body.
        reads: whether the call changes nothing, so that a lost answer leaves no doubt. Default: GET only.

    Raises:
        errors.GoogleError: its subclasses, as errors.from_response and errors.from_exception choose them.
        ValueError: the path has characters that no resource name has.
    """
    write = method != "GET" if reads is None else not reads
    if not _SAFE_PATH.fullmatch(path) or ".." in path.split("/"):
        raise ValueError("a Google resource name has characters that it cannot have")
    url = f"{base_url(api)}/{path}"
    return document(
        lambda: session().ask(method, url, params, body),
        write=write,
        secrets=_secrets(body),
    )


def document(
    send: Callable[[], requests.Response], *, write: bool, secrets: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Send by the given function and return the JSON object of the answer.

    Args:
        send: makes the request and returns its answer, or raises an exception of a Google client.
        write: whether the request could change something.
        secrets: values that must not appear in an error, should Google quote them.

    Raises:
        errors.GoogleError: its subclasses.
    """
    failure: errors.GoogleError
    try:
        return _object(send(), write=write)
    except errors.EXPECTED as exc:
        failure = errors.from_exception(exc, write=write)
    # Raised outside the except block: the HTTP library's exception, which holds the request with its body
    # and headers, would otherwise stay reachable as this error's context.
    _hide(failure, secrets)
    raise failure


def pages(api: str, path: str, key: str, *, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """Go through every page of a list method.

    Args:
        api, path, params: as in call().
        key: the field of the answer that holds the items, such as ``connections``.

    Raises:
        errors.GoogleError: its subclasses; Unavailable when Google repeats a page token.
    """
    seen: set[str] = set()
    query = {"pageSize": PAGE_SIZE, **(params or {})}
    while True:
        answer = call(api, "GET", path, params=query)
        items = answer.get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise errors.malformed(write=False)
        yield from items
        token = answer.get("nextPageToken")
        if not token:
            return
        if token in seen:
            raise errors.malformed(write=False)
        seen.add(token)
        query["pageToken"] = token


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
        failure = errors.from_exception(exc, write=False)
    raise failure


def _object(response: requests.Response, *, write: bool) -> dict[str, Any]:
    if response.status_code >= 300:
        after = response.headers.get("Retry-After")
        raise errors.from_response(response.status_code, response.content, write=write, retry_after=after)
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise errors.malformed(write=write, status=response.status_code)
    return answer


def _secrets(value: Any) -> frozenset[str]:
    """Every password in a request body, wherever it stands."""
    found: set[str] = set()
    if isinstance(value, Mapping):
        for key, inner in value.items():
            found |= {inner} if key in _SECRET_KEYS and isinstance(inner, str) and inner else _secrets(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            found |= _secrets(inner)
    return frozenset(found)


def _hide(error: errors.GoogleError, secrets: frozenset[str]) -> None:
    """Google quotes values that it cannot parse ("Invalid value at 'x' (TYPE_STRING), ..."): no passwords."""
    message = error.message
    for secret in sorted(secrets, key=len, reverse=True):
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            message = message.replace(form, HIDDEN)
    error.message = message
    error.args = (message,)


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
