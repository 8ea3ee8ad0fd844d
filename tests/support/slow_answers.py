"""A web application for tests of the server before it: it says how much of a body came, in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from tempfile import TemporaryFile
from typing import Any

from portal.slow_clients import Worker

LARGE = 20_000_000


class Impatient(Worker):
    """With whom a request has to have come soon, and whoever reads has to go on."""

    seconds = reading_seconds = 0.5


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the number of bytes that came; at /long after the time for sending is over.

    At /file with a file, and at /large by itself, of 20 MB: more than a kernel keeps for who does not read.
    """
    came = len(environ["wsgi.input"].read())
    if environ["PATH_INFO"] == "/long":
        time.sleep(2 * Impatient.seconds)
    if environ["PATH_INFO"] in {"/file", "/large"}:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(LARGE))])
        if environ["PATH_INFO"] == "/large":
            return [b"a" * LARGE]
        file = TemporaryFile()  # noqa: SIM115 (the server closes it)
        file.truncate(LARGE)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
        return wrapped
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{came}\n".encode()]
