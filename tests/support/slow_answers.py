"""A web application for tests of the server before it: it says how much of a body came, in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from portal.slow_clients import Worker


class Impatient(Worker):
    """With whom a request has to have come soon."""

    seconds = 0.5


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the number of bytes that came; at /long after the time for sending is over."""
    came = len(environ["wsgi.input"].read())
    if environ["PATH_INFO"] == "/long":
        time.sleep(2 * Impatient.seconds)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{came}\n".encode()]
