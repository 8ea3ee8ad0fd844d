"""A receiver of webhooks that takes, refuses, hangs or hangs up, as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG, HANG_UP, TRICKLE = -1, -2, -3


class Receiver:
    """What came, and what is answered next: status codes or the words above; at the end always 200."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hooks/T0/B0/hook-canary"
        self.answers: list[int] = []
        self.headers: dict[str, str] = {}
        self.arrived: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.taken: list[str] = []
        self.released = threading.Event()


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver that listens while the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    found = Receiver(server.server_address[1])
    server.receiver = found  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.released.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        here: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        here.arrived.append(body)
        here.keys.append(self.headers["Idempotency-Key"])
        answer = here.answers.pop(0) if here.answers else 200
        if answer == HANG:
            here.released.wait(30)
        elif answer == TRICKLE:
            self._trickle(here)
        elif answer != HANG_UP:
            if 200 <= answer < 300:
                here.taken.append(self.headers["Idempotency-Key"])
            self.send_response(answer)
            for name, value in here.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
        self.close_connection = True

    def _trickle(self, here: Receiver) -> None:
        """Send a byte now and then, and never a whole answer."""
        while not here.released.wait(0.05):
            try:
                self.wfile.write(b"H")
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
