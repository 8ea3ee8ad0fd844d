"""A Redis server of the tests' own."""

from __future__ import annotations

import shutil
from pathlib import Path

import redis

from tests.support.ports import free_port
from tests.support.processes import ManagedProcess


class RedisServer:
    """redis-server on a free port that writes every command to its append-only file."""

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            raise FileNotFoundError(
                "redis-server is missing: `make test` installs it, or apt-get install redis-server"
            )
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.process = ManagedProcess(
            [
                *(binary, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)),
                *("--save", "", "--appendonly", "yes", "--appendfsync", "always"),
            ],
            log=folder / "redis.log",
            ready=lambda process: "Ready to accept connections" in process.output(),
        )

    @property
    def url(self) -> str:
        """The REDIS_URL of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """Return a client of it."""
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        """Start it; what its append-only file holds is there again."""
        self.process.start()

    def kill(self) -> None:
        """kill -9 it."""
        self.process.kill()

    def restart(self) -> None:
        """Kill it and start it again."""
        self.process.restart()

    def stop(self) -> None:
        """End it."""
        self.process.stop()

    def empty(self) -> None:
        """Forget everything, as FLUSHALL does; start it first if a test left it dead."""
        if not self.process.running:
            self.start()
        self.process.resume()
        self.client().flushall()
