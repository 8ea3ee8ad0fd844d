"""A process that has loaded Celery and the portal once, and forks for every worker and schedule.

One that loads them itself spends over a second of processor time before it begins, and the tests start
hundreds. `python -m tests.support.forkserver` reads a line {"command": [...], "log": ...} for each, runs
what `python -m ...` would, and answers with the process's id. It ends with its standard input.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from threading import Lock

from django.conf import settings

from tests.support.processes import REPOSITORY, ManagedProcess

_servers: dict[tuple[tuple[str, str], ...], ForkServer] = {}
_lock = Lock()


class ForkedProcess:
    """A process that is not this one's child: what ManagedProcess wants of a Popen, but no exit status."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def __del__(self) -> None:
        os.close(self._handle)

    def poll(self) -> int | None:
        """Return None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; raise subprocess.TimeoutExpired after `timeout` seconds."""
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return status

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; raise ProcessLookupError if it has ended."""
        signal.pidfd_send_signal(self._handle, number)

    def _ended(self, seconds: float | None) -> int | None:
        return 0 if select.select([self._handle], [], [], seconds)[0] else None


class ForkServer:
    """The process that is loaded, from this side; it has the environment that it was made with."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forkserver"],
            cwd=REPOSITORY,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def fork(self, command: Sequence[str], log: Path) -> ForkedProcess:
        """Start `command` (module and arguments), its output added to `log`."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("there are no pipes to the fork server")
        with self._lock:
            self._process.stdin.write(json.dumps({"command": list(command), "log": str(log)}) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        return ForkedProcess(int(answer))


class ManagedFork(ManagedProcess):
    """A process whose command is [python, "-m", module, ...], from the fork server of its environment."""

    def spawn(self) -> ForkedProcess:
        """Fork the program."""
        key = tuple(sorted(item for item in self.env.items() if item[0] != "PYTEST_CURRENT_TEST"))
        with _lock:
            if key not in _servers:
                _servers[key] = ForkServer(self.env)
        return _servers[key].fork(self.command[2:], self.log)


def main() -> None:
    """Load, then fork on request."""
    from celery.bin import celery  # noqa: F401, PLC0415 (who asks for a fork need not load Celery)

    from portal.celery import app  # noqa: PLC0415

    app.loader.import_default_modules()
    import_module(settings.ROOT_URLCONF)  # the first address that a worker makes wants all views
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks for the status of the ended
    for line in sys.stdin:
        request = json.loads(line)
        begun, begins = os.pipe()
        pid = os.fork()
        if not pid:
            _become(request["command"], request["log"], begins)
        os.close(begins)
        os.read(begun, 1)
        os.close(begun)
        print(pid, file=answers, flush=True)


def _become(command: list[str], log: str, begins: int) -> None:
    """Be the program, in a session of its own, as if Python had just been started with it; never return."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.write(begins, b".")
    os.closerange(3, 256)
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    main()
