"""The emulator of Google's APIs as a process, and its control interface."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.ports import answers
from tests.support.processes import ManagedProcess


class Emulator:
    """The emulator at the address that the settings were given."""

    def __init__(self, folder: Path) -> None:
        self.url = os.environ["GOOGLE_CLOUD_EMULATOR"]
        port = urlsplit(self.url).port
        assert port is not None
        self.process = ManagedProcess(
            [
                *(sys.executable, "-m", "emulator", "--port", str(port)),
                *("--estate", "demo", "--data-dir", folder / "estate-postgres"),
            ],
            log=folder / "emulator.log",
            ready=lambda _: answers(port),
            ready_seconds=60,
        )

    def control(self, path: str, body: object = None) -> Any:
        """POST to `/_emulator/PATH` and return what it answers."""
        request = urllib.request.Request(
            f"{self.url}/_emulator/{path}",
            data=json.dumps(body or {}).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def reset(self) -> None:
        """Put the estate back to what it was at the start; bring the process up if a test ended it."""
        if not self.process.running:
            self.process.start()
        self.control("reset")
