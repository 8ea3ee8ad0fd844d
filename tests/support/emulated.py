"""The emulator of Google's APIs as a process of its own."""

from __future__ import annotations

import os
import random
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from emulator.client import Control
from tests.support.ports import answers
from tests.support.processes import ManagedProcess


class Emulator:
    """The emulator at the address that the settings were given; `control` gives it orders."""

    def __init__(self, folder: Path) -> None:
        self.url = os.environ["GOOGLE_CLOUD_EMULATOR"]
        self.control = Control(self.url)
        port = urlsplit(self.url).port
        assert port is not None
        self.process = ManagedProcess(
            [
                *(sys.executable, "-m", "emulator", "--port", str(port)),
                *("--estate", "demo", "--data-dir", folder / "estate", "--agent-delay", "0.5"),
                *("--logins", login_address(), "--roots", folder / "roots.pem"),
            ],
            log=folder / "emulator.log",
            ready=lambda _: answers(port),
            ready_seconds=60,
        )

    def reset(self) -> None:
        """Put the estate back to what it was at the start; bring the process up if a test ended it."""
        if not self.process.running:
            self.process.start()
        self.process.resume()
        self.control.reset()


def login_address() -> str:
    """A loopback address at which nobody listens on the ports of the database connectors."""
    while True:
        first = f"127.{random.randrange(1, 255)}.{random.randrange(255)}.2"
        try:
            with socket.create_server((first, 5433)), socket.create_server((first, 3307)):
                return first
        except OSError:
            continue
