"""The endpoint of one instance: behind TLS with a client's certificate, in front of the real PostgreSQL.

AlloyDB listens on port 5433 and exchanges metadata first; Cloud SQL listens on 3307, and what a certificate
stands for was said when it was asked for. From there both speak PostgreSQL's protocol: an IAM user is let in
by a token, automatically or as the password; everybody else proves a password to PostgreSQL.
"""

import asyncio
import logging
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from emulator import clock
from emulator.backends import Backend
from emulator.logins import exchange, instances, products, wire
from emulator.logins.checks import Gate, Refused
from emulator.logins.products import ALLOYDB
from emulator.logins.roles import Dropped
from emulator.logins.wire import Broken, Startup
from emulator.logs import alerts
from emulator.model import Token
from emulator.serving.engine import Engine

log = logging.getLogger("emulator")
_PATIENCE = 30.0  # seconds that a client has until it is let in

# Whether the login is automatic, and the token that it then counts on.
Pass = tuple[bool, Token | None]


@dataclass
class Door:
    """The door of the instance `name`."""

    engine: Engine
    name: str
    backend: Backend
    sessions: set["asyncio.Task[None]"] = field(default_factory=set)

    def gate(self) -> Gate:
        """The rules at this moment. Raises Broken if the instance is gone."""
        found = instances.find(self.engine.world, self.name)
        if found is None:
            raise Broken("the instance is gone")
        return Gate(self.engine.world, found, clock.now())

    def alert(self, sentence: str) -> None:
        """Write a refusal into the instance's log."""
        gate = self.gate()
        alerts.write(self.engine.runtime.alerts, gate.instance, sentence, gate.moment)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One client."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a stream's callback is a task
        self.sessions.add(task)
        try:
            await self._serve(reader, writer)
        except (Broken, OSError, EOFError, TimeoutError, ssl.SSLError) as error:
            log.info("login %s ended: %s", self.name, type(error).__name__)
        finally:
            self.sessions.discard(task)
            await wire.hang_up(writer)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        entry = await asyncio.wait_for(self._enter(reader, writer), _PATIENCE)
        if entry is None:
            return
        startup, iam = entry
        path = f"{self.backend.host}/.s.PGSQL.{self.backend.port}"
        behind = await asyncio.open_unix_connection(path)
        try:
            if iam:
                writer.write(await self._introduce(startup, *behind))
            else:
                behind[1].write(startup.raw)
            await wire.relay((reader, writer), behind)
        except Dropped:
            text = f'password authentication failed for user "{startup.user}"'
            writer.write(wire.fatal("28P01", text))
        finally:
            await wire.hang_up(behind[1])

    async def _introduce(self, startup: Startup, reader: StreamReader, writer: StreamWriter) -> bytes:
        """Log the IAM user in to PostgreSQL; returns what PostgreSQL says of it."""
        roles = self.engine.runtime.roles
        async with roles.turn:  # a password is good until the next one is made
            password = await asyncio.to_thread(roles.admit, self.backend, startup.user)
            writer.write(startup.raw)
            return await wire.present(reader, writer, password)

    async def _enter(self, reader: StreamReader, writer: StreamWriter) -> tuple[Startup, bool] | None:
        """The start-up packet, and whether it is an IAM user's; None when refused."""
        found = await self._pass(reader, writer)
        if found is None:
            return None
        startup = await wire.read_startup(reader, writer)
        try:
            return startup, await self._by_iam(startup, found, lambda: wire.ask_password(reader, writer))
        except Refused as error:
            self.alert(error.sentence)
            log.info("login %s refused", self.name)
            writer.write(wire.fatal(error.code, error.fatal, error.sentence))
            return None

    async def _pass(self, reader: StreamReader, writer: StreamWriter) -> Pass | None:
        """What the client brings; None if it is sent away."""
        if self.gate().instance.product is ALLOYDB:
            return await self._exchanged(reader, writer)
        certificate = writer.get_extra_info("peercert") or {}
        serial, passes = int(certificate["serialNumber"], 16), self.engine.runtime.passes
        return serial in passes, passes.get(serial)

    async def _exchanged(self, reader: StreamReader, writer: StreamWriter) -> Pass | None:
        request = await exchange.read(reader)
        gate = self.gate()
        token = gate.token(request.token)
        needs = (*(ALLOYDB.needs if request.automatic else ()), products.ALLOYDB_CONNECT)
        complaint = gate.complaint(token, needs)
        if complaint is not None:
            self.alert(complaint)
            log.info("login %s refused", self.name)
        exchange.answer(writer, complaint or "")
        return None if complaint else (request.automatic, token)

    async def _by_iam(self, startup: Startup, found: Pass, ask: Callable[[], Awaitable[str]]) -> bool:
        """Whether the user is let in by a token; others prove a password to PostgreSQL. Raises Refused."""
        if startup.cancel:
            return False
        if not self.backend.has(startup.database):
            text = f'database "{startup.database}" does not exist'
            raise Refused(text, text, "3D000")
        automatic, token = found
        if not automatic:
            if not self.gate().is_iam(startup.user):
                return False
            token = self.gate().token(await ask())
        self.gate().admit(startup.user, token)
        return True
