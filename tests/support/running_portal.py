"""The whole portal as processes: emulator, web, worker and beat, with the demo estate, on free ports.

As production runs it, but on one machine and in one folder; nothing of the caller's settings gets in.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from emulator.client import Control
from emulator.estate import LOGIN_CHECKER
from tests.support.emulated import login_address
from tests.support.portal_processes import celery_beat, celery_worker, web_server
from tests.support.ports import answers, free_port
from tests.support.processes import REPOSITORY, ManagedProcess, wait_until

PASSWORD = "portal-demo"  # of the four demo accounts


class RunningPortal:
    """A portal of its own in `folder`; a `with` block starts and ends it.

    `url` is where it listens, `control` gives orders to its emulator. `agent_delay` is how many seconds
    a new service agent takes to exist.
    """

    def __init__(self, folder: Path, *, agent_delay: float = 0.5, **settings: str) -> None:
        self.folder = folder
        self.folder.mkdir(mode=0o711, exist_ok=True)  # PostgreSQL's own user has to pass through
        self._emulator_port = free_port()
        self.control = Control(f"http://127.0.0.1:{self._emulator_port}")
        self._agent_delay = agent_delay
        self._settings = settings
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self._stack = ExitStack()

    def environment(self, port: int, **settings: str) -> dict[str, str]:
        """Return what the portal's processes need in their environment, with a web server on `port`."""
        return {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTAL_DEMO": "1",
            "PORTAL_DATA_DIR": str(self.folder),
            "PORTAL_BASE_URL": f"http://localhost:{port}",
            "DATABASE_URL": f"sqlite:///{self.folder / 'portal.sqlite3'}",
            "REDIS_URL": "",
            "GOOGLE_CLOUD_EMULATOR": f"http://127.0.0.1:{self._emulator_port}",
            "PORTAL_LOGIN_CHECK_ACCOUNTS": LOGIN_CHECKER,
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONWARNINGS": "ignore",
            **self._settings,
            **settings,
        }

    def __enter__(self) -> Self:
        with self._stack:
            environment = self.environment(self.port)
            with ThreadPoolExecutor() as at_once:
                prepared = at_once.submit(self.run, "tools/prepare.py")
                at_once.submit(self._stack.enter_context, self._emulator()).result()
                prepared.result()
                processes = (
                    web_server(self.port, folder=self.folder, env=environment),
                    celery_worker("browser", folder=self.folder, env=environment),
                    celery_beat(folder=self.folder, env=environment),
                )
                list(at_once.map(self._stack.enter_context, processes))
            self.wait_for_rows("SELECT 1 FROM connections_asset", what="instances and keys were found")
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def another_web_server(self, port: int, **settings: str) -> ManagedProcess:
        """Return one more web server (not started) of the same portal, with other settings."""
        return web_server(port, folder=self.folder, env=self.environment(port, **settings))

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run Python with these arguments in the portal's environment; return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env={**os.environ, **self.environment(self.port), **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def rows(self, query: str, *values: object) -> list[Any]:
        """Read from the portal's database, beside the portal."""
        with closing(sqlite3.connect(self.folder / "portal.sqlite3", timeout=20)) as database:
            return database.execute(query, values).fetchall()

    def wait_for_rows(self, query: str, *values: object, what: str) -> None:
        """Return as soon as the query finds something. Raises DidNotHappen naming `what`."""
        wait_until(lambda: self.rows(query, *values), seconds=180, what=what, every=0.1)

    def _emulator(self) -> ManagedProcess:
        options = ["--estate", "demo", "--data-dir", str(self.folder / "estate")]
        options += ["--port", str(self._emulator_port), "--agent-delay", str(self._agent_delay)]
        options += ["--logins", login_address()]
        return ManagedProcess(
            [sys.executable, "-m", "emulator", *options],
            log=self.folder / "emulator.log",
            ready=lambda _: answers(self._emulator_port),
            ready_seconds=60,
        )
