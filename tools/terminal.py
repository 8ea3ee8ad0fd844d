"""What `make run` shows: every process's new log lines with its name before them, and where the portal is."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

MESSAGE = """
  BigQuery Connection Portal: {address}

  Sign in as                      to
    admin@example.com             create connections, manage projects and people
    owner@example.com             approve requests for a connection, share it
    analyst@example.com           find connections, request access
    auditor@example.com           see who could read what, and when
  Password of all four: portal-demo

  Ctrl-C ends it. The data stays in var/; `make reset` forgets it. What each process does is in var/log.
"""


# These lines are for who looks into the file; on the terminal they would push the address away.
ROUTINE = " INFO "
REFUSED = "[warning"  # by one of REQUESTS: somebody made a mistake in a form, or may not see a page
REQUESTS = ("[django.request]", "[django_structlog.middlewares.request]")


class Logs:
    """The lines that are added to the files of a folder from now on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read = {path: path.stat().st_size for path in folder.glob("*.log")}

    def new_lines(self) -> Iterator[str]:
        """Yield every whole line that came since the last call, as `NAME | LINE`; the routine ones not."""
        for path in sorted(self.folder.glob("*.log")):
            start = self._read.get(path, 0)
            if path.stat().st_size < start:
                start = 0  # it was rotated: the old lines have another name now
            with path.open("rb") as file:
                file.seek(start)
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read[path] = start + len(whole) + len(newline)
            if whole:
                for line in whole.decode(errors="replace").split("\n"):
                    if not _is_routine(line):
                        yield f"{path.stem:10} | {line}"


def _is_routine(line: str) -> bool:
    return ROUTINE in line or (REFUSED in line and any(name in line for name in REQUESTS))


class Announcement:
    """Says once where the portal is, as soon as everything that it needs answers."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.address = environment["PORTAL_BASE_URL"]
        web = f"http://127.0.0.1:{environment['PORT']}/healthz"
        self.waiting_for = [web, f"{environment['GOOGLE_CLOUD_EMULATOR']}/_emulator/health"]
        self.made = False

    def text(self) -> str | None:
        """Return what to say now, if there is something."""
        self.waiting_for = [url for url in self.waiting_for if not answers(url)]
        if self.waiting_for or self.made:
            return None
        self.made = True
        return MESSAGE.format(address=self.address)


def answers(url: str) -> bool:
    """Tell whether an HTTP server answers there, whatever it says."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 (the address is our own)
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def show(logs: Logs, announcement: Announcement) -> None:
    """Print what is new. Raises OSError when the terminal is gone."""
    for line in logs.new_lines():
        print(line)
    if text := announcement.text():
        print(text)
    sys.stdout.flush()
