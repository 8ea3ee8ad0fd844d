"""A notice as an HTTP POST: to one checked address, without redirects, within ten seconds in all."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from contextlib import ExitStack
from urllib.parse import urlsplit

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from portal.deadlines import shut_after
from portal.models import Delivery
from portal.notices import addresses, sealing, shapes
from portal.notices.outcomes import NotSentError, RejectedError, UnsureError

CONNECT_SECONDS, ALL_SECONDS = 5.0, 10.0
LONGEST_WAIT = 3600.0
_RETRYABLE = {408, 425, 429, *range(500, 600)}


@sensitive_variables()
def send(delivery: Delivery) -> None:
    """POST it; returns when the receiver has said that it took it.

    Raises NotSentError, RejectedError or UnsureError, none of which repeats the address.
    """
    try:
        url, shape = sealing.unseal(delivery)
    except sealing.AddressGoneError as error:
        raise RejectedError(str(error)) from None
    if found := addresses.problem(url):
        raise RejectedError(found)
    link = f"{settings.BASE_URL}{delivery.notice.about}"
    body = json.dumps(shapes.body(delivery, shape, link)).encode()
    with ExitStack() as stack:
        connection = _connected(url, stack)
        status, wait = _posted(connection, url, body, str(delivery.pk))
    if status in _RETRYABLE:
        raise NotSentError(f"The webhook answered {status}.", wait)
    if not 200 <= status < 300:
        raise RejectedError(f"The webhook answered {status}.")


@sensitive_variables()
def _connected(url: str, stack: ExitStack) -> http.client.HTTPConnection:
    """Return a connection that stands, to an address that was looked at; `stack` ends it."""
    parts = urlsplit(url)
    host, secure = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    problem = "no address"
    for family, address in addresses.resolve(host, port):
        stream = socket.socket(family, socket.SOCK_STREAM)
        stream.settimeout(CONNECT_SECONDS)
        try:
            stream.connect((address, port))
            stack.enter_context(shut_after(stream, ALL_SECONDS, socket.SHUT_RDWR))
            if secure:
                stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
        except OSError as error:
            stream.close()
            problem = type(error).__name__
            continue
        stream.settimeout(ALL_SECONDS)
        connection = http.client.HTTPConnection(host, port)
        connection.sock, connection.auto_open = stream, 0
        stack.callback(connection.close)
        return connection
    raise NotSentError(f"The webhook cannot be reached ({problem}).")


@sensitive_variables()
def _posted(
    connection: http.client.HTTPConnection, url: str, body: bytes, key: str
) -> tuple[int, float | None]:
    """Send the request and return the status, and after how many seconds to come again if told."""
    parts = urlsplit(url)
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "bigquery-connection-portal",
        "Idempotency-Key": key,
    }
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise UnsureError(f"The webhook did not answer ({type(error).__name__}).") from None
    return answer.status, _seconds(answer.getheader("Retry-After"))


def _seconds(text: str | None) -> float | None:
    return min(float(text), LONGEST_WAIT) if text and text.isascii() and text.isdecimal() else None
