"""A mail server for tests: takes mail, refuses it with a code, or hangs up after it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HANG_UP = 0


class MailServer:
    """What came; `code` answers the mail itself, `recipient_code` its address. 0 hangs up without a word."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.code = self.recipient_code = 250
        self.mails: list[str] = []


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server that listens while the block lasts."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        found = MailServer(server.server_address[1])
        server.mail = found  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield found
        server.shutdown()


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        mail: MailServer = self.server.mail  # type: ignore[attr-defined]
        self._say(220)
        while line := self.rfile.readline().decode():
            verb = line[:4].upper()
            if verb == "DATA":
                self._say(354)
                lines = iter(self.rfile.readline, b".\r\n")
                mail.mails.append(b"".join(lines).decode())
                if mail.code == HANG_UP:
                    return
                self._say(mail.code)
            elif verb == "QUIT":
                self._say(221)
                return
            else:
                self._say(mail.recipient_code if verb == "RCPT" else 250)

    def _say(self, code: int) -> None:
        self.wfile.write(f"{code} as you say\r\n".encode())
