"""Gunicorn's threads are for requests, not for clients that take their time to send one or to read."""

from __future__ import annotations

import socket
import struct
from typing import Any

from gunicorn.workers import gthread  # type: ignore[import-untyped]

from portal.deadlines import shut_after


class Worker(gthread.ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's threaded worker, in which a request has to have come within `seconds`.

    Gunicorn itself waits for the rest of a request for as long as its client likes, headers and body alike:
    as many connections as there are threads, and nobody else is answered, for good. For the first byte it
    waits five seconds, each time with a thread. A proxy that takes requests in before it passes them on, as
    nginx does, keeps such clients away; others pass on what comes.
    """

    seconds = 10.0
    # Whoever reads nothing of an answer for so long gets no more of it.
    reading_seconds = 60.0

    def init_process(self) -> None:
        """Begin. A file is sent as all else is: sendfile() waits for its reader for as long as that likes."""
        self.cfg.set("sendfile", False)
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Handle one request of a connection. What has come by the end can be read, what has not is not.

        One on which nothing has come yet goes back to where no thread waits.
        """
        if not conn.initialized and not conn.wait_for_data(0):
            return gthread._DEFER
        whole, rest = divmod(self.reading_seconds, 1)
        patience = struct.pack("ll", int(whole), int(rest * 1_000_000))
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        with shut_after(conn.sock, self.seconds, socket.SHUT_RD):
            return super().handle(conn)
