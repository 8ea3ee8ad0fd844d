"""Subprocesses that must come up, can be hurt on purpose, and always end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

REPOSITORY = Path(__file__).resolve().parents[2]


class DidNotHappen(AssertionError):
    """What was waited for did not come in time."""


def wait_until(condition: Callable[[], object], *, seconds: float, what: str, every: float = 0.05) -> None:
    """Poll `condition` until it is true; raise DidNotHappen naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise DidNotHappen(f"{what}: not within {seconds} s")
        time.sleep(every)


class Program(Protocol):
    """What is asked of a process that was started: a subprocess.Popen has it."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: signal.Signals, /) -> None: ...


class ManagedProcess:
    """One program in a process group of its own, its output in a file.

    `ready` is polled after every start. The signals go to the whole group, as when a machine dies;
    `main_only=True` hits the first process alone, as when the kernel kills one for its memory.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        ready: Callable[[ManagedProcess], object],
        env: Mapping[str, str] | None = None,
        cwd: Path = REPOSITORY,
        user: str | None = None,
        ready_seconds: float = 30,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.command = [str(part) for part in command]
        self.log = log
        self.ready = ready
        self.env = {**os.environ, **(env or {})}
        self.cwd = cwd
        self.user = user
        self.ready_seconds = ready_seconds
        self.stop_signal = stop_signal
        self._process: Program | None = None
        self._log_start = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id of the program; a program that was not started has none."""
        if self._process is None:
            raise DidNotHappen(f"{self.command[0]} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the program was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def output(self) -> str:
        """Return everything printed since the last start."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode(errors="replace")

    def start(self) -> None:
        """Start the program and wait until it is ready; raise DidNotHappen with its output if it is not."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._log_start = output.seek(0, os.SEEK_END)
        self._process = self.spawn()
        try:
            wait_until(
                lambda: not self.running or self.ready(self),
                seconds=self.ready_seconds,
                what=f"{self.command} is ready",
            )
            if not self.running:
                raise DidNotHappen(f"{self.command} ended")
        except BaseException as error:
            self.kill()
            error.add_note(self.output()[-4000:])
            raise

    def spawn(self) -> Program:
        """Start the program, in a process group of its own and with its output added to the log."""
        with self.log.open("ab") as output:
            return subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.env,
                user=self.user,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals, *, main_only: bool = False) -> None:
        """Send a signal, if anything is left to get it."""
        if self._process is None:
            return
        try:
            if not main_only:
                os.killpg(self._process.pid, number)
            elif self.running:
                self._process.send_signal(number)
        except ProcessLookupError:
            pass

    def kill(self, *, main_only: bool = False) -> None:
        """End it at once with SIGKILL: no handler, no flush."""
        self.signal(signal.SIGKILL, main_only=main_only)
        if self._process is not None:
            self._process.wait(timeout=30)

    def suspend(self) -> None:
        """Stop it where it is (SIGSTOP): alive for everyone else, but doing nothing."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `suspend`."""
        self.signal(signal.SIGCONT)

    def stop(self, *, seconds: float = 10) -> None:
        """Ask it to end, then end whatever is left of its group."""
        if self._process is None:
            return
        self.resume()
        self.signal(self.stop_signal, main_only=True)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=seconds)
        self.kill()

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()
