"""Running the stand-in: in this process on a thread, or as a process of its own.

with emulator.server.start() as google:
    requests.get(f"{google.url}/bigqueryconnection/v1/projects/acme-analytics/locations/us/connections")
    google.control.fault("connections.create", status=503, when="after")
"""

import importlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn

from emulator.backends import Backend
from emulator.calling import Runtime
from emulator.client import Control
from emulator.estate import DEFAULT_CALLER, ESTATES
from emulator.logins.endpoints import Endpoints, Options
from emulator.serving.app import application
from emulator.serving.engine import Engine
from emulator.serving.wire import Protocol
from emulator.settings import Settings

READY = "The Google emulator listens on "


@dataclass(frozen=True)
class Running:
    """A running server: its address without a slash at the end, and a client of its control API."""

    url: str
    control: Control
    process: "subprocess.Popen[str] | None" = None


def build_engine(settings: Settings, backends: Mapping[str, Backend] | None = None) -> Engine:
    """The state of a server. Raises ValueError if the state file is not one."""
    runtime = Runtime(settings.caller, settings.agent_delay, dict(backends or {}))
    return Engine(runtime, partial(ESTATES[settings.estate], settings.caller), settings.state)


class Server(uvicorn.Server):
    """A uvicorn server that serves the login endpoints on its event loop too."""

    endpoints: Endpoints | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the login endpoints, then listen."""
        if self.endpoints:
            await self.endpoints.open()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything."""
        if self.endpoints:
            await self.endpoints.close()
        await super().shutdown(sockets)


def build_server(engine: Engine, logins: Options | None = None) -> Server:
    """A server around a state; the socket for HTTP is given when it runs. Raises Taken."""
    config = uvicorn.Config(
        application(engine),
        http=Protocol,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    if logins:
        server.endpoints = Endpoints(engine, logins)
        server.endpoints.bind()
    return server


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises OSError if the port is taken."""
    # With the protocol named, asyncio switches Nagle's algorithm off; without, each answer waits 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def address(bound: socket.socket) -> str:
    """The http address of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://{host}:{port}"


@contextmanager
def databases(data_dir: Path | None, estate: str) -> Iterator[dict[str, Backend]]:
    """The demo database in `data_dir` while the context lasts; other estates have none."""
    if data_dir is None or estate != "demo":
        yield {}
        return
    with importlib.import_module("emulator.demo_database").running(data_dir) as found:
        yield found


@contextmanager
def start(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    state: Path | None = None,
    estate: str = "demo",
    data_dir: Path | None = None,
    caller: str = DEFAULT_CALLER,
    agent_delay: float = 3.0,
    backends: Mapping[str, Backend] | None = None,
    logins: Options | None = None,
) -> Iterator[Running]:
    """Run a server on a thread of this process; a free port unless one is given.

    `data_dir` starts the demo database in that folder, `backends` names databases that run already, by the
    instance's full name; `logins` opens the login endpoints.
    """
    settings = Settings(host, port, state, estate, data_dir, caller, agent_delay, logins)
    with ExitStack() as stack:
        found = {**stack.enter_context(databases(data_dir, estate)), **(backends or {})}
        server = build_server(build_engine(settings, found), logins)
        bound = stack.enter_context(listen(host, port))
        url = address(bound)
        thread = threading.Thread(target=server.run, args=([bound],), name="emulator", daemon=True)
        thread.start()
        control = Control(url)
        try:
            control.wait_until_ready()
            yield Running(url, control)
        finally:
            server.should_exit = True
            thread.join(timeout=10)


@contextmanager
def start_process(*arguments: str) -> Iterator[Running]:
    """Run `python -m emulator --port 0 ARGUMENTS` and end it afterwards."""
    command = [sys.executable, "-m", "emulator", "--port", "0", *arguments]
    root = Path(__file__).resolve().parent.parent
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith(READY):
            raise RuntimeError("the emulator did not start; its log says why")
        url = line.removeprefix(READY).strip()
        yield Running(url, Control(url), process)
    finally:
        process.terminate()
        process.wait(timeout=15)
        if process.stdout:
            process.stdout.close()
